//! Settings of a training, and every reason for its failure.

use crate::onnx::MAX_ONNX_BYTES;
use schemas::contract::{CLASSES, FEATURES};
use serde::{Deserialize, Serialize};

/// How to train. The same settings and rows give the same bytes.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct TrainSettings {
    /// Seed of weights, shuffles and dropout masks.
    pub seed: u64,
    /// Most passes over the rows.
    pub epochs: u32,
    /// Rows per step, at least 2.
    pub batch: usize,
    /// Widths of the hidden layers, first to last.
    pub hidden: Vec<usize>,
    /// PlacedStep size at the start; it falls along a half cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay of AdamW.
    pub weight_decay: f64,
    /// Share of activations dropped, at least 0 and below 1.
    pub dropout: f64,
    /// Epochs without a better validation log loss after which training stops.
    pub patience: u32,
    /// Share of the scan days, the last ones, used only for validation.
    pub validation_share: f64,
    /// Fewest rows worth training on.
    pub minimum_rows: usize,
}

/// Small, held back by weight decay, and stopped late, when the learning rate has fallen: with little history a larger one
/// learns what does not last.
impl Default for TrainSettings {
    fn default() -> TrainSettings {
        TrainSettings {
            seed: 1,
            epochs: 50,
            batch: 256,
            hidden: vec![32, 16],
            learning_rate: 3e-3,
            weight_decay: 1.0,
            dropout: 0.2,
            patience: 25,
            validation_share: 0.15,
            minimum_rows: 1_000,
        }
    }
}

/// Why a training gave no model.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum TrainError {
    #[error("{have} training rows, {need} are needed: wait for more outcomes or generate history")]
    TooFewRows { have: usize, need: usize },
    #[error(
        "training row {row}: {what} is {value}; features and ROI must be finite, correct or drop the row"
    )]
    NotFinite { row: usize, what: String, value: f64 },
    #[error("training row {row}: {problem}; correct or drop the row")]
    BadRow { row: usize, problem: String },
    #[error(
        "class {class} has no row among the {fit} rows to fit (Loss, Minor, Good, Excellent: \
         {counts:?}), so its probability and its mean ROI cannot be learnt: train on a longer \
         history or on more tickers"
    )]
    MissingClass { class: &'static str, counts: [usize; CLASSES], fit: usize },
    #[error(
        "{rows} rows left to fit from {days} scan days without the validation days and the embargo: \
         train on a longer history"
    )]
    NothingToFit { days: usize, rows: usize },
    #[error(
        "feature {feature} is {value} in all {rows} rows to fit, so it cannot be scaled: check \
         where it is computed, or train on a longer history"
    )]
    NeverMoves { feature: String, value: f64, rows: usize },
    #[error("setting {setting} is {value}: {need}")]
    BadSetting { setting: &'static str, value: String, need: &'static str },
    #[error("the network's arithmetic failed; train again, and report it if the error stays")]
    Arithmetic(#[from] candle_core::Error),
    #[error("the trained weights are unusable ({problem}): lower learning_rate and train again")]
    Unusable { problem: String },
    #[error(
        "the model takes {bytes} bytes, at most {MAX_ONNX_BYTES} are allowed: make `hidden` smaller"
    )]
    TooLarge { bytes: usize },
    #[error(
        "the manifest could not be written as JSON; train again, and report it if the error stays"
    )]
    Manifest(#[from] serde_json::Error),
}

/// Refuses settings that cannot train, before any time is spent.
pub(crate) fn check(settings: &TrainSettings) -> Result<(), TrainError> {
    let bad = |setting, value: String, need| Err(TrainError::BadSetting { setting, value, need });
    let widths = [&[FEATURES], &settings.hidden[..], &[CLASSES]].concat();
    let weights = widths.windows(2).fold(0usize, |sum, pair| {
        sum.saturating_add(pair[0].saturating_add(1).saturating_mul(pair[1]))
    });
    let positive = |value: f64| value.is_finite() && value > 0.0;
    if settings.epochs == 0 {
        bad("epochs", "0".into(), "it must be at least 1")
    } else if settings.batch < 2 {
        bad("batch", settings.batch.to_string(), "batch-norm needs at least 2 rows")
    } else if settings.hidden.contains(&0) {
        bad("hidden", format!("{:?}", settings.hidden), "every width must be at least 1")
    } else if weights > (MAX_ONNX_BYTES - 32 * 1024) / 4 {
        // Refused before an hour of training, not after it.
        Err(TrainError::TooLarge { bytes: weights.saturating_mul(4) })
    } else if !positive(settings.learning_rate) {
        bad("learning_rate", settings.learning_rate.to_string(), "it must be above 0")
    } else if !(settings.weight_decay >= 0.0 && settings.weight_decay.is_finite()) {
        bad("weight_decay", settings.weight_decay.to_string(), "it must be 0 or above")
    } else if !(0.0..1.0).contains(&settings.dropout) {
        bad("dropout", settings.dropout.to_string(), "it must be at least 0 and below 1")
    } else if !(settings.validation_share > 0.0 && settings.validation_share < 1.0) {
        bad("validation_share", settings.validation_share.to_string(), "it must be in 0 to 1")
    } else {
        Ok(())
    }
}
