//! Scores replay by the provider that scored them, and where nothing was scored the reason is the
//! true one.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::Path;
use tests::cli::{Ran, command, finish, run};
use tests::python::say;

/// This seed's first model passes its gate.
const DEMO: &str = "demo --days 5 --stocks 30 --history 3000 --seed 5 -o json";

/// The library of these tests, if there is one; in CI there must be.
fn library() -> Option<OsString> {
    let library = std::env::var_os("BUTTERQUANT_ONNXRUNTIME").filter(|path| !path.is_empty());
    if library.is_none() {
        assert!(std::env::var_os("CI").is_none(), "BUTTERQUANT_ONNXRUNTIME names no library");
        say("skipped: BUTTERQUANT_ONNXRUNTIME names no library");
    }
    library
}

fn with(library: &OsString, data: &Path, words: &str) -> Ran {
    let mut command = command(data, words);
    command.env("BUTTERQUANT_ONNXRUNTIME", library);
    finish(command)
}

/// The one group of scores of a verification without a difference.
fn compared(ran: &Ran) -> Value {
    let said = ran.json();
    assert_eq!(said["differences"], json!([]));
    let [scores] = said["scores"].as_array().unwrap().as_slice() else { panic!("{said}") };
    assert_eq!(scores["scores"], 150);
    scores.clone()
}

const VERIFY: &str = "--run demo replay --verify -o json";

#[test]
fn a_run_scored_by_candle_is_repeated_by_candle_though_onnx_runtime_is_there() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let made = with(&library, data, &format!("--provider candle {DEMO}")).json();
    assert_eq!(made["provider"], "candle-cpu");
    let scores = compared(&with(&library, data, VERIFY));
    assert_eq!(scores["recorded_by"], "candle-cpu");
    assert_eq!(
        (&scores["repeated_by"], &scores["tolerance"]),
        (&json!("candle-cpu"), &Value::Null)
    );
    let said = with(&library, data, "--run demo replay --verify");
    assert!(said.out.contains("150 scores by candle-cpu: repeated by it"), "{}", said.out);
    // Another provider that is asked for by name repeats them within the tolerance.
    let scores = compared(&with(&library, data, &format!("--provider cpu {VERIFY}")));
    assert_eq!(
        (&scores["repeated_by"], &scores["tolerance"]),
        (&json!("onnxruntime-cpu"), &json!(1e-6))
    );
}

#[test]
fn a_run_scored_by_onnx_runtime_is_repeated_by_it_or_within_the_tolerance() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert_eq!(with(&library, data, DEMO).json()["provider"], "onnxruntime-cpu");
    let scores = compared(&with(&library, data, VERIFY));
    assert_eq!(
        (&scores["repeated_by"], &scores["tolerance"]),
        (&json!("onnxruntime-cpu"), &Value::Null)
    );

    let scores = compared(&run(data, VERIFY));
    assert_eq!(scores["recorded_by"], "onnxruntime-cpu");
    assert_eq!(
        (&scores["repeated_by"], &scores["tolerance"]),
        (&json!("candle-cpu"), &json!(1e-6))
    );
    assert!(scores["largest_difference"].as_f64() < Some(1e-6), "{scores}");
    let said = run(data, "--run demo replay --verify").out;
    assert!(
        said.contains("because onnxruntime-cpu is not here, and compared within 1e-6"),
        "{said}"
    );

    // A configured provider that this machine lacks does not keep a run from being verified.
    std::fs::write(data.join("butterquant.toml"), "provider = \"cuda\"\n").unwrap();
    assert_eq!(compared(&run(data, VERIFY))["repeated_by"], "candle-cpu");
}

#[test]
fn without_a_model_the_reason_is_what_came_of_the_trainings() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let words = "demo --days 3 --stocks 20 --history 700 --seed 3 -o json";
    let made = run(data, words).json();
    let notes = made["tracks"][0]["notes"].as_object().unwrap();
    let [(note, days)] = notes.iter().collect::<Vec<_>>()[..] else { panic!("{notes:?}") };
    assert_eq!(days, 3);
    let starts = "no model is in force: no model came of 1 training; the last, v1 on ";
    assert!(note.starts_with(starts) && note.contains("1000 are needed"), "{note}");
    let shown = run(data, "--run demo topics consume predictions -n 1").out;
    assert!(shown.contains(starts), "{shown}");
    let status = run(data, "--run demo retrain status -o json").json();
    assert_eq!(status["no_model"], json!(note));
    run(data, "--run demo replay --verify").well();
}
