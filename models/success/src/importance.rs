//! How much of a model's log loss rests on each feature: permutation importance, by scan days.
//!
//! Rows of a day share their market, so a feature is not shuffled among rows: each scan day is
//! given another day's values of it. Its importance is the mean rise of the daily mean log loss;
//! the unit of its error is the day: sd of the daily rises × √(H/D), D days, H the longest
//! holding in trading days.

use crate::model::{Model, ScoreError};
use crate::row::LabelledRow;
use crate::row::longest_holding;
use schemas::contract::FEATURES;
use serde::Serialize;
use statistics::{SeededRng, Stream, mean_by_days};
use std::collections::BTreeMap;

/// Probabilities below this count as this.
const LEAST: f64 = 1e-12;

/// The loss of a model without a feature.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Importance {
    /// The feature's name.
    pub feature: String,
    /// Mean rise of the daily mean log loss.
    pub rise: f64,
    /// Its standard error, by days.
    pub error: f64,
}

/// The importance of every feature, highest first, and the log loss with all of them: the mean of
/// the daily means. Each feature is dealt among the days `repeats` times; the same `seed` deals
/// alike.
///
/// # Errors
/// A row cannot be scored.
pub fn importance(
    model: &Model,
    rows: &[LabelledRow],
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
    let block = longest_holding(rows);
    let mut rng = SeededRng::new(seed, Stream::Permutation);
    let mut found = Vec::with_capacity(FEATURES);
    for feature in 0..FEATURES {
        let mut rises = vec![0.0; days.len()];
        for _ in 0..repeats {
            let mut dealt: Vec<usize> = (0..days.len()).collect();
            rng.shuffle(&mut dealt);
            deal(&days, &dealt, rows, &mut features, feature);
            let without = losses(model, rows, &days, &features)?;
            for (rise, (with, without)) in rises.iter_mut().zip(base.iter().zip(without)) {
                *rise += (without - with) / f64::from(repeats);
            }
        }
        features.iter_mut().zip(rows).for_each(|(own, row)| own[feature] = row.features[feature]);
        let (rise, error) = mean_by_days(&rises, block);
        let error = error.unwrap_or_default();
        let feature_name = model.manifest().feature_names[feature].clone();
        found.push(Importance { feature: feature_name, rise, error });
        progress(feature + 1, FEATURES);
    }
    found.sort_by(|a, b| b.rise.total_cmp(&a.rise).then_with(|| a.feature.cmp(&b.feature)));
    Ok((mean_by_days(&base, block).0, found))
}

/// Gives every day's rows the feature's values of the day it was dealt, in turn.
fn deal(
    days: &[Vec<usize>],
    dealt: &[usize],
    rows: &[LabelledRow],
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

/// Weighted mean log loss of each day.
fn losses(
    model: &Model,
    rows: &[LabelledRow],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage::{manifest, model};
    use crate::engine::Engine;
    use crate::layers::{Dense, Layers};
    use schemas::contract::CLASSES;

    const DAYS: i32 = 80;
    const A_DAY: i32 = 12;
    /// The features that decide and how strongly; the model gives the others a little weight.
    const PLANTED: [(usize, f32); 3] = [(4, 1.6), (17, 0.8), (9, -0.5)];
    const BELIEVED: f32 = 0.02;

    /// A model whose class follows the planted features: Loss against Excellent.
    fn planted() -> Model {
        let slope = |feature: usize| {
            let own = PLANTED.iter().find(|(planted, _)| *planted == feature);
            own.map_or(BELIEVED, |(_, slope)| *slope)
        };
        let weight = (0..FEATURES).flat_map(|feature| [-slope(feature), 0.0, 0.0, slope(feature)]);
        let bias = vec![0.0, -3.0, -3.0, 0.0];
        let layer = Dense { inputs: FEATURES, outputs: CLASSES, weight: weight.collect(), bias };
        let layers = Layers {
            mean: vec![0.0; FEATURES],
            deviation: vec![1.0; FEATURES],
            dense: vec![layer],
        };
        Engine::candle().load(&model(&layers, &manifest())).expect("a model")
    }

    /// Rows whose class is drawn by the planted features alone.
    fn rows() -> Vec<LabelledRow> {
        let mut rng = SeededRng::new(5, Stream::Null);
        let mut unit = || rng.unit();
        let row = |number: i32| {
            let features: [f64; FEATURES] = std::array::from_fn(|_| 2.0 * unit() - 1.0);
            let logit: f64 =
                PLANTED.iter().map(|(f, slope)| f64::from(*slope) * features[*f]).sum();
            let class = if unit() < 1.0 / (1.0 + (2.0 * logit).exp()) { 0 } else { 3 };
            let (scan_day, roi) = (number / A_DAY, f64::from(class) / 3.0 - 0.5);
            let evaluation_day = scan_day + 5;
            LabelledRow { features, class, roi, scan_day, evaluation_day, weight: 1.0, score: None }
        };
        (0..DAYS * A_DAY).map(row).collect()
    }

    fn found(seed: u64) -> (f64, Vec<Importance>) {
        importance(&planted(), &rows(), 4, seed, &mut |_, _| ()).expect("scored")
    }

    #[test]
    fn what_decides_comes_first_and_the_rest_is_about_nothing() {
        let (loss, found) = found(7);
        let name = |feature: usize| manifest().feature_names[feature].clone();
        let first: Vec<&str> = found[..3].iter().map(|of| of.feature.as_str()).collect();
        assert_eq!(first, PLANTED.map(|(feature, _)| name(feature)), "{found:?}");
        assert_eq!(found.len(), FEATURES);
        for one in &found[..2] {
            assert!(one.rise > 3.0 * one.error, "{one:?}");
        }
        for one in &found[3..] {
            assert!(one.rise.abs() < 0.005 && one.error < 0.01, "{one:?}");
        }
        // The rise adds to the loss beside it: without the first feature little is known.
        assert!(loss < 0.65 && loss + found[0].rise > 0.69, "{loss}: {:?}", found[0]);
    }

    #[test]
    fn a_seed_deals_alike_and_another_does_not() {
        assert_eq!(found(7), found(7));
        assert_ne!(found(7), found(8));
    }

    #[test]
    fn a_feature_that_never_moves_has_no_importance_and_no_error() {
        let mut rows = rows();
        rows.iter_mut().for_each(|row| row.features[4] = 0.3);
        let (_, found) = importance(&planted(), &rows, 2, 7, &mut |_, _| ()).expect("scored");
        let constant = found.iter().find(|of| of.feature == "f4").expect("f4");
        assert_eq!((constant.rise, constant.error), (0.0, 0.0));
    }
}
