//! The calibration curve for people: what was said beside what came, and how surely. Rows of a day share their future,
//! so the interval of a bin is that of its scan days; by rows it would be many times too narrow.

use crate::calibration::{BINS, Bin, DAY_DRAWS, curve, ranking};
use crate::held_out::{HeldOut, judged};
use crate::judged::Judged;
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};
use statistics::bootstrap::standard_error;
use statistics::normal::Z_975;

/// A bin with the 95 % interval of its frequency.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct BinInterval {
    /// The bin.
    #[serde(flatten)]
    pub bin: Bin,
    /// Lower end, not below 0.
    pub low: f64,
    /// Upper end, not above 1.
    pub high: f64,
}

/// The calibration curve of `rows` by class, each bin with the interval of its frequency: ± 1.96 standard errors by scan
/// day, from the bootstrap with blocks of `block` trading days. None if the days are fewer than one and a half blocks.
pub fn calibration_curve(
    rows: &[HeldOut],
    block: usize,
    seed: u64,
) -> Option<[Vec<BinInterval>; CLASSES]> {
    let rows = judged(rows);
    let mut found: [Vec<BinInterval>; CLASSES] = Default::default();
    for (class, bins) in curve(&rows).into_iter().enumerate() {
        let daily = daily_hits(&rows, class);
        for (number, bin) in bins.into_iter().enumerate() {
            let share = |times: &[f64]| {
                let sum = |of: fn(&(f64, f64)) -> f64| -> f64 {
                    times.iter().zip(&daily[number]).map(|(times, day)| times * of(day)).sum()
                };
                let weight = sum(|day| day.1);
                // Draws of days of which none has a row in the bin show nothing of it.
                if weight > 0.0 { sum(|day| day.0) / weight } else { bin.frequency }
            };
            let error = standard_error(daily[number].len(), block, DAY_DRAWS, seed, share)?;
            let (low, high) = (bin.frequency - Z_975 * error, bin.frequency + Z_975 * error);
            found[class].push(BinInterval { bin, low: low.max(0.0), high: high.min(1.0) });
        }
    }
    Some(found)
}

/// The weight of `class` and of all rows on each scan day, for each bin that is not empty.
fn daily_hits(rows: &[Judged], class: usize) -> Vec<Vec<(f64, f64)>> {
    let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
    days.sort_unstable();
    days.dedup();
    let order = ranking(rows, class);
    let cut = |number: usize| number * order.len() / BINS;
    let members = (0..BINS).map(|number| &order[cut(number)..cut(number + 1)]);
    let of_bin = |members: &[usize]| {
        let mut daily = vec![(0.0, 0.0); days.len()];
        for row in members.iter().map(|&at| &rows[at]) {
            let day = &mut daily[days.partition_point(|day| *day < row.scan_day)];
            day.0 += row.weight * f64::from(u8::from(usize::from(row.class) == class));
            day.1 += row.weight;
        }
        daily
    };
    members.filter(|members| !members.is_empty()).map(of_bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_has_the_interval_of_its_days() {
        // Class 0 comes on every second day for all rows, so that a bin's interval is that of 100 days, not of 2,000 rows.
        let row = |i: i32| HeldOut {
            scan_day: i / 20,
            class: (i / 20 % 2) as u8,
            weight: 1.0,
            probabilities: [0.5 + (i % 20) as f32 / 1e3, 0.3, 0.1, 0.1],
        };
        let rows: Vec<HeldOut> = (0..2_000).map(row).collect();
        let found = calibration_curve(&rows, 1, 1).expect("a hundred days");
        let half = 1.96 * (0.25_f64 / 99.0).sqrt();
        for of in &found[0] {
            assert_eq!((of.bin.rows, of.bin.frequency), (200, 0.5));
            assert!((of.high - 0.5 - half).abs() < 0.01 && (0.5 - of.low - half).abs() < 0.01);
        }
        assert_eq!((found[2][0].low, found[2][0].high), (0.0, 0.0));
        assert_eq!(calibration_curve(&rows, 80, 1), None, "too few blocks");
    }
}
