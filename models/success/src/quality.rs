//! How good predictions turned out, over any set of matured rows: a month, a regime, the last
//! days. By scan day, like all figures here.

use crate::calibration::{calibration_error, rankings};
use crate::held_out::HeldOut;
use crate::held_out::judged;
use crate::judged::{daily_means, likeliest, mean_over_days, row_log_loss};
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};
use statistics::mean_by_days;

/// Figures of matured predictions.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct PredictionQuality {
    /// Scan days.
    pub days: u32,
    /// Rows.
    pub rows: u64,
    /// Mean daily −ln p(realised class), in nats.
    pub log_loss: f64,
    /// Mean over days of the share of rows whose likeliest class is the realised one (0 to 1).
    pub accuracy: f64,
    /// Its standard error: sd of the daily shares × √(H/D); none for a single day.
    pub accuracy_error: Option<f64>,
    /// Mean over classes of Σ (n_b/n)·|mean p − frequency| over ten equal-count bins.
    pub calibration_error: f64,
    /// Mean probability of each class, by days.
    pub mean_probability: [f64; CLASSES],
    /// Frequency of each class, by days.
    pub frequency: [f64; CLASSES],
}

/// Figures of `rows`, each held for at most `block` trading days; none without rows.
pub fn quality(rows: &[HeldOut], block: usize) -> Option<PredictionQuality> {
    if rows.is_empty() {
        return None;
    }
    let rows = judged(rows);
    let share = |bit: bool| f64::from(u8::from(bit));
    let hits = daily_means(&rows, |row| share(likeliest(&row.probabilities) == row.class));
    let hits: Vec<f64> = hits.into_iter().map(|(_, share)| share).collect();
    let (accuracy, accuracy_error) = mean_by_days(&hits, block);
    Some(PredictionQuality {
        days: hits.len() as u32,
        rows: rows.len() as u64,
        log_loss: mean_over_days(&rows, row_log_loss),
        accuracy,
        accuracy_error,
        calibration_error: calibration_error(&rows, &rankings(&rows), |i| rows[i].class),
        mean_probability: std::array::from_fn(|class| {
            mean_over_days(&rows, |row| row.probabilities[class])
        }),
        frequency: std::array::from_fn(|class| {
            mean_over_days(&rows, |row| share(usize::from(row.class) == class))
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_by_days() {
        let row = |scan_day, class, sure: usize| {
            let mut probabilities = [0.1; CLASSES];
            probabilities[sure] = 0.7;
            HeldOut { scan_day, class, weight: 1.0, probabilities }
        };
        let rows = [row(1, 0, 0), row(1, 0, 0), row(1, 0, 0), row(2, 1, 0)];
        let found = quality(&rows, 1).expect("rows");
        assert_eq!((found.days, found.rows, found.accuracy), (2, 4, 0.5));
        assert_eq!(found.frequency, [0.5, 0.5, 0.0, 0.0]);
        assert!((found.mean_probability[0] - 0.7).abs() < 1e-6);
        let loss = -(0.7_f64.ln() + 0.1_f64.ln()) / 2.0;
        assert!((found.log_loss - loss).abs() < 1e-6);
        assert_eq!(quality(&[], 1), None);
    }
}
