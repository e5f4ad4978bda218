//! How well one feature alone predicts a class: the check for leakage. A feature computed from
//! later data predicts it far too well.
//!
//! The area under the ROC curve, one class against the rest, of the most flexible predictor that
//! one feature allows, judged only on rows it has not seen. The scan days are cut into five
//! stretches. Each stretch is scored by the class's share in each twentieth of the feature's values
//! over the other four, shrunk towards its overall share by twenty rows' worth; so a class at both
//! ends or in the middle of the range is found as well as one at an end. Stretches are consecutive
//! days, not random rows: rows of one day share their outcome, and a random part would learn it
//! from its neighbours.

use crate::row::LabelledRow;
use schemas::contract::{CLASSES, FEATURES};
use serde::Serialize;

/// Above this a feature predicts a class too well. On real prices (7,000 rows of 100 stocks) the
/// best honest feature reached 0.60, on the simulated market's planted structure 0.64; the outcome
/// itself, with noise of twice its own deviation, still reaches 0.71.
pub const LEAKAGE_AUC: f64 = 0.68;

const STRETCHES: usize = 5;
const BINS: usize = 20;
/// Rows' worth of the overall share mixed into each bin's share.
const PRIOR_ROWS: f64 = 20.0;
/// Rows of the class, and of the rest, that a stretch must have to be judged.
const FEWEST: f64 = 10.0;

/// How well a feature alone predicts the class that it predicts best.
#[derive(Serialize, Clone, Copy, PartialEq, Debug)]
pub struct FeatureAuc {
    /// The class, 0–3.
    pub class: usize,
    /// Mean area under the curve over the stretches: 0.5 is chance, 1 is perfect.
    pub auc: f64,
    /// Its standard error, from the differences between the stretches.
    pub error: f64,
}

impl FeatureAuc {
    /// The area less two standard errors.
    pub fn lower_bound(&self) -> f64 {
        self.auc - 2.0 * self.error
    }

    /// Whether even that is more than an honest feature reaches.
    pub fn is_leak(&self) -> bool {
        self.lower_bound() > LEAKAGE_AUC
    }
}

/// The figures of each feature, in the contract's order; none where the rows are too few. The
/// features must be finite and the classes 0–3.
pub fn single_feature_auc(rows: &[LabelledRow]) -> [Option<FeatureAuc>; FEATURES] {
    let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
    days.sort_unstable();
    days.dedup();
    std::array::from_fn(|feature| {
        if days.len() < STRETCHES {
            return None;
        }
        let counts = counted(rows, feature, &days);
        (0..CLASSES)
            .filter_map(|class| over_stretches(&counts, class))
            .max_by(|a, b| a.lower_bound().total_cmp(&b.lower_bound()))
    })
}

/// Rows by stretch, bin and class.
type Counts = [[[f64; CLASSES]; BINS]; STRETCHES];

fn counted(rows: &[LabelledRow], feature: usize, days: &[i32]) -> Counts {
    let mut values: Vec<f64> = rows.iter().map(|row| row.features[feature]).collect();
    values.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..BINS).map(|n| values[n * values.len() / BINS]).collect();
    edges.dedup();
    let mut counts: Counts = [[[0.0; CLASSES]; BINS]; STRETCHES];
    for row in rows {
        let bin = edges.partition_point(|edge| *edge <= row.features[feature]);
        let day = days.partition_point(|day| *day < row.scan_day);
        counts[day * STRETCHES / days.len()][bin][usize::from(row.class)] += 1.0;
    }
    counts
}

fn over_stretches(counts: &Counts, class: usize) -> Option<FeatureAuc> {
    let areas: Vec<f64> = (0..STRETCHES).filter_map(|judged| area(counts, judged, class)).collect();
    if areas.len() < 3 {
        return None;
    }
    let n = areas.len() as f64;
    let auc = areas.iter().sum::<f64>() / n;
    let squares = areas.iter().map(|area| (area - auc).powi(2)).sum::<f64>();
    Some(FeatureAuc { class, auc, error: (squares / (n - 1.0) / n).sqrt() })
}

