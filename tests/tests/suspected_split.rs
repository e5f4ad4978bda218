//! A cliff in a price file that looks like a split: the ticker is refused with the command that
//! settles it, and after a person's word it is scanned again.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Ran, run};

const DAYS: i32 = 270;
/// The first day in new shares.
const CLIFF: i32 = 200;

/// The `n`th weekday from Monday 2017-01-02.
fn day(n: i32) -> schemas::Day {
    schemas::Day(17_168 + n / 5 * 7 + n % 5)
}

/// AAA with a 4:1 split that no file names, BBB with a sound price, and the index.
fn market() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, price: &dyn Fn(i32) -> f64| {
        let mut text = "Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned();
        for n in 0..DAYS {
            let (day, close) = (day(n), price(n));
            writeln!(text, "{day},{close:.4},{close:.4},{close:.4},{close:.4},{close:.4},1000")
                .unwrap();
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    let wave =
        |n: i32| 1.0 + 0.02 * (f64::from(n) * 1.3).sin() + 0.03 * (f64::from(n) * 0.11).sin();
    write("AAA.csv", &|n| wave(n) * if n < CLIFF { 400.0 } else { 100.0 });
    write("BBB.csv", &|n| 80.0 * wave(n + 50));
    write("^VIX.csv", &|n| 16.0 * wave(n));
    folder
}

/// The tickers of a scan as of day `n`: `candidate`, or the refusal.
fn scan(data: &Path, market: &Path, n: i32) -> Vec<(String, String)> {
    let words = format!("scan --source csv:{} --as-of {} -o json", market.display(), day(n));
    let found = run(data, &words).json();
    let rows = |key: &str| found[key].as_array().cloned().unwrap_or_default();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let ranked = rows("rankings").into_iter().map(|row| (text(&row, "ticker"), "candidate".into()));
    let refused = rows("refused").into_iter().map(|row| {
        (text(&row, "ticker"), format!("{}: {}", text(&row, "code"), text(&row, "reason")))
    });
    let mut all: Vec<(String, String)> = ranked.chain(refused).collect();
    all.sort();
    all
}

#[test]
fn a_ticker_with_an_unnamed_split_waits_for_a_word() {
    let (market, data) = (market(), tempfile::tempdir().unwrap());
    // Without an exchange, as its days are weekdays.
    std::fs::write(data.path().join("butterquant.toml"), "[settings]\ncalendar = \"none\"\n")
        .unwrap();
    let confirm = |words: &str| -> Ran { run(data.path(), &format!("market confirm {words}")) };
    let cliff = day(CLIFF);

    confirm(&format!("AAA {cliff} move")).refused(&["run"]); // no run yet
    let scanned = scan(data.path(), market.path(), DAYS - 3);
    assert_eq!(scanned[1], ("BBB".to_owned(), "candidate".to_owned()), "{scanned:?}");
    let (_, refusal) = &scanned[0];
    let command = format!("`butterquant market confirm AAA {cliff} move`");
    assert!(refusal.starts_with("SUSPECTED_SPLIT: "), "{refusal}");
    assert!(refusal.contains("a 4:1 split") && refusal.contains(&command), "{refusal}");

    confirm(&format!("AAA {} split", day(CLIFF - 1))).refused(&[&cliff.to_string(), "4:1"]);
    confirm(&format!("BBB {cliff} move")).refused(&["looks like a split"]);
    confirm(&format!("ZZZ {cliff} move")).refused(&["no bars of ZZZ"]);
    confirm(&format!("AAA {cliff} move --ratio 4:1")).refused(&["has no ratio"]);
    confirm(&format!("AAA {cliff} split --ratio 1:1")).refused(&["4:1"]);
    let contradicted = confirm(&format!("AAA {cliff} split --ratio 3:1"));
    contradicted.refused(&["contradict 3 new shares for one", "a split of 4:1"]);
    let scanned = scan(data.path(), market.path(), DAYS - 2);
    assert!(scanned[0].1.starts_with("SUSPECTED_SPLIT"), "a refused word changes nothing");

    let said = confirm(&format!("aaa {cliff} move"));
    assert!(said.code == 0 && said.out.contains("its prices stand"), "{said:?}");
    let again = confirm(&format!("AAA {cliff} move"));
    assert!(again.code == 0 && again.out.contains("is confirmed already"), "{again:?}");
    let scanned = scan(data.path(), market.path(), DAYS - 1);
    assert!(!scanned[0].1.contains("SUSPECTED_SPLIT"), "{scanned:?}");
    // A split's ratio is read from the prices.
    let said = confirm(&format!("AAA {cliff} split"));
    assert!(said.code == 0 && said.out.contains("4 new shares for one"), "{said:?}");
}
