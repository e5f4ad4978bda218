//! The classifier of ButterQuant: how likely a butterfly ends as a loss or a gain.
//!
//! This crate alone knows how a model is trained (candle), carried (ONNX
//! bytes that explain themselves), scored (ONNX Runtime, or candle on the same weights) and
//! judged before it may trade (the gate). It imports only floor 0 (the feature contract, the
//! statistics) and has no clock: dates, seeds and class priors are arguments.
//!
//! ```text
//! LabelledRow ──train──> Trained { onnx, sha256, manifest } ──Engine::load──> Model ──score──> ModelScore
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

mod adam;
mod artifacts;
mod assess;
mod assessment;
mod baselines;
mod calibration;
mod calibration_curve;
mod candle_scorer;
mod comparable;
#[cfg(test)]
mod damage;
mod distance;
mod draw;
mod drift;
mod engine;
mod engine_error;
mod fetch;
mod fitting;
mod gate;
mod gate_reasons;
mod held_out;
mod hessian;
mod hex;
mod hidden;
mod importance;
mod judged;
mod layers;
mod library;
mod logistic;
mod manifest;
mod matmul;
mod metrics;
mod model;
#[cfg(test)]
mod mutants;
mod network;
mod onnx;
mod onnx_check;
mod onnx_messages;
mod ort_scorer;
mod outcome;
mod output_bias;
mod placement;
mod prepare;
mod product;
mod quality;
mod rivals;
mod row;
mod settings;
mod single_feature_auc;
mod tensor_values;
mod train;
mod vectorised;
mod vectors;
mod verdict;

pub use artifacts::{ArtifactError, Artifacts, ListedModel};
pub use assessment::{Assessment, Estimate, Figures, GainOver};
pub use calibration::Bin;
pub use calibration_curve::{BinInterval, calibration_curve};
pub use distance::Distance;
pub use draw::{MOST_ROWS, draw_evenly, rows_a_day, thin};
pub use drift::{DRIFT_DAYS, Drift, DriftReference, DriftRow};
pub use engine::{Engine, ProviderChoice};
pub use engine_error::EngineError;
pub use fetch::{FetchError, fetch_onnxruntime};
pub use gate::gate;
pub use held_out::HeldOut;
pub use importance::{Importance, importance};
pub use manifest::{Manifest, ModelKind};
pub use metrics::Metrics;
pub use model::{Model, ModelError, ModelScore, ScoreError};
pub use onnx::MAX_ONNX_BYTES;
pub use placement::PlacedStep;
pub use prepare::{can_be_fitted, rows_sha256};
pub use quality::{PredictionQuality, quality};
pub use rivals::{Losses, Ridge, Rivals};
pub use row::{LabelledRow, longest_holding};
pub use settings::{TrainError, TrainSettings};
pub use single_feature_auc::{FeatureAuc, LEAKAGE_AUC, single_feature_auc};
pub use train::{Trained, train, train_and_assess};
pub use vectors::{AGREEMENT, TestVector, disagreement, drift_reference, test_vectors};
pub use verdict::{GateSettings, LEVEL, Verdict};
