//! Whether probabilities are calibrated: of the rows given 30 %, do 30 % come true?
//!
//! Calibration error = mean over the four classes, ten equal-count bins, of
//! Σ(n_b/n)·|mean p − frequency|. Even perfect probabilities show some error by chance;
//! labels drawn from the probabilities themselves show how much.

use crate::judged::Judged;
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};
use statistics::bootstrap::standard_error;
use statistics::{SeededRng, Stream};

pub(crate) const BINS: usize = 10;
const LABEL_DRAWS: u32 = 200;
pub(crate) const DAY_DRAWS: u32 = 1_000;

/// A bin of a calibration curve.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// Mean probability given to the class.
    pub mean_probability: f64,
    /// Share of rows of the class.
    pub frequency: f64,
    /// Rows in the bin.
    pub rows: u64,
}

/// The calibration curve by class: probability given and frequency, in bins by ascending
/// probability; empty bins are left out.
pub(crate) fn curve(rows: &[Judged]) -> [Vec<Bin>; CLASSES] {
    std::array::from_fn(|class| {
        let order = ranking(rows, class);
        let bin = |members: &[usize]| {
            let (mut weight, mut given, mut observed) = (0.0, 0.0, 0.0);
            for row in members.iter().map(|&i| &rows[i]) {
                weight += row.weight;
                given += row.weight * row.probabilities[class];
                observed += row.weight * f64::from(u8::from(usize::from(row.class) == class));
            }
            let (mean_probability, frequency) = (given / weight, observed / weight);
            Bin { mean_probability, frequency, rows: members.len() as u64 }
        };
        let cut = |number: usize| number * order.len() / BINS;
        let bins = (0..BINS).map(|number| &order[cut(number)..cut(number + 1)]);
        bins.filter(|members| !members.is_empty()).map(bin).collect()
    })
}

/// The rows by ascending probability of each class; bins are cut from this order.
pub(crate) fn rankings(rows: &[Judged]) -> Vec<Vec<usize>> {
    (0..CLASSES).map(|class| ranking(rows, class)).collect()
}

/// Positions of the rows in ascending order of one class's probability. Ties keep the order
/// of the rows.
pub(crate) fn ranking(rows: &[Judged], class: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| {
        rows[a].probabilities[class].total_cmp(&rows[b].probabilities[class]).then(a.cmp(&b))
    });
    order
}

/// Calibration error for the labels that `class_of` names, with the rows' [`rankings`].
pub(crate) fn calibration_error(
    rows: &[Judged],
    rankings: &[Vec<usize>],
    class_of: impl Fn(usize) -> u8,
) -> f64 {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    let mut error = 0.0;
    for (class, order) in rankings.iter().enumerate() {
        for bin in 0..BINS {
            let members = &order[bin * order.len() / BINS..(bin + 1) * order.len() / BINS];
            let gap: f64 = members
                .iter()
                .map(|&i| {
                    let observed = f64::from(u8::from(usize::from(class_of(i)) == class));
                    rows[i].weight * (rows[i].probabilities[class] - observed)
                })
                .sum();
            error += gap.abs() / total;
        }
    }
    error / rankings.len() as f64
}

/// Standard error of the calibration error by scan day, from the bootstrap with blocks of `block`
/// days; the bins are those of all rows. None if the days are too few for that.
pub(crate) fn error_by_days(
    rows: &[Judged],
    rankings: &[Vec<usize>],
    block: usize,
    seed: u64,
) -> Option<f64> {
    let daily = DailyGaps::of(rows, rankings);
    standard_error(daily.0.len(), block, DAY_DRAWS, seed, |times| daily.error(times))
}

/// The weight of each scan day and its part of every bin's gap, class by class.
struct DailyGaps(Vec<(f64, [[f64; BINS]; CLASSES])>);

impl DailyGaps {
    fn of(rows: &[Judged], rankings: &[Vec<usize>]) -> DailyGaps {
        let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
        days.sort_unstable();
        days.dedup();
        let mut daily = vec![(0.0, [[0.0; BINS]; CLASSES]); days.len()];
        for (class, order) in rankings.iter().enumerate() {
            for (place, row) in order.iter().map(|&at| &rows[at]).enumerate() {
                // The bin into which the cuts of `calibration_error` put this place.
                let bin = ((place + 1) * BINS - 1) / order.len();
                let observed = f64::from(u8::from(usize::from(row.class) == class));
                let day = &mut daily[days.partition_point(|day| *day < row.scan_day)];
                day.0 += row.weight / rankings.len() as f64;
                day.1[class][bin] += row.weight * (row.probabilities[class] - observed);
            }
        }
        DailyGaps(daily)
    }

