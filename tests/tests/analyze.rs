//! `analyze` explains one analysis in numbers and a picture; `bench scan` and `bench train`
//! report their measurements.

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::run;

/// Stocks and days enough for one analysis, few enough to be quick.
const MARKET: &str = "--source sim:7,stocks=3,days=400";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Width and height from a PNG's first chunk.
fn png_size(file: &Path) -> (u32, u32) {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(&bytes[1..4], b"PNG");
    let at =
        |from: usize| bytes[from..from + 4].iter().fold(0, |all, byte| all << 8 | u32::from(*byte));
    (at(16), at(20))
}

#[test]
fn an_analysis_is_tables_and_a_png_in_the_data_folder() {
    let data = folder();
    let ran = run(data.path(), &format!("analyze sim002 {MARKET}"));
    ran.well();
    let groups = [
        "Window and price",
        "Trend, spectrum and cycle",
        "ARIMA order",
        "GARCH forecast",
        "break-evens",
        "Technical score",
        "gamma_theta_ratio",
    ];
    for words in groups {
        assert!(ran.out.contains(words), "{words} is missing: {}", ran.out);
    }
    let drawn: Vec<_> = std::fs::read_dir(data.path().join("analysis")).unwrap().collect();
    assert_eq!(drawn.len(), 1);
    let file = drawn[0].as_ref().unwrap().path();
    assert!(file.file_name().unwrap().to_string_lossy().starts_with("SIM002-20"));
    assert_eq!(png_size(&file), (1_680, 1_320));
}

#[test]
fn an_svg_has_its_labels_as_text() {
    let data = folder();
    let file = data.path().join("one.svg");
    let said = run(data.path(), &format!("analyze SIM001 {MARKET} --out {}", file.display()));
    said.well();
    let svg = std::fs::read_to_string(&file).unwrap();
    let labels = [
        "SIM001: ",
        "Profit and loss at expiry",
        "Price, trend and forecast",
        "Volatility per year",
        "Power spectrum of the daily changes",
        "break-evens $",
        "95 % interval to ",
        "implied (proxy): today ",
        "dominant: ",
        "period, trading days",
    ];
    for label in labels {
        assert!(svg.contains(label), "{label} is missing");
    }
    assert!(svg.starts_with("<svg width=\"1680\" height=\"1320\""), "{}", &svg[..80]);
}

#[test]
fn json_has_the_features_by_name_and_numbers_that_agree() {
    let data = folder();
    let found = run(data.path(), &format!("analyze SIM003 {MARKET} -o json")).json();
    let (features, of) = (found["features"].as_object().unwrap(), &found["analysis"]);
    assert_eq!(features.len(), 23);
    assert!(features.values().all(|value| number(value).is_finite()));
    assert_eq!(features["prob_profit"], of["prob_profit"]);
    let score = &of["score"];
    let parts = [("centre", 0.35), ("mispricing", 0.30), ("interval", 0.20), ("cycle", 0.15)];
    let sum: f64 = parts.iter().map(|(part, weight)| weight * number(&score[*part])).sum();
    let total = (sum - number(&score["delta_penalty"])).clamp(0.0, 100.0);
    assert!((total - number(&score["total"])).abs() < 1e-9);
    let last = found["forecast"].as_array().unwrap().last().unwrap();
    let end = number(&of["forecast_price"]);
    assert!((number(&last["price"]) - end).abs() < 1e-9 * end);
    let width = (number(&last["high"]) / number(&last["low"])).ln();
    assert!((width - number(&of["interval_width"])).abs() < 1e-9);
    let (gain, loss) = (number(&of["max_profit"]), -number(&of["max_loss"]));
    assert!((loss..=gain).contains(&number(&found["expected_value"])));
}

#[test]
fn a_refusal_is_its_sentence_and_exit_code_1() {
    let data = folder();
    let early = format!("analyze SIM001 {MARKET} --as-of 2015-06-30");
    let ran = run(data.path(), &early);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("refused, only") && ran.out.contains("252 are needed"), "{ran:?}");
    let ran = run(data.path(), &format!("{early} -o json"));
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &found["refused"]["code"]), (1, &Value::from("TOO_FEW_BARS")));
    assert!(!data.path().join("analysis").exists());
}

