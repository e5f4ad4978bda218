//! How good probabilities are, in the few numbers that every report and the gate share.
//!
//! The unit is the scan day: rows of a day share their future, so a day counts once however
//! many rows it has. Row weights spread a day's weight over its rows.

use crate::calibration::{calibration_error, rankings};
use crate::{Assessment, CLASSES, Row};
use serde::{Deserialize, Serialize};

/// Probabilities below this count as this in a logarithm, so that one certain mistake is
/// dear but finite.
pub(crate) const LEAST_PROBABILITY: f64 = 1e-7;

/// One judged row: what was said, and what came.
#[derive(Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) scan_day: i32,
    pub(crate) class: u8,
    pub(crate) weight: f64,
    pub(crate) probabilities: [f64; CLASSES],
}

impl Judged {
    pub(crate) fn of(row: &Row, probabilities: [f64; CLASSES]) -> Judged {
        Judged { scan_day: row.scan_day, class: row.class, weight: row.weight, probabilities }
    }
}

/// Figures of a model on the validation part of its training rows.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Metrics {
    /// Mean daily −ln p(class that came), in nats.
    pub log_loss: f64,
    /// The same for the class prior of the fitted rows: what knowing nothing scores.
    pub prior_log_loss: f64,
    /// Mean daily Σ (p − 1{class})², 0 to 2.
    pub brier: f64,
    /// Mean over days of the share of rows whose likeliest class came (0 to 1).
    pub accuracy: f64,
    /// Mean over the classes that came of the share recognised (0 to 1).
    pub balanced_accuracy: f64,
    /// Mean over classes of Σ (n_b/n)·|mean p − frequency| over ten equal-count bins.
    pub calibration_error: f64,
    /// Rows judged.
    pub rows: u64,
    /// Scan days judged.
    pub days: u32,
    /// The same rows with intervals, beside the baselines; these rows chose epoch, ridge and
    /// kind, so that a little of it is luck. None in a manifest from before there was one.
    #[serde(default)]
    pub assessment: Option<Assessment>,
}

/// Class shares by weight.
pub(crate) fn class_prior<'a>(rows: impl Iterator<Item = &'a Row>) -> [f64; CLASSES] {
    let mut shares = [0.0; CLASSES];
    for row in rows {
        shares[usize::from(row.class)] += row.weight;
    }
    let total: f64 = shares.iter().sum();
    shares.map(|share| share / total)
}

/// −ln of the probability given to the class that came.
pub(crate) fn row_log_loss(row: &Judged) -> f64 {
    -row.probabilities[usize::from(row.class)].max(LEAST_PROBABILITY).ln()
}

/// Weighted daily means of `value`, by ascending day.
pub(crate) fn daily_means(rows: &[Judged], value: impl Fn(&Judged) -> f64) -> Vec<(i32, f64)> {
    let mut days = std::collections::BTreeMap::<i32, (f64, f64)>::new();
    for row in rows {
        let day = days.entry(row.scan_day).or_default();
        day.0 += row.weight * value(row);
        day.1 += row.weight;
    }
    days.into_iter().map(|(day, (sum, weight))| (day, sum / weight)).collect()
}

/// Mean over days of the weighted daily means of `value`.
pub(crate) fn mean_over_days(rows: &[Judged], value: impl Fn(&Judged) -> f64) -> f64 {
    let days = daily_means(rows, value);
    days.iter().map(|(_, mean)| mean).sum::<f64>() / days.len() as f64
}

/// The likeliest class; the lower number on a tie.
pub(crate) fn likeliest(probabilities: &[f64; CLASSES]) -> u8 {
    let mut best = 0;
    for class in 1..CLASSES {
        if probabilities[class] > probabilities[best] {
            best = class;
        }
    }
    best as u8
}

/// Σ (p − 1{class})², 0 to 2.
pub(crate) fn brier(row: &Judged) -> f64 {
    (0..CLASSES)
        .map(|class| {
            let came = f64::from(u8::from(class == usize::from(row.class)));
            (row.probabilities[class] - came).powi(2)
        })
        .sum()
}

/// All figures at once; `prior` is what the fitted rows' class shares were.
pub(crate) fn measure(rows: &[Judged], prior: &[f64; CLASSES]) -> Metrics {
    let hit = |row: &Judged| f64::from(u8::from(likeliest(&row.probabilities) == row.class));
    let mut recognised = [(0.0, 0.0); CLASSES];
    for row in rows {
        let class = &mut recognised[usize::from(row.class)];
        class.0 += row.weight * hit(row);
        class.1 += row.weight;
    }
    let came: Vec<f64> =
        recognised.iter().filter(|class| class.1 > 0.0).map(|class| class.0 / class.1).collect();
    let prior_loss = |row: &Judged| row_log_loss(&Judged { probabilities: *prior, ..*row });
    Metrics {
        log_loss: mean_over_days(rows, row_log_loss),
        prior_log_loss: mean_over_days(rows, prior_loss),
        brier: mean_over_days(rows, brier),
        accuracy: mean_over_days(rows, hit),
        balanced_accuracy: came.iter().sum::<f64>() / came.len() as f64,
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
