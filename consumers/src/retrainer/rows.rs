//! Rows as a training takes them, and how they are split by time.

use super::Judged;
use schemas::Day;
use schemas::events::Sample;
use std::collections::BTreeSet;
use success::{CLASSES, Row};

/// Matured scan days a challenger is judged on.
const HELD_OUT_DAYS: usize = 60;

/// The numbers of a features event or a sample, if they are of this contract and all finite.
pub(super) fn features_of(contract_version: i32, values: &[f64]) -> Option<[f64; 23]> {
    let features: [f64; 23] = values.try_into().ok()?;
    let finite = features.iter().all(|value| (*value as f32).is_finite());
    (contract_version == quant::CONTRACT_VERSION as i32 && finite).then_some(features)
}

/// Whether a training can take the row; one that it cannot would end every training to come.
pub(super) fn sound(row: &Row) -> bool {
    usize::from(row.class) < CLASSES
        && row.roi.is_finite()
        && row.weight.is_finite()
        && row.weight > 0.0
        && row.score.is_none_or(f64::is_finite)
        && row.evaluation_day >= row.scan_day
}

pub(super) fn row_of(sample: &Sample) -> Option<Row> {
    let row = Row {
        features: features_of(sample.contract_version, &sample.values)?,
        class: u8::try_from(sample.class).ok()?,
        roi: sample.roi,
        scan_day: sample.as_of.0,
        evaluation_day: sample.evaluation_day.0,
        weight: sample.weight,
        score: sample.score,
    };
    sound(&row).then_some(row)
}

/// Rows split at the first held-out day; a row evaluated on or after it and scanned before it
/// is in neither part: that is the embargo.
pub(super) struct Split {
    pub(super) train: Vec<Row>,
    pub(super) held_out: Vec<Row>,
    pub(super) days: Judged,
}

pub(super) fn split(mut rows: Vec<Row>) -> Result<Split, String> {
    rows.sort_by(|a, b| {
        let key = |row: &Row| (row.scan_day, row.evaluation_day);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.features.partial_cmp(&b.features).unwrap_or(std::cmp::Ordering::Equal))
    });
    let days: BTreeSet<i32> = rows.iter().map(|row| row.scan_day).collect();
    let mut last_days = days.iter().rev().take(HELD_OUT_DAYS);
    let (Some(last), Some(first)) = (last_days.next(), last_days.next_back()) else {
        return Err(format!(
            "{} matured scan days are not enough to hold {HELD_OUT_DAYS} out; wait for more",
            days.len()
        ));
    };
    let train = rows.iter().filter(|row| row.evaluation_day < *first).cloned().collect();
    let held_out = rows.iter().filter(|row| row.scan_day >= *first).cloned().collect();
    Ok(Split { train, held_out, days: Judged { first: Day(*first), last: Day(*last) } })
}

/// How many of these rows a training could train on: those evaluated before the held-out days.
pub(super) fn trainable(rows: &[Row]) -> usize {
    let days: BTreeSet<i32> = rows.iter().map(|row| row.scan_day).collect();
    let first = days.iter().rev().nth(HELD_OUT_DAYS - 1);
    first.map_or(0, |first| rows.iter().filter(|row| row.evaluation_day < *first).count())
}