    /// The calibration error if each day counts `times`.
    fn error(&self, times: &[f64]) -> f64 {
        let (mut weight, mut gaps) = (0.0, [[0.0; BINS]; CLASSES]);
        for (times, day) in times.iter().zip(&self.0) {
            weight += times * day.0;
            let sums = gaps.iter_mut().flatten().zip(day.1.iter().flatten());
            sums.for_each(|(sum, gap)| *sum += times * gap);
        }
        gaps.iter().flatten().map(|gap| gap.abs()).sum::<f64>() / weight / CLASSES as f64
    }
}

/// The mean calibration error of labels drawn from the probabilities themselves.
pub(crate) fn by_chance(rows: &[Judged], rankings: &[Vec<usize>], seed: u64) -> f64 {
    let chance = Chance::of(rows, rankings);
    let mut rng = SeededRng::new(seed, Stream::Labels);
    let error = |_| chance.error(&mut rng);
    (0..LABEL_DRAWS).map(error).sum::<f64>() / f64::from(LABEL_DRAWS)
}

/// What does not change from draw to draw: only the weights that the drawn labels take out of their bins
/// do.
struct Chance {
    rows: Vec<Chances>,
    /// Σ weight · probability of each class's bins.
    given: [f64; CLASSES * BINS],
    total: f64,
}

/// One row's chances: where its place in 0 to 1 ends for all classes but the last, and which bin a label
/// of each class falls into.
struct Chances {
    ends: [f64; CLASSES - 1],
    bins: [u8; CLASSES],
    weight: f64,
}

impl Chance {
    fn of(rows: &[Judged], rankings: &[Vec<usize>]) -> Chance {
        let chances = |row: &Judged| {
            let (sum, mut end) = (row.probabilities.iter().sum::<f64>(), 0.0);
            let ends = std::array::from_fn(|class| {
                end += row.probabilities[class];
                end / sum
            });
            Chances { ends, bins: [0; CLASSES], weight: row.weight }
        };
        let mut chances: Vec<Chances> = rows.iter().map(chances).collect();
        let mut given = [0.0; CLASSES * BINS];
        for (class, order) in rankings.iter().enumerate() {
            for (place, &at) in order.iter().enumerate() {
                // The bin into which the cuts of `calibration_error` put this place.
                let bin = class * BINS + ((place + 1) * BINS - 1) / order.len();
                chances[at].bins[class] = bin as u8;
                given[bin] += rows[at].weight * rows[at].probabilities[class];
            }
        }
        Chance { rows: chances, given, total: rows.iter().map(|row| row.weight).sum() }
    }

