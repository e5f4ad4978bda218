//! A run is what it was asked to be: the same question is shown again as it was answered, another question is another
//! run, and looking at a run writes nothing on its log.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Running, command, finish, run, wait_for};
use tests::held::simulated;
use tests::price_files::write_days;

const MARKET: &str = "--source sim:5,stocks=6,days=330";
const DAYS: &str = "--from 2016-03-21 --to 2016-03-24 --history 0";

/// Runs that are listed, by id, each with its topics.
fn runs(data: &Path) -> BTreeMap<String, Value> {
    let listed = run(data, "runs -o json").json();
    let ids = listed.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
    let topics = |id: &str| run(data, &format!("topics list -o json --run {id}")).json();
    ids.map(|id| (id.clone(), topics(&id))).collect()
}

/// The runs before, untouched, and one more.
fn one_more(data: &Path, known: &mut BTreeMap<String, Value>) -> String {
    let now = runs(data);
    for (id, topics) in &*known {
        assert_eq!(now.get(id), Some(topics), "{id} was written to");
    }
    let new: BTreeSet<&String> = now.keys().filter(|id| !known.contains_key(*id)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    let new = (*new.first().unwrap()).clone();
    *known = now;
    new
}

#[test]
fn the_same_question_is_one_run_and_another_question_another() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let mut known = BTreeMap::new();
    let asked = format!("backtest {MARKET} {DAYS} -o json");
    let first = run(data, &asked).json();
    let id = one_more(data, &mut known);
    assert!(id.starts_with("backtest-2016-03-21-2016-03-24-"), "{id}");

    let again = run(data, &asked);
    assert!(again.err.contains(&format!("run {id} was made on 20")), "{}", again.err);
    let again = again.json();
    for part in ["topics", "tracks", "opened", "refused_scans", "outcomes", "top"] {
        assert_eq!(first[part], again[part], "{part}");
    }
    assert_eq!(runs(data), known, "looking writes nothing");

    for other in [
        asked.replace("--history 0", "--history 200"),
        asked.replace("03-24", "03-23"),
        asked.clone() + " --tickers SIM001,SIM002",
    ] {
        run(data, &other).well();
        one_more(data, &mut known);
    }
    for (key, value) in [("CAPITAL", "50000"), ("SEED", "8"), ("RATE", "0.03")] {
        let mut other = command(data, &asked);
        other.env(format!("BUTTERQUANT_SETTINGS_{key}"), value);
        finish(other).well();
        one_more(data, &mut known);
    }
    let named = format!("backtest {MARKET} {DAYS} --run {id}");
    run(data, &named).well();
    let tickers = run(data, &format!("{named} --tickers SIM001"));
    tickers.refused(&[&id, "tickers is all, and SIM001 was asked for; leave --run out"]);
    let history = named.replace("--history 0", "--history 1");
    run(data, &history).refused(&["history is 0, and 1 was asked for"]);
    let demo = run(data, &format!("demo --stocks 6 --days 2 --history 0 --run {id}"));
    demo.refused(&["kind is backtest, and demo was asked for"]);
    assert_eq!(runs(data), known);
}

/// Price files of a simulated market, whose prices of the first stock are times `factor` on the days from `from` on.
fn write(folder: &Path, from: usize, factor: f64) {
    let mut days = simulated(5, 4, 330);
    let bars = days[from..].iter_mut().flat_map(|day| &mut day.bars);
    for (_, bar) in bars.filter(|(ticker, _)| ticker == "SIM001") {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= factor;
        }
    }
    write_days(folder, &days);
}

#[test]
fn changed_prices_are_another_question_and_later_ones_are_not() {
    let (folder, prices) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let data = folder.path();
    let asked = format!("backtest --source csv:{} {DAYS}", prices.path().display());
    write(prices.path(), 330, 1.0);
    let mut known = BTreeMap::new();
    let first = run(data, &asked);
    first.well();
    let id = one_more(data, &mut known);

    write(prices.path(), 325, 1.01);
    let later = run(data, &asked);
    assert!(later.err.contains("was made on"), "{later:?}");
    assert_eq!(runs(data), known, "prices after the period are no part of the question");

    write(prices.path(), 310, 1.01);
    run(data, &format!("{asked} --run {id}"))
        .refused(&["the market's data of that time are others"]);
    run(data, &asked).well();
    one_more(data, &mut known);
}

#[test]
fn a_demo_takes_nobodys_place() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let demo = "demo --stocks 6 --days 3 --history 0";
    run(data, &format!("{demo} --run foo")).well();
    let mut known = BTreeMap::new();
    assert_eq!(one_more(data, &mut known), "foo");
    assert!(run(data, &format!("{demo} --run foo")).err.contains("was made on"));
    run(data, &format!("{demo} --seed 6 --run foo"))
        .refused(&["settings.seed is 5, and 6 was asked for"]);

    run(data, &format!("{demo} --seed 6")).well();
    assert_eq!(one_more(data, &mut known), "demo");
    let replaced = run(data, demo);
    assert!(replaced.code == 0 && replaced.err.contains("is replaced"), "{replaced:?}");

    // Another kind of run under its name, stopped or running.
    run(data, "runs remove demo --yes").well();
    run(data, &format!("backtest {MARKET} {DAYS} --run demo")).well();
    run(data, demo).refused(&["run demo is a backtest run", "--run"]);
    run(data, "runs remove demo --yes").well();

    let running = Running::start(data, "demo --stocks 40 --days 200 --history 0");
    let log = data.join("runs/demo/log/owner");
    wait_for("running demo", || log.exists().then_some(()));
    run(data, demo).refused(&["process"]);
    drop(running);
    run(data, demo).well();
}

#[test]
fn a_run_that_was_ended_is_called_unfinished_and_one_whose_log_is_gone_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let asked = "backtest --source sim:5,stocks=40,days=600 --from 2016-01-04 --to 2017-04-14 --history 0 --run half";
    let running = Running::start(data, asked);
    let scans = data.join("runs/half/lake/topic=scans");
    wait_for("day in the lake", || scans.exists().then_some(()));
    assert_eq!(running.interrupt(), 1);
    let summary = run(data, "summary --run half");
    assert!(
        summary.out.contains("NOT FINISHED: it was asked for the days up to 2017-04-14"),
        "{summary:?}"
    );
    let summary = run(data, "summary --run half -o json").json();
    assert_eq!(summary["unfinished_until"], "2017-04-14");

    for verb in ["demo --stocks 4 --days 1 --history 0", &asked.replace(" --run half", "")] {
        run(data, &format!("{verb} --run live")).refused(&["run live is the one that goes on"]);
    }
    assert!(!data.join("runs/live").exists());

    std::fs::remove_dir_all(data.join("runs/half/log")).unwrap();
    for verb in
        [asked, "positions --run half", "topics list --run half", "rebuild --all --run half"]
    {
        run(data, verb).refused(&["half"]);
    }
    run(data, asked).refused(&["the log of run half is gone", "restore"]);
    assert_eq!(run(data, "doctor --run half").code, 1);
    assert!(!data.join("runs/half/log").exists(), "nothing takes its place");
}
