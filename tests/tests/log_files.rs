//! The log's files of a live run: which role writes where, in which format, and that no role depends on them.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::path::Path;
use tests::cli::{Ran, command, finish, run};

/// The simulated market's last days, scanned by `up`, to their end.
fn up(data: &Path, format: &str, log_dir: Option<&Path>) -> Ran {
    let days = "up --source sim:5,stocks=3,days=290 --from 2016-02-08 --until 2099-01-01";
    let mut up = command(data, days);
    up.env("BUTTERQUANT_PARTITIONS", "2").env("BUTTERQUANT_LOG_FORMAT", format);
    if let Some(folder) = log_dir {
        up.env("BUTTERQUANT_LOG_DIR", folder);
    }
    finish(up)
}

#[test]
fn each_group_of_roles_has_its_file_and_every_line_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let ran = up(data, "json", None);
    ran.well();
    let last = run(data, "status -o json").json()["through"].as_str().unwrap().to_owned();
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(data.join("logs").join(name)).unwrap();
        let line = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        text.lines().map(line).collect()
    };
    for (file, role, says) in [
        ("daily_scanner.log", "source", format!("published {last}: 3 bars, 0 missing")),
        ("daily_scanner.log", "scanner", format!("closed {last}: ")),
        ("daily_scanner.log", "labeler", format!("closed {last}")),
        ("execution_engine.log", "scorer", format!("closed {last}")),
        ("execution_engine.log", "executor", "ButterBaseline: equity 100".to_owned()),
        ("execution_engine.log", "broker", format!("closed {last}")),
        ("ml_training.log", "retrainer", format!("closed {last}")),
        ("butterquant.log", "materializer", format!("closed {last}")),
        ("butterquant.log", "", format!("every role of this process has closed {last}")),
        ("butterquant.log", "", "the process begins".to_owned()),
        ("butterquant.log", "", "stopped".to_owned()),
    ] {
        let found = read(file).into_iter().any(|line| {
            let by = line["role"].as_str().unwrap_or_default();
            by == role && line["message"].as_str().unwrap().starts_with(&says)
        });
        assert!(found, "{role} in {file} does not say {says:?}");
    }
    let scanned = read("daily_scanner.log");
    let scanned = scanned.iter().find(|line| line["role"] == "scanner").unwrap();
    assert!(scanned["threadName"].as_str().unwrap().starts_with("scanner-"), "{scanned}");
    // Sentences for people are lines of JSON there too, so that a collector can read all of standard error.
    for line in ran.err.lines() {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["message"].is_string() && line["timestamp"].is_string(), "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_warned_of_once_and_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let in_the_way = data.join("file");
    std::fs::write(&in_the_way, "no folder").unwrap();
    let ran = up(data, "human", Some(&in_the_way));
    ran.well();
    assert_eq!(ran.err.matches("the log cannot be written to").count(), 1, "{ran:?}");
    let through = run(data, "status -o json").json()["through"].clone();
    assert!(through.is_string(), "the run closed its days: {through}");
    // The disk is full from the first byte on.
    let full = data.join("full");
    std::fs::create_dir(&full).unwrap();
    for name in ["daily_scanner.log", "execution_engine.log", "ml_training.log", "butterquant.log"]
    {
        let today = finish({
            let mut date = std::process::Command::new("date");
            date.args(["-u", "+%F"]);
            date
        });
        let file = full.join(format!("{name}.{}", today.out.trim()));
        std::os::unix::fs::symlink("/dev/full", file).unwrap();
    }
    let ran = up(data, "human", Some(&full));
    ran.well();
    let warned: Vec<&str> =
        ran.err.lines().filter(|line| line.contains("cannot be written to")).collect();
    assert!(warned.len() == 1 && warned[0].contains("log_dir"), "{ran:?}");
}

#[test]
fn a_bounded_verb_writes_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run(data, "scan --source sim:5,stocks=2,days=280").well();
    assert!(!data.join("logs").exists());
}
