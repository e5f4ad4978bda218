//! Training rows, and their split by time.

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

/// The scan days a challenger was judged on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldOutDays {
    /// First held-out scan day.
    pub first: Day,
    /// Last held-out scan day.
    pub last: Day,
}

impl HeldOutDays {
    /// The days recorded in a trained model's manifest.
    pub fn of(manifest: &str) -> Option<HeldOutDays> {
        let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
        serde_json::from_value(manifest.get("held_out")?.clone()).ok()
    }
}

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
}

/// Splits rows of matured candidates. `open` are scan days with a candidate that has not matured:
/// such a day shows only its shortest holdings, so no model is judged on it.
pub(super) fn split(mut rows: Vec<LabelledRow>, open: &BTreeSet<i32>) -> Result<Split, String> {
    rows.sort_by(|a, b| {
        let key = |row: &LabelledRow| (row.scan_day, row.evaluation_day);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.features.partial_cmp(&b.features).unwrap_or(std::cmp::Ordering::Equal))
    });
    let days = held_out(&rows, open).map_err(|matured| {
        format!("{matured} matured scan days are too few to hold {HELD_OUT_DAYS} out: {REMEDY}")
    })?;
    let train_before = embargo(&rows, days.first);
    let (train, mut held_out): (Vec<LabelledRow>, Vec<LabelledRow>) =
        rows.into_iter().partition(|row| row.scan_day < train_before);
    held_out.retain(|row| row.scan_day >= days.first.0 && !open.contains(&row.scan_day));
    Ok(Split { train, held_out, days })
}

/// The number of rows before the embargo.
pub(super) fn trainable(rows: &[LabelledRow], open: &BTreeSet<i32>) -> usize {
    held_out(rows, open).map_or(0, |days| {
        let before = embargo(rows, days.first);
        rows.iter().filter(|row| row.scan_day < before).count()
    })
}

/// The last matured scan days; their number if they are too few.
fn held_out(rows: &[LabelledRow], open: &BTreeSet<i32>) -> Result<HeldOutDays, usize> {
    let days: BTreeSet<i32> = rows.iter().map(|row| row.scan_day).collect();
    let matured: Vec<i32> = days.difference(open).copied().collect();
    match (matured.iter().rev().nth(HELD_OUT_DAYS - 1), matured.last()) {
        (Some(first), Some(last)) => Ok(HeldOutDays { first: Day(*first), last: Day(*last) }),
        _ => Err(matured.len()),
    }
}

/// Where the embargo begins: the first scan day with a row evaluated on or after the first
/// held-out day. Rows scanned before it are all known by then. A later row may be known too, but
/// only if it was held shorter than its neighbours; the last days of a training, which choose
/// epoch and penalty and measure drift, would then be unlike any others.
pub fn embargo(rows: &[LabelledRow], held_out_from: Day) -> i32 {
    let reaching = rows.iter().filter(|row| row.evaluation_day >= held_out_from.0);
    reaching.map(|row| row.scan_day).min().unwrap_or(held_out_from.0)
}
