//! A run long enough for months to begin and candidates to mature: rules fire on the log, replay
//! fires the same ones, and people see how far each is and how good predictions are.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::path::Path;
use tests::cli::{Ran, command, finish, run};

const SETTINGS: &str = "partitions = 2
[settings]
min_training_rows = 500
training_epochs = 12
retrain_outcomes = 100000
";

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("no list: {value}"))
}

fn quality(data: &Path) -> Ran {
    let mut quality = command(data, "--run demo quality -o json --picture");
    quality.arg(data.join("quality.png"));
    finish(quality)
}

#[test]
fn months_train_by_themselves_and_replay_trains_on_the_same_days() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    std::fs::write(data.join("butterquant.toml"), SETTINGS).unwrap();
    let account = run(data, "demo --days 45 --stocks 30 --history 3000 --seed 3 -o json").json();

    // Scans begin in the middle of May: on the first day of June nothing has matured.
    let status = run(data, "--run demo retrain status -o json").json();
    let fired = list(&status["last"]);
    let days: Vec<_> =
        fired.iter().map(|one| (one["rule"].as_str(), one["day"].as_str())).collect();
    assert_eq!(days[0], (Some("month"), Some("2020-07-01")), "{status}");
    assert_eq!(days.len(), 2, "{status}");
    assert!(fired[0]["evidence"].as_str().unwrap().contains("new outcomes"));
    let rules: Vec<_> = list(&status["triggers"]).iter().map(|one| one["rule"].clone()).collect();
    assert_eq!(rules, ["manual", "count", "month", "accuracy", "vix"]);
    assert_eq!(status["through"], account["through"]);
    assert_eq!(status["triggers"][2]["figures"]["from"], "2020-08-01");
    assert!(status["rows"].as_i64() > Some(300) && status["samples"].as_i64() > Some(500));
    let shown = run(data, "--run demo retrain status").out;
    assert!(shown.contains("of 60 scan days have matured"), "{shown}");

    assert_eq!(status["champion"], 1, "this seed's first model passes its gate: {status}");
    let seen = quality(data);
    agrees(&seen, &status);
    assert!(data.join("quality.png").metadata().unwrap().len() > 10_000);

    let replayed = run(data, "--run demo replay --verify");
    assert_eq!(replayed.code, 0, "{replayed:?}");
    let rebuilt = run(data, "--run demo rebuild --all");
    assert_eq!(rebuilt.code, 0, "{rebuilt:?}");
    assert_eq!(run(data, "--run demo retrain status -o json").json(), status);
    assert_eq!(quality(data).out, seen.out);
}

/// The retrainer and the views count the same days and hits.
fn agrees(seen: &Ran, status: &Value) {
    let found: Value = serde_json::from_str(&seen.out).unwrap();
    let (recent, figures) = (&found["recent"], &status["triggers"][3]["figures"]);
    assert_eq!(recent["rows"].as_i64(), recent["days"].as_i64().map(|days| 30 * days));
    assert_eq!((&recent["days"], &found["matured_days"]), (&figures["days"], &figures["days"]));
    let close = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-12;
    assert!(close(&recent["accuracy"], &figures["accuracy"]), "{recent} {figures}");
    let drift = list(&found["drift"]);
    assert_eq!((drift.len(), &found["no_drift"]), (23, &Value::Null));
    let drifts = drift.iter().any(|one| one["drifted"] == true);
    assert_eq!(seen.code, i32::from(drifts));
}
