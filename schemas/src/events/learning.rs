//! The retrainer's events, `models`, and the rows of history, `samples`.

use super::marker::DayClosed;
use super::predictions::Alias;
use crate::Day;
use serde::{Deserialize, Serialize};

/// A rule starts a training.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RetrainTriggered {
    /// The version to be trained.
    pub version: i64,
    /// `history`, `count`, `month`, `accuracy`, `vix`, `manual`.
    pub rule: String,
    /// The figures that fired it.
    pub evidence: String,
    /// Number of outcomes known then.
    pub outcomes: i64,
    /// End offset of each `samples` partition for the training.
    pub samples_end: Vec<i64>,
}

/// A training produced a model.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelTrained {
    /// Its version.
    pub version: i64,
    /// SHA-256 of `onnx`.
    pub sha256: String,
    /// The whole model; at most 512 KiB.
    #[serde(with = "apache_avro::serde::bytes")]
    pub onnx: Vec<u8>,
    /// Metrics, parents and provenance, as JSON.
    pub manifest: String,
    /// The gate's figures, in sentences.
    pub verdict: Vec<String>,
    /// Whether it passed the gate, and so may become challenger.
    pub passed: bool,
}

/// A training failed, or a challenger was refused.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelRefused {
    /// Its version.
    pub version: i64,
    /// Reasons, each with its remedy.
    pub reasons: Vec<String>,
}

/// A version takes an alias, from the next day on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelPromoted {
    /// Its version.
    pub version: i64,
    /// SHA-256 of its ONNX bytes.
    pub sha256: String,
    /// The alias.
    pub alias: Alias,
    /// Why.
    pub reason: String,
}

/// A rule asks for a training that would have no new rows, or too few; it begins once they are there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrainingDeferred {
    /// `count`, `month`, `accuracy`, `vix`, `manual`.
    pub rule: String,
    /// The figures that fired it.
    pub evidence: String,
    /// Why no training begins yet.
    pub reason: String,
    /// The day by whose close the rows will be there; none where that cannot be told.
    pub until: Option<Day>,
    /// End offset of each `samples` partition then.
    pub samples_end: Vec<i64>,
}

records! {
    /// `butterquant.models.v1`
    Models, ModelsKind, ModelsRecord {
        RetrainTriggered retrain_triggered: RetrainTriggered = "RETRAIN_TRIGGERED",
        ModelTrained model_trained: ModelTrained = "MODEL_TRAINED",
        ModelRefused model_refused: ModelRefused = "MODEL_REFUSED",
        ModelPromoted model_promoted: ModelPromoted = "MODEL_PROMOTED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
        TrainingDeferred training_deferred: TrainingDeferred = "TRAINING_DEFERRED",
    }
}

/// A row of drawn or imported history; never counted as a new outcome.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The day its features were known.
    pub as_of: Day,
    /// The day its label was known.
    pub evaluation_day: Day,
    /// Version of the feature contract.
    pub contract_version: i32,
    /// 23 numbers in contract order.
    pub values: Vec<f64>,
    /// Return on the capital at risk.
    pub roi: f64,
    /// 0–3.
    pub class: i32,
    /// Share of the stratum's eligible days over its share of drawn rows.
    pub weight: f64,
    /// `low`, `normal` or `high` volatility.
    pub stratum: String,
    /// Technical score, 0–100: a baseline, not a model input.
    pub score: Option<f64>,
}

records! {
    /// `butterquant.samples.v1`
    Samples, SamplesKind, SamplesRecord {
        SampleDrawn sample_drawn: Sample = "SAMPLE_DRAWN",
    }
}