#[test]
fn what_cannot_be_drawn_or_found_says_so() {
    let data = folder();
    let analyze = |words: &str| run(data.path(), &format!("analyze {words} {MARKET}"));
    analyze("SIM001 --out /no/such/folder/one.png").refused(&["/no/such/folder/one.png"]);
    analyze("SIM001 --out one.pdf").refused(&["one.pdf", ".png or .svg"]);
    analyze("NOPE").refused(&["not have NOPE", "SIM001, SIM002, SIM003"]);
    analyze("SIM001 --as-of 2001-01-01").refused(&["begins on"]);
    run(data.path(), "analyze SIM001").refused(&["--source"]);
}

#[test]
fn a_bench_says_what_it_measured_and_with_what() {
    let data = folder();
    let words = format!("bench scan {MARKET} --tickers 2 --days 2 --threads 2 -o json");
    let found = run(data.path(), &words).json();
    assert_eq!((&found["tickers"], &found["days"]), (&Value::from(2), &Value::from(2)));
    let timed = number(&found["latency"]["count"]) + number(&found["refused"]);
    assert_eq!(timed, 4.0);
    let latency = ["min_ms", "median_ms", "p99_ms", "max_ms"].map(|n| number(&found["latency"][n]));
    assert!(latency[0] > 0.0 && latency.is_sorted(), "{latency:?}");
    assert_eq!(found["scans"]["threads"], 2);
    assert!(number(&found["scans"]["median_ms"]) <= number(&found["scans"]["max_ms"]));
    let counts: Vec<f64> =
        found["memory"].as_array().unwrap().iter().map(|one| number(&one["analyses"])).collect();
    assert_eq!(counts, [10.0, 1_000.0]);
    for field in ["cpu", "cores", "load", "profile", "target", "version"] {
        assert!(!found["machine"][field].is_null(), "{field}");
    }
    assert!(found["settings"]["half_spread_rate"].is_number());
    run(data.path(), "bench scan --tickers 0").refused(&["from 1 to 1000"]);
}

/// A stand-in for Python: it reads the rows and says what `words` make it say.
#[cfg(unix)]
fn python(folder: &Path, words: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("python");
    let script = format!("#!/bin/sh\nwc -l > {}.rows\n{words}\n", path.display());
    let written = std::fs::write(&path, script);
    written
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path.display().to_string()
}

#[cfg(unix)]
#[test]
fn a_bench_of_training_compares_with_pytorch_where_there_is_one() {
    let data = folder();
    let bench = |python: &str| {
        let source = "--source sim:7,stocks=20,days=500 --rows 1000 --runs 2";
        let ran = run(data.path(), &format!("bench train {source} --python {python} -o json"));
        let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
        let missed = found["limits"].as_array().unwrap().iter().any(|limit| limit["met"] == false);
        // How long it takes here is nobody's promise, but that the exit code follows from it is.
        assert_eq!(ran.code, i32::from(missed), "{found}");
        found
    };
    let found = bench("/no/such/python");
    assert_eq!((&found["rows"], &found["pytorch"]), (&Value::from(1000), &Value::Null));
    assert!(number(&found["held_out"]) > 0.0 && found["ratio"].is_null());
    assert_eq!(found["limits"].as_array().unwrap().len(), 1);
    let why = found["without_pytorch"].as_str().unwrap();
    assert!(why.contains("/no/such/python") && why.contains("pip install"), "{why}");
    let training = &found["training"];
    assert_eq!(training["seconds"].as_array().unwrap().len(), 2);
    let parts: f64 = ["until_network", "choosing_epochs", "on_all_rows"]
        .iter()
        .map(|part| number(&training["parts"][*part]))
        .sum();
    assert!((parts - number(&training["best_seconds"])).abs() < 1e-9, "{training}");

    let missing = python(data.path(), "echo \"No module named 'torch'\" >&2; exit 3");
    let found = bench(&missing);
    let why = found["without_pytorch"].as_str().unwrap();
    assert!(why.contains("No module named 'torch'") && found["ratio"].is_null(), "{why}");

    let said =
        r#"{"version": "9", "seconds": [1e-6], "best_seconds": 1e-6, "network_log_loss": 1}"#;
    let found = bench(&python(data.path(), &format!("echo '{said}'")));
    let rows = std::fs::read_to_string(format!("{missing}.rows")).unwrap();
    assert_eq!(rows.trim(), "1000", "the rows to train on, no other");
    let own = number(&found["training"]["best_seconds"]);
    assert!((number(&found["ratio"]) * 1e-6 - own).abs() < 1e-9);
    assert_eq!(found["limits"][1]["met"], false, "nothing is faster than a microsecond");
    run(data.path(), "bench train --rows 0").refused(&["from 1000 to 100000"]);
}
