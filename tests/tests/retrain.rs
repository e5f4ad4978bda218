//! A run long enough for months to begin and candidates to mature: rules fire on the log, a replay
//! fires the same ones, and the verbs show each rule's progress, the quality of predictions, and the
//! versions with their provenance.

#![allow(clippy::unwrap_used)]

use eventlog::{Batch, EmbeddedLog, Log};
use schemas::contract::CONTRACT;
use schemas::events::{ModelTrained, Models};
use schemas::{Day, Event};
use serde_json::{Value, json};
use std::path::Path;
use success::{LabelledRow, TrainSettings, train};
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
    let account = run(data, "demo --days 45 --stocks 30 --history 12000 --seed 4 -o json").json();

    // Scans begin at the end of September: on the first day of October nothing has matured.
    let status = run(data, "--run demo retrain status -o json").json();
    let fired = list(&status["last"]);
    let days: Vec<_> =
        fired.iter().map(|one| (one["rule"].as_str(), one["day"].as_str())).collect();
    // The first trading day of November asked for it; it began when there were other rows than those of the first training.
    assert_eq!(days[0].0, Some("month"), "{status}");
    assert!(days[0].1 >= Some("2025-11-03"), "{status}");
    let evidence = fired[0]["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("2025-11-03 is its month's first trading day"), "{evidence}");
    assert_eq!(days.len(), 2, "{status}");
    assert!(fired[0]["evidence"].as_str().unwrap().contains("new outcomes"));
    let rules: Vec<_> = list(&status["triggers"]).iter().map(|one| one["rule"].clone()).collect();
    assert_eq!(rules, ["manual", "count", "month", "accuracy", "vix"]);
    assert_eq!(status["through"], account["through"]);
    assert_eq!(status["triggers"][2]["figures"]["from"], "2025-12-01");
    assert!(status["rows"].as_i64() > Some(300) && status["samples"].as_i64() > Some(500));
    let shown = run(data, "--run demo retrain status").out;
    assert!(shown.contains("of 60 scan days have matured"), "{shown}");

    assert_eq!(status["champion"], 1, "this seed's first model passes its gate: {status}");
    let seen = quality(data);
    agrees(&seen, &status);
    assert!(data.join("quality.png").metadata().unwrap().len() > 10_000);

    let trained = versions_are_shown(data);
    what_a_version_rests_on_is_drawn(data);
    the_folder_is_a_view_of_the_log(data, trained);

    let replayed = run(data, "--run demo replay --verify");
    replayed.well();
    let rebuilt = run(data, "--run demo rebuild --all");
    rebuilt.well();
    assert_eq!(run(data, "--run demo retrain status -o json").json(), status);
    assert_eq!(quality(data).out, seen.out);
    a_model_that_holds_one_class_likeliest_is_found(data);
}

/// Checks `model show` of the first version; returns the number of versions.
fn versions_are_shown(data: &Path) -> usize {
    let listed = run(data, "--run demo model list -o json").json();
    let models = list(&listed["models"]);
    assert_eq!((&models[0]["version"], &models[0]["standing"]), (&json!(1), &json!("champion")));
    let said = run(data, "--run demo model list");
    assert!(said.out.contains("champion") && said.out.contains("history"), "{}", said.out);

    let shown = run(data, "--run demo model show 1 -o json").json();
    assert_eq!(shown["sha256"], models[0]["sha256"]);
    let manifest = &shown["manifest"];
    for assessed in [&manifest["model"]["metrics"]["assessment"], &manifest["held_out_metrics"]] {
        for of in ["model", "class_prior", "technical_score", "logistic", "network"] {
            let loss = &assessed[of]["log_loss"];
            let [low, value, high] =
                ["low", "value", "high"].map(|name| loss[name].as_f64().unwrap());
            assert!(0.0 < low && low < value && value < high, "{of}: {loss}");
        }
        let curve = list(&assessed["calibration_curve"]);
        assert_eq!(curve.len(), 4);
        for bins in curve.iter().map(list) {
            let rows: u64 = bins.iter().map(|bin| bin["rows"].as_u64().unwrap()).sum();
            let ends = [&bins[0], &bins[bins.len() - 1]].map(|bin| &bin["mean_probability"]);
            assert_eq!((bins.len(), Some(rows)), (10, assessed["rows"].as_u64()));
            assert!(ends[0].as_f64() < ends[1].as_f64(), "{ends:?}");
        }
    }
    let said = run(data, "--run demo model show 1");
    assert!(said.out.contains("passed the gate: true"), "{}", said.out);
    run(data, "--run demo model show 99").refused(&["no model 99", "it has 1, "]);
    models.len()
}

