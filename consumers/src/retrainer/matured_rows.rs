//! The run's own matured rows, by scan day: those that a training may still be given.
//!
//! A training draws at most [`MOST_ROWS`] rows evenly over its scan days, so of each day that is
//! trained on no more are kept than that can ever take: more days never give a day more rows. Memory
//! then does not grow with the length of a run.

use super::scan_days::{ScanDay, ScanDays};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use success::{LabelledRow, MOST_ROWS, rows_a_day, thin};

/// Which rows of a day are kept; a training draws among them with the seed of its settings, which
/// this state does not know.
const SEED: u64 = 0;

/// A scan day's rows.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct MaturedDay {
    rows: Vec<LabelledRow>,
    /// How many matured, the ones let go included.
    matured: u32,
    last_evaluation: i32,
}

/// Matured rows by scan day; each weighs 1.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct MaturedRows(BTreeMap<i32, MaturedDay>);

impl MaturedRows {
    /// Takes in a row.
    pub(super) fn push(&mut self, row: LabelledRow) {
        let day = self.0.entry(row.scan_day).or_default();
        day.matured += 1;
        day.last_evaluation = day.last_evaluation.max(row.evaluation_day);
        day.rows.push(row);
    }

    /// How many rows matured.
    pub(super) fn matured(&self) -> i64 {
        self.0.values().map(|day| i64::from(day.matured)).sum()
    }

    /// Every scan day with a matured row.
    pub(super) fn scan_days(&self) -> ScanDays {
        let of = |day: &MaturedDay| ScanDay {
            rows: day.matured as usize,
            last_evaluation: day.last_evaluation,
        };
        self.0.iter().map(|(scan_day, day)| (*scan_day, of(day))).collect()
    }

    /// The rows kept, each weighing as many as it stands for.
    pub(super) fn weighted(&self) -> Vec<LabelledRow> {
        let of = |day: &MaturedDay| {
            let weight = f64::from(day.matured) / day.rows.len() as f64;
            day.rows
                .iter()
                .map(move |row| LabelledRow { weight, ..row.clone() })
                .collect::<Vec<_>>()
        };
        self.0.values().flat_map(of).collect()
    }

    /// The rows kept that were scanned before `before`.
    pub(super) fn scanned_before(&self, before: i32) -> Vec<&LabelledRow> {
        self.0.range(..before).flat_map(|(_, day)| &day.rows).collect()
    }

    /// Lets go of the rows scanned before `before` that no training can draw.
    pub(super) fn let_go(&mut self, before: i32) {
        let each = {
            let counts = self.0.range(..before).map(|(_, day)| day.matured as usize);
            rows_a_day(counts, MOST_ROWS)
        };
        for (_, day) in self.0.range_mut(..before) {
            if thin(&mut day.rows, each.max(1), SEED) {
                day.rows.shrink_to_fit();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::learning::rows;
    use success::draw_evenly;

    #[test]
    fn what_is_kept_does_not_grow_with_the_days_and_stands_for_all() {
        let (all, mut matured) = (rows(400, 60), MaturedRows::default());
        for row in all.iter().cloned() {
            let day = row.scan_day;
            matured.push(row);
            matured.let_go(day - 40);
        }
        // Of 359 days 27 rows each are left; of the last 41 all are.
        assert_eq!(
            (matured.scanned_before(i32::MAX).len(), matured.matured()),
            (359 * 27 + 41 * 60, 400 * 60)
        );
        let weight: f64 = matured.weighted().iter().map(|row| row.weight).sum();
        assert!((weight - 400.0 * 60.0).abs() < 1e-6, "{weight}");
        // A training draws as if all of them were there.
        let trained: Vec<LabelledRow> =
            matured.weighted().into_iter().filter(|row| row.scan_day < 359).collect();
        let whole: Vec<LabelledRow> = all.into_iter().filter(|row| row.scan_day < 359).collect();
        assert_eq!(draw_evenly(trained, MOST_ROWS, SEED), draw_evenly(whole, MOST_ROWS, SEED));
    }
}
