//! How good probabilities are, in the few numbers that every report shares.

use crate::assessment::Assessment;
use crate::calibration::{calibration_error, rankings};
use crate::judged::{Judged, brier, daily_means, hit, mean_over_days, row_log_loss};
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};

/// Figures of a model on the validation part of its training rows.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Metrics {
    /// Mean daily −ln p(realised class), in nats.
    pub log_loss: f64,
    /// The same for the class prior of the fitted rows, the score of no knowledge.
    pub prior_log_loss: f64,
    /// Mean daily Σ (p − 1{class})², 0 to 2.
    pub brier: f64,
    /// Mean over days of the share of rows whose likeliest class is the realised one (0 to 1).
    pub accuracy: f64,
    /// Mean over the realised classes of the share recognised (0 to 1).
    pub balanced_accuracy: f64,
    /// Mean over classes of Σ (n_b/n)·|mean p − frequency| over ten equal-count bins.
    pub calibration_error: f64,
    /// Rows judged.
    pub rows: u64,
    /// Scan days judged.
    pub days: u32,
    /// The same rows with intervals, beside the baselines; these rows chose epoch, ridge and
    /// kind, so a little of it is luck. None in a manifest from before it was recorded.
    #[serde(default)]
    pub assessment: Option<Assessment>,
}

/// All figures at once; `prior` holds the fitted rows' class shares.
pub(crate) fn measure(rows: &[Judged], prior: &[f64; CLASSES]) -> Metrics {
    let mut recognised = [(0.0, 0.0); CLASSES];
    for row in rows {
        let class = &mut recognised[usize::from(row.class)];
        class.0 += row.weight * hit(row);
        class.1 += row.weight;
    }
    let recalls: Vec<f64> =
        recognised.iter().filter(|class| class.1 > 0.0).map(|class| class.0 / class.1).collect();
    let prior_loss = |row: &Judged| row_log_loss(&Judged { probabilities: *prior, ..*row });
    Metrics {
        log_loss: mean_over_days(rows, row_log_loss),
        prior_log_loss: mean_over_days(rows, prior_loss),
        brier: mean_over_days(rows, brier),
        accuracy: mean_over_days(rows, hit),
        balanced_accuracy: recalls.iter().sum::<f64>() / recalls.len() as f64,
        calibration_error: calibration_error(rows, &rankings(rows), |i| rows[i].class),
        rows: rows.len() as u64,
        days: daily_means(rows, |_| 0.0).len() as u32,
        assessment: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(scan_day: i32, class: u8, probabilities: [f64; 4]) -> Judged {
        Judged { scan_day, class, weight: 1.0, probabilities }
    }

    #[test]
    fn a_day_counts_once_however_many_rows_it_has() {
        let sure = [0.97, 0.01, 0.01, 0.01];
        let mut rows = vec![judged(1, 0, sure); 50];
        rows.push(judged(2, 3, sure));
        let expected = (-(0.97f64.ln()) - 0.01f64.ln()) / 2.0;
        assert!((mean_over_days(&rows, row_log_loss) - expected).abs() < 1e-12);
    }

    #[test]
    fn perfect_and_useless_probabilities_measure_as_such() {
        let prior = [0.25; 4];
        let rows: Vec<_> = (0..400u16)
            .map(|i| {
                let class = (i % 4) as u8;
                let mut probabilities = [0.0; 4];
                probabilities[usize::from(class)] = 1.0;
                judged(i32::from(i / 20), class, probabilities)
            })
            .collect();
        let perfect = measure(&rows, &prior);
        assert_eq!((perfect.log_loss, perfect.brier, perfect.accuracy), (0.0, 0.0, 1.0));
        assert_eq!((perfect.balanced_accuracy, perfect.calibration_error), (1.0, 0.0));
        assert!((perfect.prior_log_loss - 4f64.ln()).abs() < 1e-12);
    }
}
