//! Whether an engine scores with a model as its training did: on the test vectors that the model carries, or without any
//! on generated rows, against candle.

use anyhow::{Result, ensure};
use schemas::contract::FEATURES;
use success::{AGREEMENT, Engine, ModelScore, TestVector, disagreement, test_vectors};

/// How many rows `engine` scores as the model's training did, and by how much it differs, in a sentence.
///
/// # Errors
/// It cannot load the model, or differs by more than is allowed.
pub fn scores_agree(onnx: &[u8], engine: &Engine) -> Result<String> {
    let stored = test_vectors(onnx)?;
    let (vectors, whose) = if stored.is_empty() {
        (generated(onnx)?, "generated rows against candle")
    } else {
        (stored, "stored test vectors")
    };
    let model = engine.load(onnx)?;
    let worst = disagreement(&model, &vectors)?;
    ensure!(
        worst <= AGREEMENT,
        "{} differs by {worst:.1e} from {} {whose}, {AGREEMENT:.0e} is allowed: score with \
         --provider cpu, or roll back with `butterquant model rollback`",
        engine.provider(),
        vectors.len()
    );
    Ok(format!("{}: {} {whose}, largest difference {worst:.1e}", engine.provider(), vectors.len()))
}

fn generated(onnx: &[u8]) -> Result<Vec<TestVector>> {
    let rows: Vec<[f64; FEATURES]> = (0..64)
        .map(|r| std::array::from_fn(|f| f64::from((r * 31 + f as i32 * 17) % 101) / 50.0 - 1.0))
        .collect();
    let scores = Engine::candle().load(onnx)?.score(&rows)?;
    let vector = |(row, score): (&[f64; FEATURES], ModelScore)| TestVector {
        features: row.map(|value| value as f32),
        probabilities: score.probabilities,
    };
    Ok(rows.iter().zip(scores).map(vector).collect())
}
