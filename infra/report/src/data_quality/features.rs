//! The checks of single features: whether they move, whether one alone tells the class too well,
//! and whether the last days still look like the training rows.

use super::{Check, Grade};
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
    /// Rows without a finite number.
    pub missing: usize,
    /// Weighted mean of the sound rows.
    pub mean: f64,
    /// Their weighted standard deviation.
    pub deviation: f64,
    /// Least value, weighted 1 %, 50 % and 99 % quantile, and greatest value.
    pub quantiles: [f64; 5],
    /// How well it alone tells the class it tells best; none with too few rows.
    pub alone: Option<FeatureAuc>,
    /// How far the last days are from the training rows; none with too few days.
    pub drift: Option<Drift>,
    /// Whether it moves enough to be scaled.
    pub moves: bool,
}

/// Looks at each feature of `sound`, of which `training` are over before the test.
pub(super) fn look(
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
                // What a training refuses: f32 cannot tell such values apart.
                moves: deviation > 1e-6 * mean.abs() && deviation as f32 >= f32::MIN_POSITIVE,
            }
        })
        .collect();
    let checks = vec![still(&reports), leaks(&reports), drifted(&reports)];
    (reports, checks)
}

fn has(row: &FoundRow, at: usize) -> bool {
    row.values.get(at).copied().flatten().is_some_and(f64::is_finite)
}

/// The values below or at which such a share of the weight lies.
fn quantiles(mut values: Vec<(f64, f64)>) -> [f64; 5] {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = values.iter().map(|value| value.1).sum();
    let (mut passed, mut at) = (0.0, 0);
    [0.0, 0.01, 0.5, 0.99, 1.0].map(|share| {
        // The last value is reached whatever rounding makes of the sum.
        while at + 1 < values.len() && (share == 1.0 || passed + values[at].1 < share * total) {
            passed += values[at].1;
            at += 1;
        }
        values.get(at).map_or(f64::NAN, |value| value.0)
    })
}

fn still(reports: &[FeatureReport]) -> Check {
    let still = reports.iter().filter(|one| !one.moves);
    let still: Vec<String> =
        still.map(|one| format!("{} is always {}", one.name, one.quantiles[2])).collect();
    if still.is_empty() {
        return Check::new("variance", Grade::Good, "every feature moves");
    }
    let said = format!(
        "{} features never move and cannot be scaled; check where they are computed, or draw rows of more days",
        still.len()
    );
    Check::new("variance", Grade::Found, said).with(still)
}

fn leaks(reports: &[FeatureReport]) -> Check {
    let name = "leakage";
    let told = |(feature, alone): &(&str, FeatureAuc)| {
        let FeatureAuc { class, auc, error } = alone;
        format!("{feature} tells {} with {auc:.3} ± {error:.3}", CLASS_NAMES[*class])
    };
    let mut known: Vec<(&str, FeatureAuc)> =
        reports.iter().filter_map(|one| Some((one.name, one.alone?))).collect();
    known.sort_by(|a, b| b.1.lower_bound().total_cmp(&a.1.lower_bound()));
    let Some(best) = known.first() else {
        let said = "too few rows or scan days to say how well a feature alone tells the class";
        return Check::new(name, Grade::Noted, said);
    };
    let leaks: Vec<String> = known.iter().filter(|one| one.1.is_leak()).map(told).collect();
    if leaks.is_empty() {
        let said = format!(
            "no feature alone tells a class too well (area under the curve, {LEAKAGE_AUC} allowed): the best, {}",
            told(best)
        );
        return Check::new(name, Grade::Good, said);
    }
    let said = format!(
        "{} features alone tell a class better than anything known at the scan does (area under the curve above {LEAKAGE_AUC}): what was known only later is in them",
        leaks.len()
    );
    Check::new(name, Grade::Found, said).with(leaks)
}

fn drifted(reports: &[FeatureReport]) -> Check {
    let name = "drift";
    let known: Vec<&Drift> = reports.iter().filter_map(|one| one.drift.as_ref()).collect();
    if known.is_empty() {
        let said = format!(
            "too few scan days: drift compares the last {DRIFT_DAYS} with blocks of {DRIFT_DAYS} days, two at least, that are over before the test"
        );
        return Check::new(name, Grade::Noted, said);
    }
    let mut moved: Vec<&Drift> = known.into_iter().filter(|one| one.drifted()).collect();
    moved.sort_by(|a, b| (b.distance - b.limit).total_cmp(&(a.distance - a.limit)));
    if moved.is_empty() {
        let said = format!(
            "the last {DRIFT_DAYS} scan days look like the training rows' own blocks of {DRIFT_DAYS} days"
        );
        return Check::new(name, Grade::Good, said);
    }
    let told = moved.iter().map(|one| {
        let Drift { feature, distance, limit } = one;
        format!("{feature}: distance {distance:.3}, limit {limit:.3}")
    });
    let said = format!(
        "{} features of the last {DRIFT_DAYS} scan days are further from the training rows than 99 of 100 of their own blocks of {DRIFT_DAYS} days (were all 23 independent, one data set in five would have one by chance)",
        moved.len()
    );
    Check::new(name, Grade::Found, said).with(told)
}
