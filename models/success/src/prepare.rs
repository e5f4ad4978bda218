//! Preparation of training rows: checked, sorted, split by time, scaled.
//!
//! Random splits leak (neighbouring days share their future), so the validation part is the
//! last scan days, and a row trains only if its outcome was known before the first of them.
//! Rows are sorted first: the order in which partitions delivered them must not change a bit.

use crate::row::LabelledRow;
use crate::settings::{TrainError, TrainSettings};
use schemas::contract::{CLASS_NAMES, CLASSES, FEATURES, FeatureContract};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Fewest rows worth fitting.
const LEAST_FITTED: usize = 32;

/// Rows in canonical order with their split.
pub(crate) struct Prepared {
    /// All rows, sorted.
    pub(crate) rows: Vec<LabelledRow>,
    /// Positions of the rows that are fitted.
    pub(crate) fit: Vec<usize>,
    /// Positions of the validation rows.
    pub(crate) validation: Vec<usize>,
    /// First scan day of the validation part.
    pub(crate) validation_first_day: i32,
    /// Number of distinct scan days.
    pub(crate) days: usize,
    /// Hash of the sorted rows and the contract.
    pub(crate) sha256: String,
}

/// Weighted mean and standard deviation per feature, in the precision of the graph.
pub(crate) struct Scaler {
    pub(crate) mean: [f32; FEATURES],
    pub(crate) deviation: [f32; FEATURES],
}

/// Checks, sorts and splits. `share` of the scan days, at least one, is the validation part.
pub(crate) fn prepare(
    rows: &[LabelledRow],
    contract: &FeatureContract<'_>,
    minimum: usize,
    share: f64,
) -> Result<Prepared, TrainError> {
    if rows.len() < minimum {
        return Err(TrainError::TooFewRows { have: rows.len(), need: minimum });
    }
    for (position, row) in rows.iter().enumerate() {
        check_row(position, row, contract)?;
    }
    let mut rows = rows.to_vec();
    rows.sort_by(compare);

    let (days, first) = validation_from(rows.iter().map(|row| row.scan_day), share);
    let Some(first) = first else {
        return Err(TrainError::NothingToFit { days, rows: 0 });
    };
    let validation: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].scan_day >= first).collect();
    let fit: Vec<usize> = (0..rows.len()).filter(|&i| is_fitted(&rows[i], first)).collect();
    if fit.len() < LEAST_FITTED {
        return Err(TrainError::NothingToFit { days, rows: fit.len() });
    }
    let mut counts = [0usize; CLASSES];
    for &i in &fit {
        counts[usize::from(rows[i].class)] += 1;
    }
    if let Some(class) = counts.iter().position(|&count| count == 0) {
        return Err(TrainError::MissingClass { class: CLASS_NAMES[class], counts, fit: fit.len() });
    }
    let sha256 = hash(&rows, contract);
    Ok(Prepared { rows, fit, validation, validation_first_day: first, days, sha256 })
}

/// Whether a training on `rows` would have rows to fit: known before the last days, which are its validation part.
pub fn can_be_fitted(rows: &[&LabelledRow], settings: &TrainSettings) -> bool {
    let days = rows.iter().map(|row| row.scan_day);
    validation_from(days, settings.validation_share).1.is_some_and(|first| {
        rows.iter().filter(|row| is_fitted(row, first)).count() >= LEAST_FITTED
    })
}

/// The number of scan days and the first one of the validation part; none where nothing is left before it.
fn validation_from(days: impl Iterator<Item = i32>, share: f64) -> (usize, Option<i32>) {
    let days: Vec<i32> = days.collect::<BTreeSet<_>>().into_iter().collect();
    let held = ((days.len() as f64 * share).ceil() as usize).max(1);
    (days.len(), days.len().checked_sub(held).filter(|first| *first > 0).map(|first| days[first]))
}

/// Scanned and known before the validation part.
fn is_fitted(row: &LabelledRow, validation_first_day: i32) -> bool {
    row.scan_day < validation_first_day && row.evaluation_day < validation_first_day
}

