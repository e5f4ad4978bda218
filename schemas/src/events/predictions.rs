//! The scorer's events: `predictions`.

use super::marker::DayClosed;
use crate::EventId;
use serde::{Deserialize, Serialize};

/// The role of the predicting model; only a champion's predictions are traded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Alias {
    /// The model in force.
    #[default]
    Champion,
    /// The model being watched.
    Challenger,
}

/// A candidate was scored by a model.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Score {
    /// The scan event.
    pub candidate: EventId,
    /// Champion, or challenger as a shadow.
    pub alias: Alias,
    /// The model's version.
    pub model_version: i64,
    /// SHA-256 of the model's ONNX bytes.
    pub model_sha256: String,
    /// The engine: `onnxruntime-cpu`, `candle-cpu`, …
    pub provider: String,
    /// Loss, Minor, Good, Excellent.
    pub probabilities: Vec<f64>,
    /// Σ P(class) · mean ROI of that class.
    pub expected_roi: f64,
    /// The most probable class, 0–3.
    pub class: i32,
}

/// A candidate could not be scored, so it cannot be traded on this model.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScoreRefused {
    /// The scan event.
    pub candidate: EventId,
    /// The model.
    pub alias: Alias,
    /// The reason, in a sentence.
    pub reason: String,
}

records! {
    /// `butterquant.predictions.v1`
    Predictions, PredictionsKind, PredictionsRecord {
        CandidateScored candidate_scored: Score = "CANDIDATE_SCORED",
        ScoringRefused scoring_refused: ScoreRefused = "SCORING_REFUSED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}
