//! The rows that a training is given: at most so many, drawn evenly over the scan days.
//!
//! Rows of a day share their future, so a day's twentieth row says little that its tenth did not,
//! while a training's cost grows with every row. Each scan day therefore gives the same number of
//! rows, or all that it has, and its rows are weighted back to what the day weighed before.

use crate::prepare::compare;
use crate::row::LabelledRow;
use std::collections::BTreeMap;

/// Most rows that a training is given.
pub const MOST_ROWS: usize = 10_000;

/// At most `most` of the rows, drawn with `seed` evenly over their scan days, each weighted by
/// what its day weighed over what was drawn of it; by ascending scan day. The order of the rows
/// changes nothing.
pub fn draw_evenly(rows: Vec<LabelledRow>, most: usize, seed: u64) -> Vec<LabelledRow> {
    let mut days = BTreeMap::<i32, Vec<LabelledRow>>::new();
    for row in rows {
        days.entry(row.scan_day).or_default().push(row);
    }
    let each = rows_a_day(days.values().map(Vec::len), most);
    let mut drawn = Vec::new();
    for mut day in days.into_values() {
        let weight = |rows: &[LabelledRow]| rows.iter().map(|row| row.weight).sum::<f64>();
        let before = weight(&day);
        if thin(&mut day, each, seed) {
            let factor = before / weight(&day);
            day.iter_mut().for_each(|row| row.weight *= factor);
        }
        drawn.append(&mut day);
    }
    drawn
}

/// The most rows that each scan day may give so that all together give at most `most`, given how
/// many rows each has. More days never make it larger.
pub fn rows_a_day(counts: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    let mut left = most;
    for (place, &count) in counts.iter().enumerate() {
        let share = left / (counts.len() - place);
        if count > share {
            return share;
        }
        left -= count;
    }
    usize::MAX
}

/// Keeps `keep` of a day's rows, those that `seed` puts first; whether any row went.
pub fn thin(day: &mut Vec<LabelledRow>, keep: usize, seed: u64) -> bool {
    if day.len() <= keep {
        return false;
    }
    // Rows that are equal in everything may take either place.
    day.sort_by(|a, b| place(a, seed).cmp(&place(b, seed)).then_with(|| compare(a, b)));
    day.truncate(keep);
    true
}

/// Where a row stands in its day's draw: a mix of its own bits and the seed, so that it depends on
/// no other row.
fn place(row: &LabelledRow, seed: u64) -> u64 {
    let days = (row.scan_day as u64) << 32 ^ row.evaluation_day as u64;
    let features = row.features.iter().map(|value| value.to_bits());
    features.fold(mixed(seed ^ days), |state, bits| mixed(state ^ bits))
}

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::contract::FEATURES;

    /// Days of as many rows as `counts` says, each row with a weight of its day's own.
    fn rows(counts: &[usize]) -> Vec<LabelledRow> {
        let row = |day: usize, number: usize| LabelledRow {
            features: [number as f64; FEATURES],
            class: 0,
            roi: 0.0,
            scan_day: day as i32,
            evaluation_day: day as i32 + 9,
            weight: 1.0 + day as f64,
            score: None,
        };
        let day = |(day, count): (usize, &usize)| (0..*count).map(move |number| row(day, number));
        counts.iter().enumerate().flat_map(day).collect()
    }

    fn by_day(rows: &[LabelledRow], day: i32) -> Vec<&LabelledRow> {
        rows.iter().filter(|row| row.scan_day == day).collect()
    }

    #[test]
    fn every_day_gives_as_many_rows_and_keeps_its_weight() {
        let counts = [3, 100, 50, 0, 70];
        let drawn = draw_evenly(rows(&counts), 63, 1);
        let given = |day| by_day(&drawn, day).len();
        assert_eq!([0, 1, 2, 4].map(given), [3, 20, 20, 20]);
        for (day, count) in counts.into_iter().enumerate() {
            let weight: f64 = by_day(&drawn, day as i32).iter().map(|row| row.weight).sum();
            assert!((weight - count as f64 * (1.0 + day as f64)).abs() < 1e-9, "day {day}");
        }
        assert_eq!(draw_evenly(rows(&counts), 223, 1), rows(&counts), "all of them fit");
    }

    #[test]
    fn the_seed_draws_and_the_order_does_not() {
        let mut backwards = rows(&[100, 100]);
        backwards.reverse();
        let drawn = draw_evenly(rows(&[100, 100]), 40, 1);
        assert_eq!(draw_evenly(backwards, 40, 1), drawn);
        assert_ne!(draw_evenly(rows(&[100, 100]), 40, 2), drawn);
        let first = |day| by_day(&drawn, day).iter().map(|row| row.features[0]).sum::<f64>() / 20.0;
        assert!([first(0), first(1)].iter().all(|mean| (30.0..70.0).contains(mean)), "evenly");
    }

    #[test]
    fn what_more_days_leave_of_a_day_is_what_they_would_have_left_at_once() {
        let mut early = rows(&[100]);
        assert!(thin(&mut early, 30, 5));
        assert!(thin(&mut early, 10, 5));
        let mut late = rows(&[100]);
        assert!(thin(&mut late, 10, 5) && !thin(&mut late, 10, 5));
        assert_eq!(early, late);
    }

    #[test]
    fn the_rows_of_a_day_fill_what_small_days_leave() {
        let a_day = |counts: &[usize], most| rows_a_day(counts.iter().copied(), most);
        assert_eq!(a_day(&[10, 10], 20), usize::MAX);
        assert_eq!(a_day(&[10, 10], 19), 9);
        assert_eq!(a_day(&[2, 30, 30], 20), 9);
        assert_eq!(a_day(&[5; 9], 4), 0, "more days than rows");
        assert_eq!(a_day(&[], 4), usize::MAX);
    }
}
