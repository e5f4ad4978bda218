//! Predictions beside their outcomes, and means by scan day.
//!
//! The unit is the scan day: rows of a day share their future, so a day counts once however
//! many rows it has. LabelledRow weights spread a day's weight over its rows.

use crate::row::LabelledRow;
use schemas::contract::CLASSES;
use std::collections::BTreeMap;

/// Probabilities below this count as this in a logarithm, so that one certain mistake costs much
/// but not infinitely much.
pub(crate) const LEAST_PROBABILITY: f64 = 1e-7;

/// One judged row: the prediction and the outcome.
#[derive(Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) scan_day: i32,
    pub(crate) class: u8,
    pub(crate) weight: f64,
    pub(crate) probabilities: [f64; CLASSES],
}

impl Judged {
    pub(crate) fn of(row: &LabelledRow, probabilities: [f64; CLASSES]) -> Judged {
        Judged { scan_day: row.scan_day, class: row.class, weight: row.weight, probabilities }
    }
}

/// Class shares by weight.
pub(crate) fn class_prior<'a>(rows: impl Iterator<Item = &'a LabelledRow>) -> [f64; CLASSES] {
    let mut shares = [0.0; CLASSES];
    for row in rows {
        shares[usize::from(row.class)] += row.weight;
    }
    let total: f64 = shares.iter().sum();
    shares.map(|share| share / total)
}

/// −ln of the probability given to the realised class.
pub(crate) fn row_log_loss(row: &Judged) -> f64 {
    -row.probabilities[usize::from(row.class)].max(LEAST_PROBABILITY).ln()
}

/// Weighted daily means of `value`, by ascending day.
pub(crate) fn daily_means(rows: &[Judged], value: impl Fn(&Judged) -> f64) -> Vec<(i32, f64)> {
    daily_means_at(rows, |at| value(&rows[at]))
}

/// Weighted daily means of a value that is known by the row's position, by ascending day.
pub(crate) fn daily_means_at(rows: &[Judged], value: impl Fn(usize) -> f64) -> Vec<(i32, f64)> {
    let mut days = BTreeMap::<i32, (f64, f64)>::new();
    for (at, row) in rows.iter().enumerate() {
        let day = days.entry(row.scan_day).or_default();
        day.0 += row.weight * value(at);
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
            let observed = f64::from(u8::from(class == usize::from(row.class)));
            (row.probabilities[class] - observed).powi(2)
        })
        .sum()
}

/// Whether the likeliest class is the realised one, 1 or 0.
pub(crate) fn hit(row: &Judged) -> f64 {
    f64::from(u8::from(likeliest(&row.probabilities) == row.class))
}
