//! What a model's log loss rests on: permutation importance, by scan days.
//!
//! Rows of a day share their market, so a feature is not shuffled among rows: each scan day is
//! given another day's values of it. Its importance is the mean rise of the daily mean log loss;
//! the unit of its error is the day: sd of the daily rises × √(H/D), D days, H the longest
//! holding in trading days.

use crate::{FEATURES, Model, Row, ScoreError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;
use std::collections::BTreeMap;

/// Probabilities below this count as this.
const LEAST: f64 = 1e-12;

/// What a model loses without a feature.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Importance {
    /// The feature's name.
    pub feature: String,
    /// Mean rise of the daily mean log loss.
    pub rise: f64,
    /// Its standard error, by days.
    pub error: f64,
}

/// Of every feature, most important first, and the log loss with all of them: the mean of the
/// daily means. Each feature is dealt among the days `repeats` times; the same `seed` deals alike.
///
/// # Errors
/// A row cannot be scored.
pub fn importance(
    model: &Model,
    rows: &[Row],
    repeats: u32,
    seed: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(f64, Vec<Importance>), ScoreError> {
    let mut days: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        days.entry(row.scan_day).or_default().push(at);
    }
    let days: Vec<Vec<usize>> = days.into_values().collect();
    let mut features: Vec<[f64; FEATURES]> = rows.iter().map(|row| row.features).collect();
    let base = losses(model, rows, &days, &features)?;
    let holding = rows.iter().map(|row| row.evaluation_day - row.scan_day).max().unwrap_or(1);
    let block = (f64::from(holding) * 252.0 / 365.0).ceil().max(1.0);
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut found = Vec::with_capacity(FEATURES);
    for feature in 0..FEATURES {
        let mut rises = vec![0.0; days.len()];
        for _ in 0..repeats {
            deal(&days, &shuffled(days.len(), &mut chance), rows, &mut features, feature);
            let without = losses(model, rows, &days, &features)?;
            for (rise, (with, without)) in rises.iter_mut().zip(base.iter().zip(without)) {
                *rise += (without - with) / f64::from(repeats);
            }
        }
        features.iter_mut().zip(rows).for_each(|(own, row)| own[feature] = row.features[feature]);
        let (rise, sd) = mean_and_deviation(&rises);
        let error = sd * (block / rises.len() as f64).sqrt();
        let feature_name = model.manifest().feature_names[feature].clone();
        found.push(Importance { feature: feature_name, rise, error });
        progress(feature + 1, FEATURES);
    }
    found.sort_by(|a, b| b.rise.total_cmp(&a.rise).then_with(|| a.feature.cmp(&b.feature)));
    Ok((mean_and_deviation(&base).0, found))
}

/// Gives every day's rows the feature's values of the day it was dealt, in turn.
fn deal(
    days: &[Vec<usize>],
    dealt: &[usize],
    rows: &[Row],
    features: &mut [[f64; FEATURES]],
    feature: usize,
) {
    for (day, from) in days.iter().zip(dealt) {
        let from = &days[*from];
        for (place, &row) in day.iter().enumerate() {
            features[row][feature] = rows[from[place % from.len()]].features[feature];
        }
    }
}

/// Fisher and Yates.
fn shuffled(count: usize, chance: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, (chance.next_u64() % (last as u64 + 1)) as usize);
    }
    order
}

/// Weighted mean log loss of each day.
fn losses(
    model: &Model,
    rows: &[Row],
    days: &[Vec<usize>],
    features: &[[f64; FEATURES]],
) -> Result<Vec<f64>, ScoreError> {
    let scores = model.score(features)?;
    let loss = |row: usize| {
        let likelihood = f64::from(scores[row].probabilities[usize::from(rows[row].class)]);
        -likelihood.max(LEAST).ln()
    };
    let day = |day: &Vec<usize>| {
        let weight: f64 = day.iter().map(|&row| rows[row].weight).sum();
        day.iter().map(|&row| rows[row].weight * loss(row)).sum::<f64>() / weight
    };
    Ok(days.iter().map(day).collect())
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}
