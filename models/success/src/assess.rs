//! How good a model is beside the baselines it must beat: the class prior, the technical score
//! alone and the ridge logistic regression, all asked about the same rows.
//!
//! The unit is the scan day. A figure is the mean of its daily values, its standard error
//! sd × √(H/D) for D days and holdings of at most H trading days, its interval ± 1.96 of them. The
//! calibration error is not a mean of days: its standard error comes from the block bootstrap. So does
//! what is shown of a difference, because the gate judges one by it: two procedures gave one figure a
//! p-value of 0 and an interval of −0.20 to +0.38.

use crate::assessment::{Assessment, Estimate, Figures, GainOver, HALF_WIDTH};
use crate::baselines::Baselines;
use crate::calibration::{by_chance, calibration_error, curve, error_by_days, rankings};
use crate::candle_scorer::CandleScorer;
use crate::judged::{Judged, brier, daily_means, daily_means_at, hit, row_log_loss};
use crate::layers::Layers;
use crate::manifest::{Manifest, ModelKind};
use crate::row::{LabelledRow, longest_holding};
use crate::settings::TrainError;
use schemas::contract::{CLASSES, MAX_LOSS};
use statistics::mean_by_days;
use std::collections::BTreeMap;

/// Share of the rows, those of highest expected return, whose realised return is shown.
const TOP: f64 = 0.10;

/// One predictor's answers, and the value by which it ranks the rows.
struct Answers {
    judged: Vec<Judged>,
    order_by: Vec<f64>,
}

/// Judges a model and its baselines on `rows`, at least one.
pub(crate) fn assess(
    rows: &[LabelledRow],
    kind: ModelKind,
    baselines: &Baselines,
    manifest: &Manifest,
) -> Result<Assessment, TrainError> {
    let asked: Vec<_> = rows.iter().map(|row| row.features.map(|value| value as f32)).collect();
    let answers = |probabilities: Vec<[f64; CLASSES]>, order_by: Option<Vec<f64>>| {
        let judged: Vec<Judged> =
            rows.iter().zip(probabilities).map(|(row, p)| Judged::of(row, p)).collect();
        let expected = || {
            let return_of = |(row, judged): (&LabelledRow, &Judged)| {
                let p = judged.probabilities.map(|p| p as f32);
                manifest.expected_roi(&p, row.features[MAX_LOSS])
            };
            rows.iter().zip(&judged).map(return_of).collect()
        };
        let order_by = order_by.unwrap_or_else(expected);
        Answers { judged, order_by }
    };
    let of_layers = |layers: &Layers| -> Result<Answers, TrainError> {
        let scored = CandleScorer::new(layers)?.probabilities(&asked)?;
        Ok(answers(scored.iter().map(|p| p.map(f64::from)).collect(), None))
    };
    let prior = answers(vec![baselines.prior; rows.len()], None);
    let score = match (&baselines.score, rows.iter().map(|row| row.score).collect()) {
        (Some(by_score), Some(scores)) => {
            let scores: Vec<f64> = scores;
            Some(answers(by_score.probabilities(&scores)?, Some(scores)))
        }
        _ => None,
    };
    let (logistic, network) = (of_layers(&baselines.logistic)?, of_layers(&baselines.network)?);
    let shipped = if kind == ModelKind::Network { &network } else { &logistic };

    let block = longest_holding(rows);
    let model_losses = daily_means(&shipped.judged, row_log_loss);
    let figures = |of: &Answers| {
        let losses = daily_means(&of.judged, row_log_loss);
        let behind = losses.iter().zip(&model_losses).map(|(own, model)| (own.0, own.1 - model.1));
        let behind = GainOver::of(&behind.collect::<Vec<_>>(), block, manifest.seed);
        figures(of, rows, &losses, behind, block, manifest.seed)
    };
    let all = daily_means_at(&shipped.judged, |i| rows[i].roi);
    Ok(Assessment {
        days: model_losses.len() as u32,
        rows: rows.len() as u64,
        longest_holding: block as u32,
        all_roi: Estimate::by_days(&all, block),
        model: figures(shipped),
        class_prior: figures(&prior),
        technical_score: score.as_ref().map(figures),
        logistic: figures(&logistic),
        network: figures(&network),
        calibration_curve: curve(&shipped.judged),
    })
}

