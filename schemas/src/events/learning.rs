//! What is learnt: `models` and `samples`.

use crate::{
    Day,
    events::{Alias, DayClosed},
};
use serde::{Deserialize, Serialize};

/// A version of the model.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModelRef {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes.
    pub sha256: String,
}

/// A training begins, and by which rule.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RetrainTriggered {
    /// The version the training will make.
    pub version: i64,
    /// `history`, `count`, `month`, `accuracy`, `vix`, `manual`.
    pub rule: String,
    /// The figures that fired it.
    pub evidence: String,
    /// Outcomes known at that moment.
    pub outcomes: i64,
    /// First offset of `samples` the training does not see, by partition.
    pub samples_end: Vec<i64>,
}

/// A training ended with a model.
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
    /// Whether the gate let it pass to be the challenger.
    pub passed: bool,
}

/// A training failed, or a challenger fell.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelRefused {
    /// Its version.
    pub version: i64,
    /// Each reason and what would settle it.
    pub reasons: Vec<String>,
}

/// A version took an alias, from the next day on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelPromoted {
    /// Its version.
    pub version: i64,
    /// Its bytes' SHA-256.
    pub sha256: String,
    /// Which alias.
    pub alias: Alias,
    /// Why.
    pub reason: String,
}

records! {
    /// `butterquant.models.v1`
    Models, ModelsKind, ModelsRecord {
        RetrainTriggered retrain_triggered: RetrainTriggered = "RETRAIN_TRIGGERED",
        ModelTrained model_trained: ModelTrained = "MODEL_TRAINED",
        ModelRefused model_refused: ModelRefused = "MODEL_REFUSED",
        ModelPromoted model_promoted: ModelPromoted = "MODEL_PROMOTED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}

/// A row of generated or imported history; never counted as a new outcome.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The day its features were known.
    pub as_of: Day,
    /// The day its label was known.
    pub evaluation_day: Day,
    /// Which definitions.
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
    /// Technical score, 0–100; no model sees it, it is a baseline.
    pub score: Option<f64>,
}

records! {
    /// `butterquant.samples.v1`
    Samples, SamplesKind, SamplesRecord {
        SampleDrawn sample_drawn: Sample = "SAMPLE_DRAWN",
    }
}
