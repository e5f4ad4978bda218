//! `market check` names the faults of a market's data and draws the worst; `scan` says them too, and
//! sound data is passed in silence.

use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Ran, run};

const DAYS: i32 = 300;

/// The `n`th weekday from Monday 2017-01-02.
fn day(n: i32) -> schemas::Day {
    schemas::Day(17_168 + n / 5 * 7 + n % 5)
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    // Without an exchange, as the days of these markets are weekdays.
    let text = "[settings]\ncalendar = \"none\"\n";
    put(folder.path(), "butterquant.toml", text);
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// A sound stock, the index, and AAA, whose price falls to a quarter on each of the days `cliffs`.
fn market(cliffs: &[i32]) -> TempDir {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let wave =
        |n: i32| 1.0 + 0.02 * (f64::from(n) * 1.3).sin() + 0.03 * (f64::from(n) * 0.11).sin();
    let file = |name: &str, price: &dyn Fn(i32) -> f64| {
        let mut text = "Date,Open,High,Low,Close,Volume\n".to_owned();
        for n in 0..DAYS {
            let (day, close) = (day(n), price(n));
            let row = writeln!(text, "{day},{close:.4},{close:.4},{close:.4},{close:.4},1000");
            row.unwrap_or_else(|error| panic!("{error}"));
        }
        put(folder.path(), name, &text);
    };
    let fallen = |n: i32| cliffs.iter().filter(|cliff| n >= **cliff).count() as i32;
    file("AAA.csv", &|n| 1_000.0 * wave(n) / 4_f64.powi(fallen(n)));
    file("BBB.csv", &|n| 80.0 * wave(n));
    file("^VIX.csv", &|n| 16.0 * wave(n));
    folder
}

fn check(data: &Path, market: &TempDir, more: &str) -> Ran {
    run(data, &format!("market check csv:{} {more}", market.path().display()))
}

#[test]
fn a_table_and_a_picture_name_what_is_wrong() {
    let (data, market) = (folder(), market(&[200]));
    let said = check(data.path(), &market, "");
    assert_eq!(said.code, 1, "{said:?}");
    let cliff = day(200).to_string();
    for words in ["suspected split", "AAA", &cliff, "1 finding: 1 in the prices of 1 ticker"] {
        assert!(said.out.contains(words), "{words} is missing: {}", said.out);
    }
    let png = std::fs::read(data.path().join("market-check.png")).unwrap_or_default();
    assert!(png.len() > 10_000 && &png[1..4] == b"PNG");

    put(market.path(), "CCC.csv", "Date,Open\n2018-01-02,1\n");
    let file = data.path().join("worst.svg");
    let said = check(data.path(), &market, &format!("-o json --out {}", file.display()));
    assert_eq!(said.code, 1, "{said:?}");
    let found: serde_json::Value =
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert_eq!(found["findings"][0]["kind"], "suspected_split");
    assert_eq!(found["findings"][0]["day"], cliff);
    assert!(found["problems"].to_string().contains("CCC.csv"), "{found}");
    assert_eq!(found["picture"], file.display().to_string());
    let svg = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(svg.contains(&format!("AAA, {cliff}: suspected split")));
}

#[test]
fn sound_data_is_exit_0_and_what_is_no_market_exit_2() {
    let (data, market) = (folder(), market(&[]));
    let said = check(data.path(), &market, "");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.starts_with("nothing found"), "{said:?}");
    assert!(!data.path().join("market-check.png").exists());
    run(data.path(), "market check csv:/no/such/folder").refused(&["/no/such/folder"]);
    run(data.path(), "market check").refused(&["market check csv:DIR"]);
    check(data.path(), &market, "--out faults.pdf").refused(&[".png or .svg"]);
}

#[test]
fn a_scan_says_what_its_bars_show_and_a_confirmed_move_is_settled() {
    // The first cliff is older than the 252 bars that a scan of the last day reads.
    let (data, market) = (folder(), market(&[22, 200]));
    let scan = format!("scan --source csv:{}", market.path().display());
    let said = run(data.path(), &scan);
    let (old, new) = (day(22).to_string(), day(200).to_string());
    assert!(said.err.contains(&format!("AAA {new} split")), "{said:?}");
    assert!(!said.err.contains(&old), "{said:?}");
    let confirmed = run(data.path(), &format!("market confirm AAA {new} move"));
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    let left = check(data.path(), &market, "--no-picture");
    assert!(left.out.contains(&old), "{left:?}");
    assert!(left.code == 1 && !left.out.contains(&new), "{left:?}");
    assert!(!run(data.path(), &scan).err.contains("looks like"));
}
