//! What is known at the close of a day: the rows whose outcome came before it, and the scan days that wait for one.

use std::collections::BTreeSet;
use success::LabelledRow;

/// The scan days of `rows`, which ascend by them.
pub(super) fn days(rows: &[LabelledRow]) -> Vec<i32> {
    let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
    days.dedup();
    days
}

/// The rows of one scan day.
pub(super) fn of_day(rows: &[LabelledRow], day: i32) -> &[LabelledRow] {
    let from = rows.partition_point(|row| row.scan_day < day);
    let to = rows.partition_point(|row| row.scan_day <= day);
    &rows[from..to]
}

/// What is known at the close of a day. An outcome is told at the close after its evaluation day.
pub(super) struct Known {
    pub rows: Vec<LabelledRow>,
    /// Scan days with a candidate that has no outcome yet.
    pub open: BTreeSet<i32>,
}

impl Known {
    pub(super) fn at(rows: &[LabelledRow], day: i32) -> Known {
        let scanned = &rows[..rows.partition_point(|row| row.scan_day <= day)];
        let (known, open): (Vec<&LabelledRow>, Vec<&LabelledRow>) =
            scanned.iter().partition(|row| row.evaluation_day < day);
        Known {
            rows: known.into_iter().cloned().collect(),
            open: open.into_iter().map(|row| row.scan_day).collect(),
        }
    }

    /// Scan days of which every candidate has its outcome.
    pub(super) fn matured(&self) -> usize {
        days(&self.rows).into_iter().filter(|day| !self.open.contains(day)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_knows_what_ended_before_it_and_waits_for_the_rest() {
        let row = |scan_day: i32, held: i32| LabelledRow {
            features: [0.0; 23],
            class: 0,
            roi: 0.0,
            scan_day,
            evaluation_day: scan_day + held,
            weight: 1.0,
            score: None,
        };
        let rows: Vec<LabelledRow> =
            (0..9).flat_map(|day| [row(day, 2), row(day, 2 + day % 2)]).collect();
        assert_eq!(days(&rows), (0..9).collect::<Vec<_>>());
        assert_eq!((of_day(&rows, 4).len(), of_day(&rows, 9).len()), (2, 0));
        let known = Known::at(&rows, 6);
        assert_eq!(known.rows.len(), 7, "both of days 0 to 2, one of day 3");
        assert_eq!(known.open, BTreeSet::from([3, 4, 5, 6]));
        assert_eq!(known.matured(), 3);
    }
}
