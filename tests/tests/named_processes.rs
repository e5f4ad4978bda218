//! The roles of a run as ten processes with names: a verdict comes from the one that runs the unit, or from what its
//! group has committed, and never from another one.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tests::cli::{Running, run, wait_for};
use tests::price_files::{days, write};

const TICKERS: [&str; 3] = ["AAA", "BBB", "^VIX"];
const FIRST: usize = 30;

/// Every process but the source, by name.
const OTHERS: [(&str, &str); 9] = [
    ("a", "scanner"),
    ("b", "scanner"),
    ("c", "scorer"),
    ("d", "scorer"),
    ("e", "labeler"),
    ("f", "executor"),
    ("g", "broker"),
    ("h", "retrainer"),
    ("m", "materializer"),
];

fn lag(data: &Path) -> Option<Value> {
    let ran = run(data, "lag -o json");
    (ran.code == 0).then(|| ran.json())
}

fn caught_up(lag: &Value, units: usize, through: &str) -> bool {
    let all = lag["units"].as_array().unwrap();
    let done = |unit: &Value| unit["state"] == "caught_up" && unit["closed"] == through;
    all.len() == units && all.iter().all(done) && lag["newest_day"] == through
}

fn signal(process: &Running, signal: &str) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn every_verdict_comes_from_whoever_runs() {
    let (prices, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let keys = "source_quiet_s = 0\npartitions = 2\n";
    std::fs::write(data.join("butterquant.toml"), keys).unwrap();
    let grow = |count| TICKERS.iter().for_each(|ticker| write(prices.path(), ticker, count));
    let day = |count: usize| days(count)[count - 1].to_string();
    grow(FIRST);
    let source = format!(
        "run source --name s --from {} --source csv:{}",
        day(FIRST),
        prices.path().display()
    );
    let source = Running::start(data, &source);
    wait_for("owner of the log", || {
        let owner = std::fs::read_to_string(data.join("runs/live/log/owner")).ok()?;
        owner.contains("http://").then_some(())
    });
    let start = |(name, role): (&'static str, &'static str)| {
        (name, Running::start(data, &format!("run {role} --name {name}")))
    };
    let mut others: Vec<(&'static str, Running)> = OTHERS.into_iter().map(start).collect();
    let units = 3 * 2 + 4;
    let found = wait_for("run that has caught up", || {
        let lag = lag(data)?;
        let told = lag["units"].as_array()?.iter().all(|unit| unit["from_process"] == true);
        (told && caught_up(&lag, units, &day(FIRST))).then_some(lag)
    });
    assert_eq!(found["processes"].as_array().unwrap().len(), 10, "{found}");
    assert_eq!(found["unasked"].as_array().unwrap().len(), 0, "{found}");
    let owner = &found["processes"][0];
    assert_eq!((&owner["roles"][0], &owner["pid"]), (&"source".into(), &source.id().into()));
    let text = run(data, "lag").out;
    assert!(text.contains("and in 9 more processes") && !text.contains("stopped"), "{text}");
    assert!(!text.contains("behind"), "{text}");
    // The views are made by one of them.
    let positions = run(data, "positions -o json").json();
    assert_eq!(positions["through"], day(FIRST), "{positions}");
    assert_eq!(run(data, "status -o json").json()["through"], day(FIRST));

    // One that hangs tells nothing: what its group has committed does.
    let labeler = others.iter().find(|(name, _)| *name == "e").unwrap();
    signal(&labeler.1, "-STOP");
    grow(FIRST + 1);
    let found = wait_for("labeler that is behind", || {
        let lag = lag(data)?;
        let newest = lag["newest_day"] == day(FIRST + 1).as_str();
        let rows = lag["partitions"].as_array()?.clone();
        let row = rows.iter().find(|of| of["group"] == "labeler" && of["topic"] == "bars")?;
        (newest && row["lag"].as_u64()? > 0).then(|| (lag.clone(), row.clone()))
    });
    let verdict = found.1["verdict"].as_str().unwrap();
    assert!(
        verdict.starts_with("behind: ") && verdict.ends_with("by its committed offsets"),
        "{verdict}"
    );
    let hung: Vec<&Value> = found.0["processes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|of| of["problem"].is_string())
        .collect();
    assert_eq!(hung.len(), 1, "{found:?}");
    assert_eq!(hung[0]["pid"], labeler.1.id());
    signal(&labeler.1, "-CONT");
    wait_for("run that has caught up again", || {
        lag(data).filter(|lag| caught_up(lag, units, &day(FIRST + 1)))
    });

    // Nobody runs it: that is said, and nobody else's state is shown for it.
    let at = others.iter().position(|(name, _)| *name == "f").unwrap();
    assert_eq!(others.remove(at).1.interrupt(), 0);
    grow(FIRST + 2);
    wait_for("executor that nobody runs", || {
        let lag = lag(data)?;
        let unit = lag["units"].as_array()?.iter().find(|unit| unit["role"] == "executor")?.clone();
        let verdict = unit["verdict"].as_str()?;
        (verdict.starts_with("behind: ") && verdict.ends_with("; no process runs it")).then_some(())
    });
    others.into_iter().for_each(|(name, other)| assert_eq!(other.interrupt(), 0, "{name}"));
    assert_eq!(source.interrupt(), 0);
    assert!(run(data, "lag").out.starts_with("run live, stopped; "));
    // The views that the materializer has left in a folder of its own.
    for verb in ["positions", "status"] {
        let shown = run(data, &format!("{verb} -o json"));
        assert_eq!(shown.json()["through"], day(FIRST + 1), "{verb}: {shown:?}");
    }
}