fn what_a_version_rests_on_is_drawn(data: &Path) {
    let drawn = |ending: &str| {
        let file = data.join(format!("importance.{ending}"));
        let mut explain = command(data, "--run demo model explain 1 --repeats 2 -o json --out");
        explain.arg(&file);
        let said = finish(explain).json();
        assert_eq!(said["picture"], json!(file));
        (said, std::fs::read(&file).unwrap())
    };
    let (said, svg) = drawn("svg");
    let (again, png) = drawn("png");
    assert_eq!(said["importance"], again["importance"], "the same seed deals alike");
    let mut names: Vec<&str> =
        list(&said["importance"]).iter().map(|of| of["feature"].as_str().unwrap()).collect();
    let rises = list(&said["importance"]).iter().map(|of| of["rise"].as_f64().unwrap());
    assert!(rises.is_sorted_by(|a, b| a >= b), "{said}");
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.starts_with("<svg") && names.iter().all(|name| svg.contains(name)), "{names:?}");
    names.sort_unstable();
    let mut contract = schemas::contract::FEATURE_NAMES.to_vec();
    contract.sort_unstable();
    assert_eq!(names, contract);
    // The header of a PNG with its width and height.
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(png[16..24], [1_480_u32.to_be_bytes(), 1_240_u32.to_be_bytes()].concat());
    assert!(png.len() > 20_000, "{} bytes are no picture of 23 bars", png.len());
    run(data, "--run demo model explain 1 --out x.gif").refused(&["x.gif", ".png or .svg"]);
}