fn figures(
    of: &Answers,
    rows: &[LabelledRow],
    losses: &[(i32, f64)],
    behind_model: GainOver,
    block: usize,
    seed: u64,
) -> Figures {
    let judged = &of.judged;
    let daily =
        |value: &dyn Fn(&Judged) -> f64| Estimate::by_days(&daily_means(judged, value), block);
    let top = top_rows(judged, &of.order_by);
    let picked: Vec<Judged> = top.iter().map(|&i| judged[i]).collect();
    let rankings = rankings(judged);
    let calibration_error = calibration_error(judged, &rankings, |i| judged[i].class);
    let around = |error: f64| {
        let half = HALF_WIDTH * error;
        [(calibration_error - half).max(0.0), calibration_error + half]
    };
    Figures {
        log_loss: Estimate::by_days(losses, block),
        behind_model,
        brier: daily(&brier),
        accuracy: daily(&hit),
        balanced_accuracy: balanced_accuracy(judged, block),
        calibration_error,
        calibration_interval: error_by_days(judged, &rankings, block, seed).map(around),
        calibration_by_chance: by_chance(judged, &rankings, seed),
        top_decile_roi: Estimate::by_days(&daily_means_at(&picked, |i| rows[top[i]].roi), block),
        top_decile_rows: top.len() as u64,
    }
}

/// A class need not occur on every day, so the shares are over all rows; a day's part in the
/// error is its rows' share of each class times its distance from that class's mean.
fn balanced_accuracy(rows: &[Judged], block: usize) -> Estimate {
    let mut classes = [(0.0, 0.0); CLASSES];
    for row in rows {
        let class = &mut classes[usize::from(row.class)];
        class.0 += row.weight * hit(row);
        class.1 += row.weight;
    }
    let present = classes.iter().filter(|class| class.1 > 0.0).count() as f64;
    let recall = classes.map(|(hits, weight)| if weight > 0.0 { hits / weight } else { 0.0 });
    let mut parts = BTreeMap::<i32, f64>::new();
    for row in rows {
        let class = usize::from(row.class);
        let part = row.weight * (hit(row) - recall[class]) / classes[class].1 / present;
        *parts.entry(row.scan_day).or_default() += part;
    }
    let days = parts.len() as f64;
    let parts: Vec<f64> = parts.values().map(|part| part * days).collect();
    Estimate::around(recall.iter().sum::<f64>() / present, mean_by_days(&parts, block).1)
}

/// Places of the rows with the highest values, a tenth of the weight, in the rows' order.
fn top_rows(rows: &[Judged], values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    let mut taken = 0.0;
    let last = order.iter().find(|&&i| {
        taken += rows[i].weight;
        taken >= TOP * total * (1.0 - 1e-12)
    });
    let least = last.map_or(f64::INFINITY, |&i| values[i]);
    (0..rows.len()).filter(|&i| values[i] >= least).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(scan_day: i32, class: u8, weight: f64, likeliest: usize) -> Judged {
        let mut probabilities = [0.1; CLASSES];
        probabilities[likeliest] = 0.7;
        Judged { scan_day, class, weight, probabilities }
    }

    #[test]
    fn the_top_is_a_tenth_of_the_weight_and_what_is_tied_with_it() {
        let rows: Vec<Judged> = (0..20).map(|day| row(day, 0, 1.0, 0)).collect();
        let ascending: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(top_rows(&rows, &ascending), [18, 19]);
        assert_eq!(top_rows(&rows, &[1.0; 20]).len(), 20, "ties are kept together");
        let mut heavy = rows.clone();
        heavy[3].weight = 10.0;
        let first: Vec<f64> = (0..20).map(|i| if i == 3 { 99.0 } else { f64::from(i) }).collect();
        assert_eq!(top_rows(&heavy, &first), [3]);
    }

    #[test]
    fn balanced_accuracy_gives_rare_classes_their_say() {
        // Class 0 is always recognised, class 1 every second time.
        let rows: Vec<Judged> = (0..40)
            .map(|i| match i % 4 {
                3 => row(i / 4, 1, 1.0, usize::from(i / 4 % 2 == 0)),
                _ => row(i / 4, 0, 1.0, 0),
            })
            .collect();
        let found = balanced_accuracy(&rows, 1);
        assert!((found.value - 0.75).abs() < 1e-12);
        // Half of the estimate is a mean of ten daily bits: sd √(10/36), error half of that /√10.
        let expected = 0.5 * (10.0_f64 / 36.0).sqrt() / 10.0_f64.sqrt();
        let error = found.standard_error.expect("ten days");
        assert!((error - expected).abs() < 1e-12, "{error} {expected}");
    }
}
