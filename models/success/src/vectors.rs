//! Test vectors: rows with the probabilities that candle gave them, stored inside the model, so
//! that any engine that loads it can be compared.

use crate::candle_scorer::CandleScorer;
use crate::drift::DriftReference;
use crate::model::{Model, ModelError, ScoreError};
use crate::onnx;
use crate::row::LabelledRow;
use schemas::contract::{CLASSES, FEATURES};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Names of the entries in a model's ONNX metadata.
pub(crate) const TEST_VECTORS: &str = "test_vectors";
/// The entry with the drift reference.
pub(crate) const DRIFT_REFERENCE: &str = "drift_reference";

/// The largest difference of a probability between two engines.
pub const AGREEMENT: f32 = 1e-5;

const VECTORS: usize = 16;

/// A row and its probabilities by candle.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct TestVector {
    /// The features, in the order of the contract.
    pub features: [f32; FEATURES],
    /// The probability of each class.
    pub probabilities: [f32; CLASSES],
}

/// Rows spread evenly over `rows`, as `scorer` scores them.
pub(crate) fn vectors(
    rows: &[LabelledRow],
    scorer: &CandleScorer,
) -> Result<Vec<TestVector>, candle_core::Error> {
    let count = VECTORS.min(rows.len());
    let at = |n: usize| n * (rows.len() - 1) / (count - 1).max(1);
    let features: Vec<[f32; FEATURES]> =
        (0..count).map(|n| rows[at(n)].features.map(|value| value as f32)).collect();
    let scored = scorer.probabilities(&features)?;
    let vector = |(features, probabilities)| TestVector { features, probabilities };
    Ok(features.into_iter().zip(scored).map(vector).collect())
}

/// The test vectors in a model's bytes; none in one trained before they were stored.
///
/// # Errors
/// The bytes are not a sound model.
pub fn test_vectors(bytes: &[u8]) -> Result<Vec<TestVector>, ModelError> {
    Ok(stored(bytes, TEST_VECTORS)?.unwrap_or_default())
}

/// The drift reference in a model's bytes.
///
/// # Errors
/// The bytes are not a sound model.
pub fn drift_reference(bytes: &[u8]) -> Result<Option<DriftReference>, ModelError> {
    stored(bytes, DRIFT_REFERENCE)
}

fn stored<T: DeserializeOwned>(bytes: &[u8], name: &str) -> Result<Option<T>, ModelError> {
    let (_, metadata) = onnx::decode(bytes).map_err(|problem| ModelError::Damaged { problem })?;
    let found = metadata.iter().find(|(key, _)| key == name);
    found
        .map(|(_, json)| serde_json::from_str(json))
        .transpose()
        .map_err(|error| ModelError::Manifest { problem: format!("{name}: {error}") })
}

/// The largest difference between `model`'s probabilities of its test vectors and those stored.
///
/// # Errors
/// It cannot score them.
pub fn disagreement(model: &Model, vectors: &[TestVector]) -> Result<f32, ScoreError> {
    let rows: Vec<[f64; FEATURES]> =
        vectors.iter().map(|vector| vector.features.map(f64::from)).collect();
    let scores = model.score(&rows)?;
    let pairs = vectors
        .iter()
        .zip(&scores)
        .flat_map(|(vector, score)| vector.probabilities.into_iter().zip(score.probabilities));
    Ok(pairs.map(|(stored, scored)| (stored - scored).abs()).fold(0.0, f32::max))
}