/// Checks file names and their JSON, and that a changed byte is found and repaired.
fn the_folder_is_a_view_of_the_log(data: &Path, versions: usize) {
    let models = data.join("runs/demo/models");
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().unwrap()).collect();
        names.sort();
        names
    };
    let expected: Vec<String> = (1..=versions)
        .flat_map(|n| ["json", "onnx"].map(|kind| format!("success_model_v{n}.{kind}")))
        .collect();
    assert_eq!(names(&models)[1..], expected, "beside archive/");
    let archive = names(&models.join("archive"));
    assert_eq!(archive.len(), 2 * versions, "{archive:?}");
    let dated = |name: &String| {
        let date = name.rsplit_once('_').unwrap().1.split_once('.').unwrap().0;
        name.starts_with("success_model_v") && date.len() == 8 && date.parse::<u32>().is_ok()
    };
    assert!(archive.iter().all(dated), "{archive:?}");

    let onnx = models.join("success_model_v1.onnx");
    let sound = std::fs::read(&onnx).unwrap();
    let sheet: Value =
        serde_json::from_slice(&std::fs::read(onnx.with_extension("json")).unwrap()).unwrap();
    assert_eq!(sheet["sha256"], schemas::id::sha256_hex(&sound));
    assert_eq!(sheet["manifest"]["data_sha256"].as_str().unwrap().len(), 64);
    assert!(sheet["parents"]["champion"].is_null(), "the first has no parent");
    assert!(sheet["code_version"].as_str().unwrap().starts_with("0.1.0+"), "{sheet}");
    assert!(sheet["held_out_metrics"]["model"]["log_loss"]["value"].is_f64());
    let second: Value =
        serde_json::from_slice(&std::fs::read(models.join("success_model_v2.json")).unwrap())
            .unwrap();
    assert_eq!(second["parents"]["champion"], sheet["sha256"]);

    let verify = || run(data, "--run demo model verify");
    verify().well();
    let mut changed = sound.clone();
    changed[700] ^= 1;
    std::fs::write(&onnx, changed).unwrap();
    let found = verify();
    assert_eq!(found.code, 1, "{found:?}");
    let wrong: Vec<&str> = found.out.lines().filter(|line| line.contains("WRONG")).collect();
    assert!(wrong.len() == 1 && wrong[0].contains("success_model_v1.onnx"), "{}", found.out);
    // Nor is a byte of a sheet lost, of the archive's copy as well.
    let copy = models.join("archive").join(
        names(&models.join("archive")).into_iter().find(|name| name.ends_with(".json")).unwrap(),
    );
    let mut text = std::fs::read(&copy).unwrap();
    text[300] ^= 1;
    std::fs::write(&copy, text).unwrap();
    let found = verify();
    assert!(found.out.contains(&copy.display().to_string()), "{}", found.out);
    // A rebuild repairs it and reports that the file differed.
    let rebuilt = run(data, "--run demo rebuild --all -o json");
    assert_eq!(rebuilt.code, 1, "{rebuilt:?}");
    let rebuilt: Value = serde_json::from_str(&rebuilt.out).unwrap();
    assert_eq!(
        (&rebuilt["model_files"]["same"], &rebuilt["views"]["same"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(std::fs::read(&onnx).unwrap(), sound);
    verify().well();
}

/// Puts a model on the log that has only learnt that losses are frequent.
fn a_model_that_holds_one_class_likeliest_is_found(data: &Path) {
    let first = run(data, "--run demo model show 1 -o json").json();
    let found = store::rows::read_rows(&data.join("runs/demo/lake")).unwrap();
    let row = |(n, row): (usize, &store::rows::FoundRow)| {
        let values: Vec<f64> = row.values.iter().map(|value| value.unwrap()).collect();
        let class = [1, 2, 3].get(n % 40).copied().unwrap_or(0_u8);
        let roi = [-0.5, 0.0, 0.1, 0.4][usize::from(class)];
        let days = (row.as_of.unwrap().0, row.evaluation_day.unwrap().0);
        LabelledRow {
            features: values.try_into().unwrap(),
            class,
            roi,
            scan_day: days.0,
            evaluation_day: days.1,
            weight: 1.0,
            score: None,
        }
    };
    let rows: Vec<LabelledRow> = found.rows.iter().enumerate().map(row).collect();
    let how = TrainSettings { epochs: 2, ..TrainSettings::default() };
    let made = train(&rows, &CONTRACT, &how, &mut |_, _| {}).unwrap();
    let held_out = &first["manifest"]["held_out"];
    let model = ModelTrained {
        version: 99,
        sha256: made.sha256,
        onnx: made.onnx,
        manifest: json!({ "model": made.manifest, "held_out": held_out }).to_string(),
        ..ModelTrained::default()
    };
    let day: Day = first["trained_on"].as_str().unwrap().parse().unwrap();
    let event = Event::new(day, "", &["99"], Models::ModelTrained(model));
    {
        let log = EmbeddedLog::open(data.join("runs/demo/log")).unwrap();
        let records = vec![shell::record_codec::record(&event, 2, "test").unwrap()];
        let batch = Batch { records, ..Batch::default() };
        log.producer("test").unwrap().publish(batch, None).unwrap();
    }
    let said = run(data, "--run demo model explain 99 --repeats 1");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("predicts Loss for every row"), "{}", said.out);
    assert!(said.out.contains("data validate --lake"), "{}", said.out);
    assert!(data.join("runs/demo/models/importance_v99.png").exists(), "drawn all the same");
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
