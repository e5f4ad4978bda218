//! What scoring promises: the same bits whatever is scored together, the same scores from
//! either engine, and an error that names the feature instead of a made-up zero.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test says what it expects")]

mod testkit;

use schemas::contract::{CONTRACT, FEATURES};
use std::sync::OnceLock;
use std::time::Instant;
use success::{Engine, Model, ModelKind, ModelScore, ProviderChoice, Trained, train};
use testkit::{deep, rows};

fn trained() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let rows = rows(4_000, true, 11);
        let trained = train(&rows, &CONTRACT, &deep(), &mut |_, _| ()).expect("a model");
        assert_eq!(trained.manifest.kind, ModelKind::Network, "or only one layer is tested");
        trained
    })
}

fn inputs(count: usize) -> Vec<[f64; FEATURES]> {
    rows(count, true, 12).into_iter().map(|row| row.features).collect()
}

fn bits(scores: &[ModelScore]) -> Vec<(u64, [u32; 4])> {
    scores.iter().map(|s| (s.expected_roi.to_bits(), s.probabilities.map(f32::to_bits))).collect()
}

fn check_batches(model: &Model) {
    let inputs = inputs(4_096);
    let together = model.score(&inputs).expect("scores");
    for size in [1, 2, 3, 7, 32, 33, 64, 100, 1_000] {
        let parts: Vec<ModelScore> =
            inputs.chunks(size).flat_map(|part| model.score(part).expect("scores")).collect();
        assert!(bits(&parts) == bits(&together), "batches of {size} change a bit");
    }
    let start = Instant::now();
    model.score(&inputs).expect("scores");
    let many = start.elapsed();
    let start = Instant::now();
    inputs[..500].iter().for_each(|row| drop(model.score(&[*row]).expect("a score")));
    println!("4,096 rows {many:?}, one row {:?}", start.elapsed() / 500);
}

#[test]
fn candle_scores_the_same_bits_at_any_batch() {
    check_batches(&Engine::candle().load(&trained().onnx).expect("a model"));
}

#[test]
fn onnx_runtime_scores_the_same_bits_at_any_batch() {
    let Some(engine) = testkit::onnx_runtime() else { return };
    println!("{}", engine.explain());
    check_batches(&engine.load(&trained().onnx).expect("a model"));
}

#[test]
fn a_gpu_scores_the_same_bits_at_any_batch() {
    let Some(engine) = testkit::gpu() else { return };
    println!("{}", engine.explain());
    let model = engine.load(&trained().onnx).expect("a model");
    check_batches(&model);
    // More rows than the largest block.
    let rows = inputs(10_000);
    let (all, end) = (model.score(&rows).expect("scores"), rows.len() - 3);
    assert!(bits(&model.score(&rows[end..]).expect("scores")) == bits(&all[end..]));
}

#[test]
fn onnx_runtime_agrees_with_candle() {
    check_agreement(testkit::onnx_runtime());
}

#[test]
fn a_gpu_agrees_with_candle() {
    check_agreement(testkit::gpu());
}

fn check_agreement(engine: Option<Engine>) {
    let Some(engine) = engine else { return };
    let score = |engine: Engine| {
        engine.load(&trained().onnx).expect("a model").score(&inputs(2_000)).expect("scores")
    };
    let (ort, candle) = (score(engine), score(Engine::candle()));
    let pairs =
        ort.iter().zip(&candle).flat_map(|(a, b)| a.probabilities.into_iter().zip(b.probabilities));
    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("largest difference of a probability: {worst:e}");
    assert!(worst < 1e-5);
}

#[test]
fn a_score_follows_from_probabilities_and_manifest() {
    let model = Engine::candle().load(&trained().onnx).expect("a model");
    assert_eq!(model.sha256(), trained().sha256);
    assert_eq!(model.manifest(), &trained().manifest);
    let m = model.manifest();
    for (input, score) in inputs(200).iter().zip(model.score(&inputs(200)).expect("scores")) {
        let third = m.max_loss_thirds.iter().filter(|bound| input[15] > **bound).count();
        let expected: f64 =
            (0..4).map(|c| f64::from(score.probabilities[c]) * m.class_roi[third][c]).sum();
        assert!((score.expected_roi - expected).abs() < 1e-12);
        let best = score.probabilities[usize::from(score.class)];
        assert!(score.probabilities.iter().all(|p| *p <= best));
    }
}

#[test]
fn a_feature_that_is_not_finite_is_an_error_that_names_it() {
    let model = Engine::candle().load(&trained().onnx).expect("a model");
    for value in [f64::NAN, f64::INFINITY, -1e300] {
        let mut inputs = inputs(5);
        inputs[3][9] = value;
        let error = model.score(&inputs).expect_err("refused").to_string();
        assert!(error.contains("row 3: feature skew is"), "{error}");
    }
    assert!(model.score(&[]).expect("nothing to do").is_empty());
}

#[test]
fn models_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Model>();
    shared::<Engine>();
}

#[test]
fn a_missing_or_broken_library_is_said_and_never_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = Engine::discover(ProviderChoice::Auto, Some(folder.path()), &[]);
    let text = missing.expect_err("nothing there").to_string();
    assert!(text.contains("no ONNX Runtime library at"), "{text}");

    // With a library already loaded by another test, only the wish for another is at stake.
    let broken = folder.path().join("libonnxruntime.so.1.30.0");
    std::fs::write(&broken, b"not a library").expect("a file");
    let text =
        Engine::discover(ProviderChoice::Auto, Some(&broken), &[]).expect_err("broken").to_string();
    assert!(text.contains("cannot be used") || text.contains("already loaded"), "{text}");

    let engine = Engine::discover(ProviderChoice::Auto, None, &[folder.path().to_owned()]);
    println!("{}", engine.expect("it falls back").explain());
}

#[test]
fn cuda_without_a_gpu_is_a_clear_error() {
    match Engine::discover(ProviderChoice::Cuda, None, &testkit::folders()) {
        Ok(engine) => assert_eq!(engine.provider(), "onnxruntime-cuda"),
        Err(error) => {
            println!("{error}");
            assert!(error.to_string().contains("no usable GPU was found"));
        }
    }
}
