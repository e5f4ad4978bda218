//! The folder of models: what is written is read back, and what was changed is refused.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test says what it expects")]

mod testkit;

use schemas::contract::CONTRACT;
use std::fs;
use success::{Artifacts, Engine, train};
use testkit::{deep, quick, rows};

fn made() -> serde_json::Map<String, serde_json::Value> {
    let made = serde_json::json!({ "code_version": "0.1.0", "parents": { "champion": null } });
    made.as_object().expect("an object").clone()
}

#[test]
fn versions_are_written_listed_loaded_and_rebuilt() {
    let folder = tempfile::tempdir().expect("a folder");
    let model =
        train(&rows(1_200, true, 21), &CONTRACT, &quick(), &mut |_, _| ()).expect("a model");
    let artifacts = Artifacts::open(folder.path().join("models")).expect("opened");
    for version in [2, 10] {
        artifacts.write(version, "20260118", &model, &made()).expect("written");
    }
    artifacts.write(2, "20260118", &model, &made()).expect("written again");

    let versions: Vec<u32> =
        artifacts.list().expect("a list").iter().map(|listed| listed.version).collect();
    assert_eq!(versions, [2, 10]);
    assert_eq!(artifacts.load(2).expect("loaded"), model);
    let names = |path: &str| {
        let read = fs::read_dir(folder.path().join(path)).expect("a folder");
        let mut names: Vec<String> = read
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names("models/archive")[2..],
        ["success_model_v2_20260118.json", "success_model_v2_20260118.onnx"]
    );
    assert_eq!(names("models").len(), 5, "no temporary file stays: {:?}", names("models"));

    let sheet = fs::read(artifacts.path(2).with_extension("json")).expect("its JSON");
    let sheet: serde_json::Value = serde_json::from_slice(&sheet).expect("JSON");
    assert_eq!((&sheet["version"], &sheet["code_version"]), (&2.into(), &"0.1.0".into()));
    assert_eq!(sheet["sha256"], model.sha256);
    assert_eq!(sheet["manifest"]["data_sha256"], model.manifest.data_sha256);
    assert!(sheet["parents"]["champion"].is_null() && sheet["manifest"]["metrics"].is_object());

    // The ONNX file alone is enough to score and to explain.
    let bytes = fs::read(artifacts.path(10)).expect("bytes");
    let loaded = Engine::candle().load(&bytes).expect("a model");
    assert_eq!(loaded.manifest(), &model.manifest);
    loaded.check_contract(&CONTRACT).expect("the contract");
}

#[test]
fn changed_and_missing_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let model =
        train(&rows(1_200, true, 22), &CONTRACT, &quick(), &mut |_, _| ()).expect("a model");
    let artifacts = Artifacts::open(folder.path()).expect("opened");
    artifacts.write(1, "20260118", &model, &made()).expect("written");
    let text = artifacts.write(1, "18.1.26", &model, &made()).expect_err("no date").to_string();
    assert!(text.contains("`18.1.26` is not a date"), "{text}");

    let mut bytes = model.onnx.clone();
    bytes[1_000] ^= 1;
    fs::write(artifacts.path(1), bytes).expect("changed");
    let text = artifacts.load(1).expect_err("changed").to_string();
    assert!(text.contains("success_model_v1.onnx has SHA-256"), "{text}");

    fs::write(artifacts.path(1).with_extension("json"), b"{}").expect("changed");
    let listed = artifacts.list().expect("a list");
    let problem = listed[0].manifest.as_ref().expect_err("damaged");
    assert!(problem.contains("is not a valid model manifest"), "{problem}");
    let text = artifacts.load(7).expect_err("missing").to_string();
    assert!(text.contains("cannot read") && text.contains("success_model_v7.json"), "{text}");
}

#[test]
fn the_digest_is_of_every_model_file_and_of_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let model =
        train(&rows(1_200, true, 24), &CONTRACT, &quick(), &mut |_, _| ()).expect("a model");
    let artifacts = Artifacts::open(folder.path()).expect("opened");
    let digest = || artifacts.digest().expect("a digest");
    assert_eq!(digest(), None);
    artifacts.write(1, "20260118", &model, &made()).expect("written");
    let whole = digest();
    assert!(whole.is_some());
    artifacts.write(1, "20260118", &model, &made()).expect("written again");
    fs::write(folder.path().join("importance_v1.png"), b"a picture").expect("written");
    assert_eq!(digest(), whole);
    for name in ["success_model_v1.json", "archive/success_model_v1_20260118.onnx"] {
        let path = folder.path().join(name);
        let sound = fs::read(&path).expect("bytes");
        let mut bytes = sound.clone();
        bytes[100] ^= 1;
        fs::write(&path, bytes).expect("changed");
        assert_ne!(digest(), whole, "{name}");
        fs::write(&path, sound).expect("put back");
    }
    artifacts.write(2, "20260118", &model, &made()).expect("another");
    assert_ne!(digest(), whole);
}

/// Writes a model and its scores for `tests/golden/check_onnx.py`, where the variable
/// `BUTTERQUANT_GOLDEN` names a folder.
#[test]
fn a_model_for_the_python_check_is_written_where_asked() {
    let Some(folder) = std::env::var_os("BUTTERQUANT_GOLDEN") else { return };
    let folder = std::path::PathBuf::from(folder);
    for (name, planted) in [("planted", true), ("shuffled", false)] {
        let rows = rows(4_000, planted, 23);
        let model = train(&rows, &CONTRACT, &deep(), &mut |_, _| ()).expect("a model");
        let inputs: Vec<_> = rows[..300].iter().map(|row| row.features).collect();
        println!("{name}: {}", model.sha256);
        let scores = Engine::candle().load(&model.onnx).expect("loads").score(&inputs);
        let scores: Vec<_> =
            scores.expect("scores").iter().map(|score| score.probabilities).collect();
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{name}.onnx")), &model.onnx).expect("written");
        let inputs: Vec<&[f64]> = inputs.iter().map(|row| &row[..]).collect();
        let json = serde_json::json!({ "features": inputs, "probabilities": scores });
        fs::write(folder.join(format!("{name}.json")), json.to_string()).expect("written");
    }
}
