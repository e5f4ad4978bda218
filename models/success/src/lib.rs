//! The classifier of ButterQuant: how likely a butterfly ends as a loss or a gain.
//!
//! It exists so that one crate alone knows how a model is trained (candle), carried (ONNX
//! bytes that explain themselves), scored (ONNX Runtime, or candle on the same weights) and
//! judged before it may trade (the gate). It imports no other room of the workspace and has
//! no clock: dates, seeds and class priors come in as arguments.
//!
//! ```text
//! Row ──train──> Trained { onnx, sha256, manifest } ──Engine::load──> Model ──score──> Score
//!                                                                       │
//!                                    HeldOut rows <──── held-out days ──┘──gate──> Verdict
//! ```
//!
//! Invariants:
//! 1. The ONNX bytes alone suffice to score and to explain: scaler, weights and manifest
//!    are inside, sealed by a hash, so that a damaged file is refused, never scored.
//! 2. The same rows, contract, settings and seed give the same bytes on the same processor
//!    kind, whatever the order of the rows or the number of threads.
//! 3. A row's scores do not depend on the rows scored with it.
//! 4. A feature that is not finite is an error that names it; it is never replaced.

mod alone;
mod artifacts;
mod assessment;
mod baselines;
mod bootstrap;
mod calibration;
mod candle_scorer;
mod chain;
mod chance;
#[cfg(test)]
mod damage;
mod distance;
mod drift;
mod engine;
mod fetch;
mod gate;
mod importance;
mod library;
mod logistic;
mod manifest;
mod metrics;
mod model;
mod network;
mod onnx;
mod ort_scorer;
mod placement;
mod product;
mod quality;
mod rows;
mod settings;
mod train;
mod vectors;

pub use alone::{Alone, TOO_WELL, alone};
pub use artifacts::{ArtifactError, Artifacts, Listed};
pub use assessment::{Assessment, Estimate, Figures, longest_holding};
pub use calibration::Bin;
pub use distance::Distance;
pub use drift::{DRIFT_DAYS, Drift, DriftReference, Seen};
pub use engine::{Engine, EngineError, ProviderChoice};
pub use fetch::{FetchError, fetch_onnxruntime};
pub use gate::{GateSettings, HeldOut, Verdict, gate};
pub use importance::{Importance, importance};
pub use manifest::{Kind, Manifest};
pub use metrics::Metrics;
pub use model::{Model, ModelError, Score, ScoreError};
pub use placement::Step;
pub use quality::{Quality, by_days, quality};
pub use settings::{TrainError, TrainSettings};
pub use train::{Trained, train, train_and_assess};
pub use vectors::{AGREEMENT, TestVector, disagreement, drift_reference, test_vectors};

use serde::{Deserialize, Serialize};

/// Number of features a model sees, in the order of the feature contract.
pub const FEATURES: usize = 23;

/// Number of classes: Loss, Minor, Good, Excellent.
pub const CLASSES: usize = 4;

/// Names of the classes, by class number.
pub const CLASS_NAMES: [&str; CLASSES] = ["Loss", "Minor", "Good", "Excellent"];

/// Position of `max_loss` (capital at risk ÷ wing) among the features.
pub const MAX_LOSS: usize = 15;

/// Largest model that may travel on the `models` topic, in bytes.
pub const MAX_ONNX_BYTES: usize = 512 * 1024;

/// One matured candidate: what was known at the scan, and how it ended.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Row {
    /// The features of the contract, in its order; all finite.
    pub features: [f64; FEATURES],
    /// Class of the realised return, 0 (Loss) to 3 (Excellent).
    pub class: u8,
    /// Realised return on the capital at risk, as a fraction (−1 = all lost).
    pub roi: f64,
    /// Day of the scan, counted in days from any fixed day.
    pub scan_day: i32,
    /// Day on which the outcome was known, in the same count; never before the scan.
    pub evaluation_day: i32,
    /// How many eligible candidates this row stands for; above 0.
    pub weight: f64,
    /// Technical score, 0–100, where it is known: no model sees it, it is a baseline.
    #[serde(default)]
    pub score: Option<f64>,
}

/// The feature contract a model is trained on and may be asked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contract<'a> {
    /// Version of the contract; a model of another version is refused.
    pub version: u32,
    /// Names of the features, in order.
    pub names: &'a [&'a str; FEATURES],
}

/// Class of a realised return: Loss < −10 % ≤ Minor < 5 % ≤ Good < 15 % ≤ Excellent.
pub fn class_of_roi(roi: f64) -> u8 {
    if roi < -0.10 {
        0
    } else if roi < 0.05 {
        1
    } else if roi < 0.15 {
        2
    } else {
        3
    }
}
