//! Fetching ONNX Runtime for real: needs python3 with pip and a network, so it runs only when
//! asked for: `cargo test --release -p success --test fetch -- --ignored --nocapture`.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test says what it expects")]

use success::{Engine, ProviderChoice, fetch_onnxruntime};

#[test]
#[ignore = "downloads about 20 MB with pip"]
fn a_fetched_library_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("onnxruntime");
    let library = fetch_onnxruntime(&into, false, &mut |step| println!("{step}")).expect("fetched");
    assert!(library.is_file());
    let left = std::fs::read_dir(&into).expect("a folder").count();
    assert_eq!(left, 3, "the library, its providers and the receipt, no download folder");
    let found = Engine::discover(ProviderChoice::Auto, None, &[folder.path().to_owned()]);
    let engine = found.expect("an engine");
    println!("{}: {}", engine.provider(), engine.explain());
    assert!(engine.provider().starts_with("onnxruntime"));
}
