//! Training rows, and their split by time.

use super::scan_days::{HeldOutDays, days_to_new_rows, embargo_of, held_out, scan_days};
use schemas::Day;
use schemas::contract::CLASSES;
use schemas::evaluation::HELD_OUT_DAYS;
use schemas::events::{ModelTrained, Sample};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use success::LabelledRow;

/// The remedy for too few rows or days.
pub(super) const REMEDY: &str = "draw more history with `butterquant history generate`, or wait until \
                                 more days have matured";

/// A judgement of the gate. The same bytes judged again on the same rows are the same judgement: it
/// gives the same p-value, and counts once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// SHA-256 of the model's bytes.
    pub model: String,
    /// The scan days it was judged on.
    pub days: HeldOutDays,
    /// SHA-256 of the rows; empty in manifests from before it was recorded.
    pub rows: String,
}

impl Judgement {
    /// The judgement recorded with a trained model.
    pub fn of(trained: &ModelTrained) -> Option<Judgement> {
        let manifest: serde_json::Value = serde_json::from_str(&trained.manifest).ok()?;
        let rows = manifest["held_out_sha256"].as_str().unwrap_or_default().to_owned();
        let days = HeldOutDays::of(&trained.manifest)?;
        Some(Judgement { model: trained.sha256.clone(), days, rows })
    }

    /// Whether both are one; where the rows of one are not known, its days stand for them.
    pub(super) fn is(&self, other: &Judgement) -> bool {
        let rows = self.rows == other.rows || self.rows.is_empty() || other.rows.is_empty();
        self.model == other.model && self.days == other.days && rows
    }

    /// How many judgements other than this one touched any day from `first` on.
    pub(super) fn others(&self, judged: &[Judgement], first: Day) -> u32 {
        let mut others: Vec<&Judgement> = Vec::new();
        for one in judged.iter().filter(|one| one.days.last >= first && !one.is(self)) {
            if !others.iter().any(|known| known.is(one)) {
                others.push(one);
            }
        }
        others.len() as u32
    }
}

/// The values of a features event or a sample, if they follow this contract and are finite.
pub(super) fn features_of(contract_version: i32, values: &[f64]) -> Option<[f64; 23]> {
    let features: [f64; 23] = values.try_into().ok()?;
    let finite = features.iter().all(|value| (*value as f32).is_finite());
    (contract_version == schemas::contract::CONTRACT_VERSION as i32 && finite).then_some(features)
}

/// Whether a training can use the row; one unusable row would end every later training.
pub(super) fn sound(row: &LabelledRow) -> bool {
    usize::from(row.class) < CLASSES
        && row.roi.is_finite()
        && row.weight.is_finite()
        && row.weight > 0.0
        && row.score.is_none_or(f64::is_finite)
        && row.evaluation_day >= row.scan_day
}

pub(super) fn row_of(sample: &Sample) -> Option<LabelledRow> {
    let row = LabelledRow {
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

/// Rows split at the first held-out day. Rows between the parts, under the embargo, are in neither.
pub(super) struct Split {
    pub(super) train: Vec<LabelledRow>,
    pub(super) held_out: Vec<LabelledRow>,
    pub(super) days: HeldOutDays,
    /// How many more scan days must mature before a training has other rows.
    pub(super) new_rows_after: usize,
}

/// Splits rows of matured candidates. `open` are scan days with a candidate that has not matured:
/// such a day shows only its shortest holdings, so no model is judged on it.
pub(super) fn split(rows: &[LabelledRow], open: &BTreeSet<i32>) -> Result<Split, String> {
    // Rows are large, and there are more of them than a training takes: they are put in order by reference.
    let mut rows: Vec<&LabelledRow> = rows.iter().collect();
    rows.sort_by(|a, b| {
        let key = |row: &LabelledRow| (row.scan_day, row.evaluation_day);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.features.partial_cmp(&b.features).unwrap_or(std::cmp::Ordering::Equal))
    });
    let all = scan_days(rows.iter().copied());
    let days = held_out(&all, open).map_err(|matured| {
        format!("{matured} matured scan days are too few to hold {HELD_OUT_DAYS} out: {REMEDY}")
    })?;
    let train_before = embargo_of(&all, days.first);
    let new_rows_after = days_to_new_rows(&all, open, days.first);
    let trains = |row: &LabelledRow| row.scan_day < train_before;
    let judges = |row: &LabelledRow| row.scan_day >= days.first.0 && !open.contains(&row.scan_day);
    rows.retain(|row| trains(row) || judges(row));
    let (train, held_out) = rows.into_iter().cloned().partition(trains);
    Ok(Split { train, held_out, days, new_rows_after })
}
