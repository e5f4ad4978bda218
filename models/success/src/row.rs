//! The rows that models learn from and are judged on.

use schemas::contract::FEATURES;
use serde::{Deserialize, Serialize};
use statistics::trading_days;

/// One matured candidate: what was known at the scan, and how it ended.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct LabelledRow {
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

/// The longest holding of `rows` in trading days, at least 1: the unit in which days overlap.
pub fn longest_holding(rows: &[LabelledRow]) -> usize {
    trading_days(rows.iter().map(|row| row.evaluation_day - row.scan_day).max().unwrap_or(1))
}
