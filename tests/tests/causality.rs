//! `backtest verify-causality` shows on a user's own data that nothing looks ahead, and finds it where something does.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Ran, command, finish};
use tests::held::simulated;
use tests::price_files::write_days;

const PERIOD: &str = "--from 2016-03-07 --to 2016-04-05";

/// Runs the check; what it needs meanwhile is in a folder of its own, which is empty again at the end.
fn check(source: &str, words: &str) -> Ran {
    let (data, place) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let words = format!("backtest verify-causality --source {source} {PERIOD} {words}");
    let mut asked = command(data.path(), &words);
    asked.env("TMPDIR", place.path());
    let ran = finish(asked);
    let empty = |folder: &Path| std::fs::read_dir(folder).unwrap().next().is_none();
    assert!(empty(place.path()) && empty(data.path()), "{ran:?}");
    ran
}

fn folder() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    write_days(folder.path(), &simulated(5, 5, 330));
    let source = format!("csv:{}", folder.path().display());
    (folder, source)
}

/// The number at `place` of a run.
fn number(run: &Value, place: &str) -> u64 {
    run.pointer(place).and_then(Value::as_u64).unwrap_or_else(|| panic!("{place}: {run}"))
}

#[test]
fn the_past_of_price_files_is_the_same_before_poisoned_futures() {
    let (_folder, source) = folder();
    for more in ["--history 200 --days 2", "--history 0 --days 1 --wild"] {
        let found = check(&source, &format!("{more} -o json")).json();
        assert_eq!(found["same"], true, "{found}");
        let runs = found["runs"].as_array().unwrap();
        assert_eq!(runs.len(), if more.contains("2") { 2 } else { 1 });
        for run in runs {
            assert_eq!(run["first_difference"], Value::Null);
            assert!(run["through"].as_str() > run["poisoned_after"].as_str(), "{run}");
            let later = number(run, "/later_bars");
            assert!(later > 0 && number(run, "/later_bars_poisoned") == later, "{run}");
            for topic in ["bars", "scans", "features", "predictions", "orders", "models"] {
                assert!(number(run, &format!("/topics/{topic}")) > 0, "{topic}: {run}");
            }
            let by_day: u64 =
                run["by_day"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
            assert_eq!(by_day, number(run, "/events"));
        }
        if more.contains("--history 200") {
            assert!(number(&runs[0], "/topics/samples") >= 30, "{found}");
        }
    }
}

#[test]
fn a_planted_leak_is_found_and_named() {
    let (_folder, source) = folder();
    let found = check(&source, "--history 0 --poison 2016-03-18 --plant-leak");
    assert_eq!(found.code, 1, "{found:?}");
    let said = "With everything after 2016-03-18 poisoned, the first difference is on 2016-03-18 in bars, partition ";
    for words in [said, "BAR_CLOSED of SIM00", "field data.close", "The planted leak was found"] {
        assert!(found.out.contains(words), "{words}: {}", found.out);
    }
}

#[test]
fn a_simulated_market_is_checked_in_the_same_way() {
    let source = "sim:5,stocks=5,days=330";
    let well = check(source, "--history 0 --days 2 -o json").json();
    assert_eq!(well["same"], true);
    assert_eq!(well["runs"].as_array().unwrap().len(), 2);

    let leaky = check(source, "--history 0 --days 2 --plant-leak -o json");
    assert_eq!(leaky.code, 1, "{leaky:?}");
    let leaky: Value = serde_json::from_str(&leaky.out).unwrap();
    for run in leaky["runs"].as_array().unwrap() {
        let first = &run["first_difference"];
        assert_eq!(first["topic"], "bars");
        assert_eq!(first["field"], "data.close");
        assert_eq!(first["day"], run["poisoned_after"]);
        assert_ne!(first["reference"], first["poisoned"]);
    }
}

#[test]
fn days_without_a_future_are_refused() {
    let source = "sim:5,stocks=5,days=330";
    check(source, "--history 0 --poison 2016-04-05")
        .refused(&["--poison 2016-04-05", "2016-03-07"]);
    check(source, "--history 0 --poison 2016-03-04").refused(&["--poison 2016-03-04"]);
}