/// The area under the curve in one stretch, by shares learnt in the others; tied pairs count half.
fn area(counts: &Counts, judged: usize, class: usize) -> Option<f64> {
    let mut learnt = [[0.0; 2]; BINS];
    let others = (0..STRETCHES).filter(|stretch| *stretch != judged);
    for bins in others.map(|stretch| &counts[stretch]) {
        for (learnt, bin) in learnt.iter_mut().zip(bins) {
            learnt[0] += bin[class];
            learnt[1] += bin.iter().sum::<f64>();
        }
    }
    let all = learnt.iter().fold([0.0; 2], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
    let prior = if all[1] > 0.0 { all[0] / all[1] } else { 0.0 };
    let score = |bin: usize| (learnt[bin][0] + PRIOR_ROWS * prior) / (learnt[bin][1] + PRIOR_ROWS);
    let mut order: Vec<usize> = (0..BINS).collect();
    order.sort_by(|a, b| score(*a).total_cmp(&score(*b)));
    let (mut below, mut ordered, mut of_class) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|a, b| score(*a) == score(*b)) {
        let bins = || tied.iter().map(|bin| &counts[judged][*bin]);
        let own: f64 = bins().map(|bin| bin[class]).sum();
        let rest = bins().map(|bin| bin.iter().sum::<f64>()).sum::<f64>() - own;
        ordered += own * (below + 0.5 * rest);
        below += rest;
        of_class += own;
    }
    (of_class >= FEWEST && below >= FEWEST).then(|| ordered / (of_class * below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use statistics::{SeededRng, Stream};

    /// 1,200 rows of 60 days: feature 0 is noise, 1 the outcome, 2 the outcome with noise of its
    /// own size, 3 the outcome's distance with a sign drawn at random, 4 the day's mean outcome.
    fn rows() -> Vec<LabelledRow> {
        let mut rng = SeededRng::new(3, Stream::Null);
        let mut uniform = move || rng.unit() - 0.5;
        let mut rows = Vec::new();
        for day in 0..60 {
            let market = 0.3 * uniform();
            for _ in 0..20 {
                let roi = market + 0.8 * uniform();
                let mut features = [0.0; FEATURES];
                features[0] = uniform();
                features[1] = roi;
                features[2] = roi + 0.8 * uniform();
                features[3] = (1.0 - roi) * uniform().signum();
                features[4] = market;
                let class = schemas::contract::Class::of_roi(roi) as u8;
                rows.push(LabelledRow {
                    features,
                    class,
                    roi,
                    scan_day: day,
                    evaluation_day: day + 9,
                    weight: 1.0,
                    score: None,
                });
            }
        }
        rows
    }

    #[test]
    fn the_outcome_in_any_dress_is_told_and_noise_is_not() {
        let found = single_feature_auc(&rows()).map(Option::unwrap);
        // The best of four classes, so a little above one half.
        assert!((found[0].auc - 0.5).abs() < 0.1 && !found[0].is_leak(), "{:?}", found[0]);
        assert!(found[1].auc > 0.98, "{:?}", found[1]);
        for leak in &found[1..4] {
            assert!(leak.is_leak(), "{leak:?}");
        }
        // A feature that a whole day shares is found too, as far as it reaches.
        assert!(found[4].auc > 0.55 && found[4].auc < found[2].auc, "{:?}", found[4]);
        // A constant feature predicts nothing.
        assert!((found[5].auc - 0.5).abs() < 1e-12);
    }

    #[test]
    fn too_few_rows_say_nothing() {
        let rows = rows();
        assert_eq!(single_feature_auc(&[]), [None; FEATURES]);
        assert_eq!(single_feature_auc(&rows[..60]), [None; FEATURES]);
    }
}
