//! Tests only: bytes that are not a sound model are refused with a reason, on every engine.

use crate::engine::Engine;
use crate::layers::{Dense, Layers};
use crate::manifest::{Manifest, ModelKind};
use crate::metrics::Metrics;
use crate::model::ModelError;
use crate::onnx;
use crate::onnx::MAX_ONNX_BYTES;
use crate::settings::TrainSettings;
use schemas::contract::{CLASSES, FEATURES, FeatureContract};

pub(crate) fn manifest() -> Manifest {
    let metrics = Metrics {
        log_loss: 1.0,
        prior_log_loss: 1.1,
        brier: 0.5,
        accuracy: 0.5,
        balanced_accuracy: 0.25,
        calibration_error: 0.01,
        rows: 10,
        days: 2,
        assessment: None,
    };
    Manifest {
        contract_version: 1,
        feature_names: (0..FEATURES).map(|number| format!("f{number}")).collect(),
        kind: ModelKind::Logistic,
        rows: 100,
        fitted_rows: 80,
        validation_rows: 10,
        days: 20,
        first_day: 1,
        last_day: 20,
        last_evaluation_day: 25,
        validation_first_day: 18,
        data_sha256: "00".into(),
        seed: 1,
        settings: TrainSettings::default(),
        epochs_run: 1,
        best_epoch: 1,
        network_log_loss: 1.2,
        logistic_log_loss: 1.0,
        ridge: 0.1,
        metrics,
        class_prior: [0.25; CLASSES],
        class_roi: [[-0.5, 0.0, 0.1, 0.4]; 3],
        max_loss_thirds: [0.3, 0.6],
    }
}

pub(crate) fn model(layers: &Layers, manifest: &Manifest) -> Vec<u8> {
    let json = serde_json::to_string(manifest).expect("JSON");
    onnx::encode(layers, &[("manifest", json)])
}

fn refusal(bytes: &[u8]) -> String {
    Engine::candle().load(bytes).expect_err("refused").to_string()
}

#[test]
fn a_sound_model_loads() {
    let loaded = Engine::candle().load(&model(&Layers::probe(), &manifest())).expect("a model");
    assert_eq!(loaded.manifest(), &manifest());
    let (layers, _) = onnx::decode(&model(&Layers::probe(), &manifest())).expect("layers");
    assert_eq!(layers, Layers::probe());
}

#[test]
fn every_length_but_the_right_one_is_refused() {
    let bytes = model(&Layers::probe(), &manifest());
    for length in (0..bytes.len()).step_by(13).chain([bytes.len() - 1]) {
        let text = refusal(&bytes[..length]);
        assert!(text.contains("seal") && text.contains("`models` topic"), "{length}: {text}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(refusal(&longer).contains("seal"));
    assert!(refusal(&[&bytes[..], &bytes[..]].concat()).contains("cannot be used"));
}

#[test]
fn every_flipped_byte_is_found() {
    let bytes = model(&Layers::probe(), &manifest());
    for place in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[place] ^= 0x10;
        assert!(Engine::candle().load(&bad).is_err(), "byte {place} of {}", bytes.len());
    }
}

#[test]
fn other_files_are_refused() {
    assert!(refusal(b"").contains("cannot be used"));
    assert!(refusal(&[0xff; 5_000]).contains("seal"));
    assert!(refusal("PK\u{3}\u{4} a zip file".as_bytes()).contains("seal"));
    let huge = Engine::candle().load(&vec![0; MAX_ONNX_BYTES + 1]);
    assert!(matches!(huge, Err(ModelError::TooLarge { .. })));
}

#[test]
fn sealed_models_of_the_wrong_shape_are_refused() {
    let check = |change: &dyn Fn(&mut Layers), word: &str| {
        let mut layers = Layers::probe();
        change(&mut layers);
        let text = refusal(&model(&layers, &manifest()));
        assert!(text.contains(word), "{text}");
    };
    let narrow = |layers: &mut Layers| {
        layers.mean.pop();
        layers.deviation.pop();
        layers.dense[0].inputs = FEATURES - 1;
        layers.dense[0].weight.truncate((FEATURES - 1) * 8);
    };
    check(&narrow, "22 means");
    check(&|layers| layers.deviation[4] = 0.0, "deviation");
    check(&|layers| layers.dense[0].weight[3] = f32::NAN, "a weight is NaN");
    check(&|layers| layers.dense[0].weight.truncate(7), "layer 0");
    check(&|layers| layers.dense[1].inputs = 7, "layer 1");
    let three = Dense { inputs: 8, outputs: 3, weight: vec![0.1; 24], bias: vec![0.0; 3] };
    check(&|layers| layers.dense[1] = three.clone(), "3 outputs instead of 4");
    check(&|layers| layers.dense.clear(), "outputs instead of 4");
    check(&|layers| layers.dense[0].inputs = usize::MAX, "does not hold floats");
}

#[test]
fn manifests_that_cannot_be_used_are_refused() {
    let text = refusal(&onnx::encode(&Layers::probe(), &[]));
    assert!(text.contains("it is missing"), "{text}");
    let text = refusal(&onnx::encode(&Layers::probe(), &[("manifest", "{\"rows\": 1}".into())]));
    assert!(text.contains("manifest cannot be used"), "{text}");
    let few = Manifest { feature_names: vec!["one".into()], ..manifest() };
    let text = refusal(&model(&Layers::probe(), &few));
    assert!(text.contains("names 1 features instead of 23"), "{text}");
}

#[test]
fn a_model_of_another_contract_is_refused() {
    let loaded = Engine::candle().load(&model(&Layers::probe(), &manifest())).expect("a model");
    let own: Vec<&str> = loaded.manifest().feature_names.iter().map(String::as_str).collect();
    let mut names: [&str; FEATURES] = own[..].try_into().expect("23 names");
    loaded
        .check_contract(&FeatureContract { version: 1, names: &names })
        .expect("the same contract");
    let error = loaded.check_contract(&FeatureContract { version: 2, names: &names });
    assert_eq!(error, Err(ModelError::Contract { model: 1, asked: 2 }));
    names[5] = "skew";
    let error =
        loaded.check_contract(&FeatureContract { version: 1, names: &names }).expect_err("f5");
    assert!(error.to_string().contains("feature 5 of the model is f5"), "{error}");
}

#[test]
fn onnx_runtime_refuses_the_same_bytes() {
    let folders = [std::env::temp_dir().join("ortlib")];
    let engine = Engine::discover(crate::ProviderChoice::Cpu, None, &folders).expect("an engine");
    println!("{}", engine.explain());
    let bytes = model(&Layers::probe(), &manifest());
    engine.load(&bytes).expect("a model");
    for length in (0..bytes.len()).step_by(997) {
        assert!(engine.load(&bytes[..length]).is_err());
    }
}
