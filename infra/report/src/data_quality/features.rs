//! The checks of single features: whether they vary, whether one alone predicts the class too
//! well, and whether the last days still look like the training rows.

use super::check::{Check, Grade};
use schemas::contract::{CLASS_NAMES, FEATURE_NAMES, FEATURES};
use serde::Serialize;
use store::rows::FoundRow;
use success::{
    DRIFT_DAYS, Drift, DriftReference, DriftRow, FeatureAuc, LEAKAGE_AUC, LabelledRow,
    single_feature_auc,
};

/// One feature.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct FeatureReport {
    /// Its name.
    pub name: &'static str,
    /// Rows without a finite value.
    pub missing: usize,
    /// Weighted mean of the sound rows.
    pub mean: f64,
    /// Their weighted standard deviation.
    pub deviation: f64,
    /// Minimum, weighted 1 %, 50 % and 99 % quantiles, and maximum.
    pub quantiles: [f64; 5],
    /// How well it alone predicts the class it predicts best; none with too few rows.
    pub alone: Option<FeatureAuc>,
    /// Distance of the last days from the training rows; none with too few days.
    pub drift: Option<Drift>,
    /// Whether it varies enough to be scaled.
    pub moves: bool,
}

/// Checks each feature of `sound`, of which `training` end before the test.
pub(super) fn check_all(
    found: &[FoundRow],
    sound: &[LabelledRow],
    training: &[LabelledRow],
) -> (Vec<FeatureReport>, Vec<Check>) {
    let alone = single_feature_auc(sound);
    let seen = |rows: &[LabelledRow]| rows.iter().map(DriftRow::from).collect::<Vec<_>>();
    let reference = DriftReference::of(&seen(training), &FEATURE_NAMES);
    let drift = reference.as_ref().and_then(|reference| reference.drift(&seen(sound)));
    let total: f64 = sound.iter().map(|row| row.weight).sum();
    let reports: Vec<FeatureReport> = (0..FEATURES)
        .map(|at| {
            let weighted = |of: &dyn Fn(f64) -> f64| {
                sound.iter().map(|row| row.weight * of(row.features[at])).sum::<f64>() / total
            };
            let mean = weighted(&|value| value);
            let deviation = weighted(&|value| (value - mean).powi(2)).sqrt();
            FeatureReport {
                name: FEATURE_NAMES[at],
                missing: found.iter().filter(|row| !has(row, at)).count(),
                mean,
                deviation,
                quantiles: quantiles(
                    sound.iter().map(|row| (row.features[at], row.weight)).collect(),
                ),
                alone: alone[at],
                drift: drift.as_ref().and_then(|drift| drift.get(at).cloned()),
                // Training refuses less: f32 cannot tell such values apart.
                moves: deviation > 1e-6 * mean.abs() && deviation as f32 >= f32::MIN_POSITIVE,
            }
        })
        .collect();
    let checks = vec![variance(&reports), leakage(&reports), drift_of(&reports)];
    (reports, checks)
}

fn has(row: &FoundRow, at: usize) -> bool {
    row.values.get(at).copied().flatten().is_some_and(f64::is_finite)
}

/// The values at or below which the shares 0, 1, 50, 99 and 100 % of the weight lie.
fn quantiles(mut values: Vec<(f64, f64)>) -> [f64; 5] {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = values.iter().map(|value| value.1).sum();
    let (mut passed, mut at) = (0.0, 0);
    [0.0, 0.01, 0.5, 0.99, 1.0].map(|share| {
        // Rounding of the sum must not end before the last value.
        while at + 1 < values.len() && (share == 1.0 || passed + values[at].1 < share * total) {
            passed += values[at].1;
            at += 1;
        }
        values.get(at).map_or(f64::NAN, |value| value.0)
    })
}

fn variance(reports: &[FeatureReport]) -> Check {
    let still = reports.iter().filter(|one| !one.moves);
    let still: Vec<String> =
        still.map(|one| format!("{} is always {}", one.name, one.quantiles[2])).collect();
    if still.is_empty() {
        return Check::new("variance", Grade::Good, "every feature varies");
    }
    let message = format!(
        "{} features are constant and cannot be scaled; check where they are computed, or draw rows of more days",
        still.len()
    );
    Check::new("variance", Grade::Found, message).with(still)
}

fn leakage(reports: &[FeatureReport]) -> Check {
    let name = "leakage";
    let described = |(feature, alone): &(&str, FeatureAuc)| {
        let FeatureAuc { class, auc, error } = alone;
        format!("{feature} separates {} with {auc:.3} ± {error:.3}", CLASS_NAMES[*class])
    };
    let mut known: Vec<(&str, FeatureAuc)> =
        reports.iter().filter_map(|one| Some((one.name, one.alone?))).collect();
    known.sort_by(|a, b| b.1.lower_bound().total_cmp(&a.1.lower_bound()));
    let Some(best) = known.first() else {
        let message =
            "too few rows or scan days to measure how well a single feature predicts the class";
        return Check::new(name, Grade::Noted, message);
    };
    let leaks: Vec<String> = known.iter().filter(|one| one.1.is_leak()).map(described).collect();
    if leaks.is_empty() {
        let message = format!(
            "no single feature predicts a class too well (area under the curve, at most {LEAKAGE_AUC}); best: {}",
            described(best)
        );
        return Check::new(name, Grade::Good, message);
    }
    let message = format!(
        "{} features alone predict a class better than anything known at the scan can (area under the curve above {LEAKAGE_AUC}): they contain later knowledge",
        leaks.len()
    );
    Check::new(name, Grade::Found, message).with(leaks)
}

fn drift_of(reports: &[FeatureReport]) -> Check {
    let name = "drift";
    let known: Vec<&Drift> = reports.iter().filter_map(|one| one.drift.as_ref()).collect();
    if known.is_empty() {
        let message = format!(
            "too few scan days: drift compares the last {DRIFT_DAYS} with at least two blocks of {DRIFT_DAYS} days that end before the test"
        );
        return Check::new(name, Grade::Noted, message);
    }
    let mut moved: Vec<&Drift> = known.into_iter().filter(|one| one.drifted()).collect();
    moved.sort_by(|a, b| (b.distance - b.limit).total_cmp(&(a.distance - a.limit)));
    if moved.is_empty() {
        let message = format!(
            "the last {DRIFT_DAYS} scan days look like the training rows' own blocks of {DRIFT_DAYS} days"
        );
        return Check::new(name, Grade::Good, message);
    }
    let described = moved.iter().map(|one| {
        let Drift { feature, distance, limit } = one;
        format!("{feature}: distance {distance:.3}, limit {limit:.3}")
    });
    let message = format!(
        "{} features of the last {DRIFT_DAYS} scan days are further from the training rows than 99 of 100 of their own blocks of {DRIFT_DAYS} days (if all {FEATURES} were independent, one data set in five would have one by chance)",
        moved.len()
    );
    Check::new(name, Grade::Found, message).with(described)
}
