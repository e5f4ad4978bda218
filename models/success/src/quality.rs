//! How good predictions turned out, over any set of matured rows: a month, a regime, the days of
//! late. By scan day, as everything that is judged here.

use crate::calibration::{calibration_error, rankings};
use crate::gate::judged;
use crate::metrics::{daily_means, likeliest, mean_over_days, row_log_loss};
use crate::{CLASSES, HeldOut};
use serde::{Deserialize, Serialize};

/// Figures of matured predictions.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Quality {
    /// Scan days.
    pub days: u32,
    /// Rows.
    pub rows: u64,
    /// Mean daily −ln p(class that came), in nats.
    pub log_loss: f64,
    /// Mean over days of the share of rows whose likeliest class came (0 to 1).
    pub accuracy: f64,
    /// Its standard error: sd of the daily shares × √(H/D); none of a single day.
    pub accuracy_error: Option<f64>,
    /// Mean over classes of Σ (n_b/n)·|mean p − frequency| over ten equal-count bins.
    pub calibration_error: f64,
    /// Mean probability of each class, by days.
    pub mean_probability: [f64; CLASSES],
    /// Frequency of each class, by days.
    pub frequency: [f64; CLASSES],
}

/// Figures of `rows`, of which each is held for at most `block` trading days; none of no rows.
pub fn quality(rows: &[HeldOut], block: usize) -> Option<Quality> {
    if rows.is_empty() {
        return None;
    }
    let rows = judged(rows);
    let share = |bit: bool| f64::from(u8::from(bit));
    let hits = daily_means(&rows, |row| share(likeliest(&row.probabilities) == row.class));
    let hits: Vec<f64> = hits.into_iter().map(|(_, share)| share).collect();
    let (accuracy, accuracy_error) = by_days(&hits, block);
    Some(Quality {
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

/// The mean of daily figures and its standard error, sd × √(H/D) for D days and holdings of at
/// most H = `block` trading days; none of a single day.
pub fn by_days(daily: &[f64], block: usize) -> (f64, Option<f64>) {
    let days = daily.len() as f64;
    let mean = daily.iter().sum::<f64>() / days;
    let squares: f64 = daily.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (daily.len() > 1)
        .then(|| (squares / (days - 1.0)).sqrt() * (block.max(1) as f64 / days).sqrt());
    (mean, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_error_counts_days_that_do_not_overlap() {
        let daily = [0.2, 0.4, 0.6, 0.4];
        let (mean, error) = by_days(&daily, 1);
        let sd = (0.08_f64 / 3.0).sqrt();
        assert!((mean - 0.4).abs() < 1e-12 && (error.unwrap_or(0.0) - sd / 2.0).abs() < 1e-12);
        assert!((by_days(&daily, 4).1.unwrap_or(0.0) - sd).abs() < 1e-12);
        assert_eq!(by_days(&[0.5], 3), (0.5, None));
    }

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
