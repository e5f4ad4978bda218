//! Rows of held-out days with a model's answers: what the gate and the quality figures judge.

use crate::judged::Judged;
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};

/// A matured row of the held-out days with one model's answer.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct HeldOut {
    /// Day of the scan.
    pub scan_day: i32,
    /// Realised class.
    pub class: u8,
    /// Weight of the row; 1 for live rows.
    pub weight: f64,
    /// The model's answer.
    pub probabilities: [f32; CLASSES],
}

/// The rows in double precision.
pub(crate) fn judged(rows: &[HeldOut]) -> Vec<Judged> {
    let judged = |row: &HeldOut| Judged {
        scan_day: row.scan_day,
        class: row.class,
        weight: row.weight,
        probabilities: row.probabilities.map(f64::from),
    };
    rows.iter().map(judged).collect()
}