    /// The calibration error of one draw.
    fn error(&self, rng: &mut SeededRng) -> f64 {
        let mut gaps = self.given;
        for row in &self.rows {
            let place = rng.unit();
            // Counted, not searched: which label comes is what a processor cannot foresee.
            let class: usize = row.ends.iter().map(|end| usize::from(place >= *end)).sum();
            gaps[usize::from(row.bins[class])] -= row.weight;
        }
        gaps.iter().map(|gap| gap.abs()).sum::<f64>() / self.total / CLASSES as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 rows that give class 0 the probability `stated`; every fourth is of it.
    fn rows(stated: f64) -> Vec<Judged> {
        let rest = (1.0 - stated) / 3.0;
        let row = |i: i32| Judged {
            scan_day: i / 20,
            class: if i % 4 == 0 { 0 } else { 1 + (i % 3) as u8 },
            weight: 1.0,
            probabilities: [stated, rest, rest, rest],
        };
        (0..400).map(row).collect()
    }

    #[test]
    fn what_is_said_and_comes_is_near_chance_and_what_is_not_is_above() {
        let of = |rows: &[Judged]| {
            let order = rankings(rows);
            (calibration_error(rows, &order, |i| rows[i].class), by_chance(rows, &order, 1))
        };
        let (error, chance) = of(&rows(0.25));
        assert!(error < chance + 0.03 && chance > 0.0, "{error} {chance}");
        let (error, chance) = of(&rows(0.55));
        assert!((error - (0.30 + 0.10 * 3.0) / 4.0).abs() < 0.02, "{error}");
        assert!(error > chance + 0.03);
    }

    #[test]
    fn the_error_varies_as_its_days_do() {
        // Always off to the same side, so that the error is the mean of what it is by day.
        let share = |day: i32| (2 + day * 7 % 5 * 3) as f64 / 20.0;
        let row = |i: i32| {
            let class = u8::from(f64::from(i % 20) / 20.0 >= share(i / 20));
            let probabilities = [0.9, 0.1 / 3.0, 0.1 / 3.0, 0.1 / 3.0];
            Judged { scan_day: i / 20, class, weight: 1.0, probabilities }
        };
        let rows: Vec<Judged> = (0..800).map(row).collect();
        let rankings = rankings(&rows);
        let daily: Vec<f64> = (0..40)
            .map(|day| ((0.9 - share(day)) + (1.0 - share(day) - 0.1 / 3.0) + 0.2 / 3.0) / 4.0)
            .collect();
        let (mean, expected) = statistics::mean_by_days(&daily, 1);
        let error = calibration_error(&rows, &rankings, |i| rows[i].class);
        assert!((error - mean).abs() < 1e-12, "{error} {mean}");
        let found = error_by_days(&rows, &rankings, 1, 1).expect("forty days");
        let expected = expected.expect("forty days");
        assert!((found / expected - 1.0).abs() < 0.08, "{found} {expected}");
        assert_eq!(error_by_days(&rows, &rankings, 27, 1), None);
    }

    #[test]
    fn the_curve_is_what_the_error_is_made_of() {
        let mut rows = rows(0.25);
        for (i, row) in rows.iter_mut().enumerate() {
            let stated = 0.1 + 0.8 * (i % 40) as f64 / 40.0;
            row.probabilities = [stated, (1.0 - stated) / 2.0, (1.0 - stated) / 2.0, 0.0];
        }
        let curve = curve(&rows);
        assert!(curve.iter().all(|bins| bins.len() == BINS));
        assert!(curve[0].windows(2).all(|two| two[0].mean_probability < two[1].mean_probability));
        let gaps = curve.iter().flatten().map(|bin| {
            bin.rows as f64 / rows.len() as f64 * (bin.mean_probability - bin.frequency).abs()
        });
        let error = calibration_error(&rows, &rankings(&rows), |i| rows[i].class);
        assert!((gaps.sum::<f64>() / 4.0 - error).abs() < 1e-12);
        // The days add up to it too, although some weigh more.
        rows.iter_mut().for_each(|row| row.weight = f64::from(1 + row.scan_day % 3));
        let error = calibration_error(&rows, &rankings(&rows), |i| rows[i].class);
        let mean_by_days = DailyGaps::of(&rows, &rankings(&rows)).error(&[1.0; 20]);
        assert!((mean_by_days - error).abs() < 1e-12, "{mean_by_days} {error}");
    }

    #[test]
    fn what_chance_does_is_the_mean_error_of_drawn_labels() {
        let mut rows = rows(0.25);
        for (i, row) in rows.iter_mut().enumerate() {
            let stated = 0.1 + 0.8 * (i * 7 % 40) as f64 / 40.0;
            row.probabilities = [stated, (1.0 - stated) * 0.7, 0.0, (1.0 - stated) * 0.3];
            row.weight = f64::from(1 + row.scan_day % 3);
        }
        let rankings = rankings(&rows);
        let mut rng = SeededRng::new(5, Stream::Labels);
        let mut total = 0.0;
        for _ in 0..LABEL_DRAWS {
            let label = |row: &Judged| {
                let (place, mut end) = (rng.unit(), 0.0);
                let class = row.probabilities.iter().position(|p| {
                    end += p;
                    place < end
                });
                class.unwrap_or(CLASSES - 1) as u8
            };
            let drawn: Vec<u8> = rows.iter().map(label).collect();
            total += calibration_error(&rows, &rankings, |i| drawn[i]);
        }
        let found = by_chance(&rows, &rankings, 5);
        assert!((found - total / f64::from(LABEL_DRAWS)).abs() < 1e-12, "{found}");
    }
}
