//! How the gate is to judge, and what it found.

use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};
use statistics::bootstrap::DRAWS;

/// Nominal chance of promoting a worthless model; with few blocks the true one is higher
/// ([`statistics::false_alarm_rate`]).
pub const LEVEL: f64 = 0.10;
/// How much further than the rival's a class's mean probability may lie from its frequency, and how
/// far the calibration error above the rival's and above chance.
pub(crate) const MARGIN: f64 = 0.03;
/// Scan days of a year: a proof that takes longer is not waited for.
pub(crate) const YEAR: u32 = 252;

/// How to judge.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct GateSettings {
    /// H: the longest holding in trading days, the length of the bootstrap's blocks.
    pub block: usize,
    /// Other judgements on any of these days; the same bytes on the same rows are one judgement.
    pub judged_before: u32,
    /// Class shares of the challenger's training rows (`Manifest::class_prior`): the baseline
    /// without a champion.
    pub class_prior: [f64; CLASSES],
    /// Matured scan days that must be held out.
    pub days: u32,
    /// Bootstrap draws.
    pub draws: u32,
    /// Seed of bootstrap and label draws.
    pub seed: u64,
}

impl Default for GateSettings {
    fn default() -> GateSettings {
        let class_prior = [1.0 / CLASSES as f64; CLASSES];
        GateSettings { block: 28, judged_before: 0, class_prior, days: 60, draws: DRAWS, seed: 1 }
    }
}

/// The gate's findings. If the rows could not be judged, `rows` is 0, `reasons` says why and the
/// figures mean nothing.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// Whether the challenger may become champion.
    pub promote: bool,
    /// Why not, each reason a sentence; empty when it may.
    pub reasons: Vec<String>,
    /// Scan days judged.
    pub days: u32,
    /// Rows judged.
    pub rows: u64,
    /// Mean daily log loss of the challenger, in nats.
    pub log_loss: f64,
    /// The same of the champion, or of the class prior without one.
    pub baseline_log_loss: f64,
    /// Whether the baseline is the class prior.
    pub baseline_is_prior: bool,
    /// The true gain in log loss over the baseline is above this with 95 % confidence, one-sided:
    /// above 0 exactly where `p_value` is below 0.05. None if the days are fewer than 1½ blocks.
    #[serde(default)]
    pub gain_above: Option<f64>,
    /// One-sided block-bootstrap p; 1 if the days are fewer than 1½ blocks.
    pub p_value: f64,
    /// `p_value` × challengers judged on these days, this one included; at most 1.
    pub adjusted_p_value: f64,
    /// Calibration error of the challenger.
    pub calibration_error: f64,
    /// That of the rival (the champion, or the class prior) on the same rows.
    #[serde(default)]
    pub rival_calibration_error: f64,
    /// Its mean over 200 draws of labels from the challenger's own probabilities.
    #[serde(default)]
    pub calibration_by_chance: f64,
    /// Its largest value allowed: 3 points above the larger of these two.
    pub calibration_limit: f64,
    /// Mean probability of each class, by days.
    pub mean_probability: [f64; CLASSES],
    /// That of the rival.
    #[serde(default)]
    pub rival_mean_probability: [f64; CLASSES],
    /// Frequency of each class, by days.
    pub frequency: [f64; CLASSES],
    /// Further held-out days after which a difference like this one would be proven; none if
    /// the challenger is not better, no more are needed, or it would take more than a year (252).
    pub days_needed: Option<u32>,
}