fn check_row(
    position: usize,
    row: &LabelledRow,
    contract: &FeatureContract<'_>,
) -> Result<(), TrainError> {
    if let Some(feature) = row.features.iter().position(|value| !(*value as f32).is_finite()) {
        return Err(TrainError::NotFinite {
            row: position,
            what: contract.names[feature].to_owned(),
            value: row.features[feature],
        });
    }
    if !row.roi.is_finite() {
        return Err(TrainError::NotFinite { row: position, what: "roi".into(), value: row.roi });
    }
    if let Some(score) = row.score.filter(|score| !score.is_finite()) {
        let what = "technical score".to_owned();
        return Err(TrainError::NotFinite { row: position, what, value: score });
    }
    let problem = if usize::from(row.class) >= CLASSES {
        format!("class {} is not one of 0 to 3", row.class)
    } else if !(row.weight.is_finite() && row.weight > 0.0) {
        format!("weight {} is not above 0", row.weight)
    } else if row.evaluation_day < row.scan_day {
        format!("evaluation day {} lies before scan day {}", row.evaluation_day, row.scan_day)
    } else {
        return Ok(());
    };
    Err(TrainError::BadRow { row: position, problem })
}

/// The canonical order of rows.
pub(crate) fn compare(a: &LabelledRow, b: &LabelledRow) -> std::cmp::Ordering {
    let features = || {
        a.features
            .iter()
            .zip(&b.features)
            .map(|(x, y)| x.total_cmp(y))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    (a.scan_day, a.evaluation_day, a.class)
        .cmp(&(b.scan_day, b.evaluation_day, b.class))
        .then_with(features)
        .then_with(|| a.roi.total_cmp(&b.roi))
        .then_with(|| a.weight.total_cmp(&b.weight))
        .then_with(|| a.score.unwrap_or(-1.0).total_cmp(&b.score.unwrap_or(-1.0)))
}

/// SHA-256 over contract and rows, whatever their order, hexadecimal.
pub fn rows_sha256(rows: &[LabelledRow], contract: &FeatureContract<'_>) -> String {
    let mut rows: Vec<&LabelledRow> = rows.iter().collect();
    rows.sort_by(|one, other| compare(one, other));
    hash(rows, contract)
}

fn hash<'a>(
    rows: impl IntoIterator<Item = &'a LabelledRow>,
    contract: &FeatureContract<'_>,
) -> String {
    let mut digest = Sha256::new();
    digest.update(contract.version.to_le_bytes());
    for name in contract.names {
        digest.update(name.as_bytes());
        digest.update([0]);
    }
    let mut bytes = Vec::new();
    for row in rows {
        bytes.clear();
        bytes.extend_from_slice(&row.scan_day.to_le_bytes());
        bytes.extend_from_slice(&row.evaluation_day.to_le_bytes());
        bytes.push(row.class);
        let numbers = [row.roi, row.weight].into_iter().chain(row.features).chain(row.score);
        bytes.extend(numbers.flat_map(f64::to_le_bytes));
        digest.update(&bytes);
    }
    hex(&digest.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Weighted mean and deviation over the rows; a constant feature is an error, because dividing by
/// its deviation would make every score meaningless.
pub(crate) fn scaler(
    rows: &[&LabelledRow],
    contract: &FeatureContract<'_>,
) -> Result<Scaler, TrainError> {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    let mut scaler = Scaler { mean: [0.0; FEATURES], deviation: [0.0; FEATURES] };
    for feature in 0..FEATURES {
        let mean = rows.iter().map(|row| row.weight * row.features[feature]).sum::<f64>() / total;
        let square = |row: &&LabelledRow| row.weight * (row.features[feature] - mean).powi(2);
        let deviation = (rows.iter().map(square).sum::<f64>() / total).sqrt();
        // Below this share of the mean, the values are equal in f32.
        if deviation <= 1e-6 * mean.abs() || (deviation as f32) < f32::MIN_POSITIVE {
            return Err(TrainError::NeverMoves {
                feature: contract.names[feature].to_owned(),
                value: mean,
                rows: rows.len(),
            });
        }
        scaler.mean[feature] = mean as f32;
        scaler.deviation[feature] = deviation as f32;
    }
    Ok(scaler)
}
