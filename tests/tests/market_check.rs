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
    let fallen = |n: i32| cliffs.iter().filter(|cliff| n >= **cliff).count() as i32;
    market_of(&|n| 1_000.0 / 4_f64.powi(fallen(n)))
}

/// The same with AAA at this price, but for the waves that every price makes.
fn market_of(level: &dyn Fn(i32) -> f64) -> TempDir {
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
    file("AAA.csv", &|n| wave(n) * level(n));
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
    confirmed.well();
    let left = check(data.path(), &market, "--no-picture");
    assert!(left.out.contains(&old), "{left:?}");
    assert!(left.code == 1 && !left.out.contains(&new), "{left:?}");
    assert!(!run(data.path(), &scan).err.contains("looks like"));
}

#[test]
fn a_spike_and_a_level_are_said_until_they_are_confirmed_as_moves() {
    let (data, market) = (
        folder(),
        market_of(&|n| {
            if n == 120 {
                260.0
            } else if n < 200 {
                100.0
            } else {
                900.0
            }
        }),
    );
    let (spike, level) = (day(120).to_string(), day(200).to_string());
    let said = check(data.path(), &market, "");
    assert_eq!(said.code, 1, "{said:?}");
    for words in ["price spike", "price level", &spike, &level, "2 findings"] {
        assert!(said.out.contains(words), "{words} is missing: {}", said.out);
    }
    let scan = format!("scan --source csv:{}", market.path().display());
    let said = run(data.path(), &scan);
    assert!(said.err.contains(&spike) && said.err.contains(&level), "{said:?}");
    let confirm = |words: &str| run(data.path(), &format!("market confirm AAA {words}"));
    confirm(&format!("{} move", day(150))).refused(&[&spike, "price spike", &level]);
    confirm(&format!("{level} split")).refused(&["--ratio NEW:OLD"]);
    confirm(&format!("{level} split --ratio 1:4")).refused(&["contradict 0.25 new shares"]);
    for day in [&spike, &level] {
        confirm(&format!("{day} move")).well();
    }
    check(data.path(), &market, "").well();
    assert!(!run(data.path(), &scan).err.contains("AAA"));
}

#[test]
fn a_scan_that_is_repeated_says_that_its_rows_are_gone_and_that_it_stands() {
    let (data, market) = (folder(), market(&[]));
    let scan = format!("scan --source csv:{}", market.path().display());
    run(data.path(), &scan).well();
    let last = day(DAYS - 1);
    let change = |name: &str, row: &str| {
        let text = std::fs::read_to_string(market.path().join(name)).unwrap_or_default();
        let from = text.find(&last.to_string()).unwrap_or(text.len());
        put(market.path(), name, &format!("{}{row}", &text[..from]));
    };
    change("AAA.csv", &format!("{last},null,null,null,null,0\n"));
    change("^VIX.csv", "");
    let said = run(data.path(), &scan);
    let stands = format!("The scan of {last} stands as it was made; scan the data");
    for words in [
        &format!("AAA: the market no longer has its bar of {last}: AAA.csv:301: Open is \"null\""),
        &format!("^VIX: the market no longer has its close of {last}: ^VIX.csv: no row"),
        &stands,
    ] {
        assert!(said.err.contains(words.as_str()), "{words} is missing: {said:?}");
    }
    change("AAA.csv", "");
    change("BBB.csv", "");
    let said = run(data.path(), &scan);
    let part = format!("the market no longer has a bar of {last}, which the run has published");
    assert!(said.err.contains(&part), "{said:?}");
}

#[test]
fn where_nothing_can_be_scanned_the_error_names_a_reason_and_the_file_of_all() {
    let (data, market) = (folder(), market(&[]));
    put(market.path(), "^VIX.csv", "Date,Close\n2018-02-22,16\n");
    let said = run(data.path(), &format!("scan --source csv:{} -o json", market.path().display()));
    let reason = "AAA because the volatility index has no close on 2018-02-23: ^VIX.csv: no row for 2018-02-23; its \
                  last is 2018-02-22";
    said.refused(&[reason, "rankings_combined.json"]);
    assert!(said.out.contains("its last is 2018-02-22"), "{said:?}");
}
