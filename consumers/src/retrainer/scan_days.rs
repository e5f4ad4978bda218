//! Scan days with matured rows, and what a split by time needs to know of them.

use schemas::Day;
use schemas::evaluation::HELD_OUT_DAYS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use success::LabelledRow;

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

/// A scan day with matured rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ScanDay {
    pub(super) rows: usize,
    pub(super) last_evaluation: i32,
}

/// Scan days with matured rows.
pub(super) type ScanDays = BTreeMap<i32, ScanDay>;

/// The scan days of `rows`.
pub(super) fn scan_days<'a>(rows: impl Iterator<Item = &'a LabelledRow>) -> ScanDays {
    let mut days = ScanDays::new();
    for row in rows {
        let day = days.entry(row.scan_day).or_default();
        day.rows += 1;
        day.last_evaluation = day.last_evaluation.max(row.evaluation_day);
    }
    days
}

/// Scan days of which every candidate has an outcome, or none can come; `open` are the others.
pub(super) fn matured<'a>(
    days: &'a ScanDays,
    open: &'a BTreeSet<i32>,
) -> impl DoubleEndedIterator<Item = i32> + 'a {
    days.keys().copied().filter(|day| !open.contains(day))
}

/// The last matured scan days; their number if they are too few.
pub(super) fn held_out(days: &ScanDays, open: &BTreeSet<i32>) -> Result<HeldOutDays, usize> {
    let (first, last) =
        (matured(days, open).rev().nth(HELD_OUT_DAYS - 1), matured(days, open).next_back());
    match (first, last) {
        (Some(first), Some(last)) => Ok(HeldOutDays { first: Day(first), last: Day(last) }),
        _ => Err(matured(days, open).count()),
    }
}

/// Where the embargo begins: the first scan day with a row evaluated on or after the first
/// held-out day. Rows scanned before it are all known by then. A later row may be known too, but
/// only if it was held shorter than its neighbours; the last days of a training, which choose
/// epoch and penalty and measure drift, would then be unlike any others.
pub fn embargo(rows: &[LabelledRow], held_out_from: Day) -> i32 {
    embargo_of(&scan_days(rows.iter()), held_out_from)
}

/// The same of scan days.
pub(super) fn embargo_of(days: &ScanDays, held_out_from: Day) -> i32 {
    let reaching = days.iter().find(|(_, day)| day.last_evaluation >= held_out_from.0);
    reaching.map_or(held_out_from.0, |(scan_day, _)| *scan_day)
}

/// The number of rows before the embargo.
pub(super) fn trainable(days: &ScanDays, open: &BTreeSet<i32>) -> usize {
    held_out(days, open).map_or(0, |held_out| {
        days.range(..embargo_of(days, held_out.first)).map(|(_, day)| day.rows).sum()
    })
}

/// The number of `rows` from before the embargo, which a training could use; `open` are scan days with
/// candidates that have no outcome yet.
pub fn trainable_rows(rows: &[LabelledRow], open: &BTreeSet<i32>) -> usize {
    trainable(&scan_days(rows.iter()), open)
}

/// How many more scan days must mature before a training has other rows: until the first embargoed
/// day is over before the held-out days begin. At least 1.
pub(super) fn days_to_new_rows(days: &ScanDays, open: &BTreeSet<i32>, held_out_from: Day) -> usize {
    let first = embargo_of(days, held_out_from);
    let over = days.get(&first).map_or(first, |day| day.last_evaluation);
    let behind = matured(days, open).filter(|day| *day > over).count();
    HELD_OUT_DAYS.saturating_sub(behind).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_to_new_rows_are_those_after_which_the_embargo_has_moved() {
        // Held for 3 to 9 days, as weeks go.
        let days = |count: i32| -> ScanDays {
            let of = |day: i32| (day, ScanDay { rows: 5, last_evaluation: day + 9 - day % 7 });
            (0..count).map(of).collect()
        };
        let open = BTreeSet::new();
        let embargo = |count| {
            let days = days(count);
            let first = held_out(&days, &open).expect("enough").first;
            (embargo_of(&days, first), days_to_new_rows(&days, &open, first) as i32)
        };
        for count in 100..120 {
            let (before, wait) = embargo(count);
            assert_eq!(embargo(count + wait - 1).0, before, "{count} days: not yet");
            assert!(embargo(count + wait).0 > before, "{count} days: then");
        }
    }
}
