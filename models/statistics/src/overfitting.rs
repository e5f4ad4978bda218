//! Probability of backtest overfitting: how often the configuration that was best on some days is at or
//! below the median on the others, over every way to split the days (combinatorially symmetric
//! cross-validation: Bailey, Borwein, López de Prado and Zhu, "The probability of backtest overfitting",
//! 2015).
//!
//! The days are cut into 8 blocks of consecutive ones, so that overlapping holdings stay together but at
//! the seams. Each of the 70 ways to take 4 of them as in-sample days is one split; the other 4 are out of
//! sample. All days are used: where their number is no multiple of 8, some blocks have one day more.
//! Performance is the daily Sharpe ratio, and 0 in a half without a trade.

use crate::days::mean;
use crate::returns_matrix::{ReturnsMatrix, highest, median, sharpe_or_flat};
use serde::{Deserialize, Serialize};

/// Blocks of consecutive days.
const BLOCKS: usize = 8;
/// Blocks that are in sample.
const HALF: usize = BLOCKS / 2;
/// Days that a block has at least.
const LEAST_BLOCK: usize = 20;
/// Configurations below which a rank says nothing.
const LEAST_CONFIGURATIONS: usize = 10;

/// How the best in sample does out of sample. Sharpe ratios are those of a day; × √252 makes them annual.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Overfitting {
    /// Configurations given.
    pub given: usize,
    /// Configurations compared; of those with equal returns on every day, one.
    pub configurations: usize,
    /// Days of each.
    pub days: usize,
    /// Share of the splits in which the in-sample best is at or below the median out of sample.
    pub pbo: f64,
    /// Median of the splits' out-of-sample ranks, 1 the worst and `configurations` the best.
    pub median_rank: f64,
    /// Mean of in-sample minus out-of-sample Sharpe ratio of the in-sample best.
    pub mean_degradation: f64,
    /// Median of the same.
    pub median_degradation: f64,
    /// Slope of the least-squares line of the best's out-of-sample Sharpe ratio over its in-sample one; below 0,
    /// the better a configuration looks, the worse it does. None if the in-sample ones are all equal.
    pub slope: Option<f64>,
    /// That line's value at an in-sample Sharpe ratio of 0.
    pub intercept: Option<f64>,
    /// Share of the splits in which the in-sample best loses out of sample.
    pub probability_of_loss: f64,
    /// All 70 splits.
    pub splits: Vec<OverfittingSplit>,
}

/// One split.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OverfittingSplit {
    /// Blocks that are in sample, 0 the earliest; ascending.
    pub in_sample_blocks: Vec<usize>,
    /// Place of the in-sample best among the configurations given; of equal ones the first.
    pub best: usize,
    /// Its in-sample Sharpe ratio.
    pub in_sample: f64,
    /// Its out-of-sample Sharpe ratio.
    pub out_of_sample: f64,
    /// Its out-of-sample rank, 1 the worst; equal ones share the mean of their ranks.
    pub rank: f64,
    /// ln(ω ÷ (1 − ω)), ω = rank ÷ (configurations + 1): 0 at the median.
    pub logit: f64,
}

/// Why no probability of overfitting is given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OverfittingError {
    /// A rank among few says nothing.
    #[error(
        "{distinct} of {given} configurations have returns of their own; {needed} are needed to tell \
         overfitting, so run more on the same days"
    )]
    TooFewConfigurations {
        /// Configurations given.
        given: usize,
        /// Those whose returns differ from every earlier one's.
        distinct: usize,
        /// Needed.
        needed: usize,
    },
    /// Blocks would be too short for a Sharpe ratio.
    #[error("{days} days are too few for {BLOCKS} blocks of {LEAST_BLOCK}; {needed} are needed")]
    TooFewDays {
        /// Days given.
        days: usize,
        /// Days needed.
        needed: usize,
    },
}

/// Judges the choice of the best among the configurations of `matrix`. Configurations that are equal on
/// every day count once ([`ReturnsMatrix::distinct`]). Nothing is drawn.
///
/// # Errors
/// [`OverfittingError`] below 10 distinct configurations or 160 days.
pub fn probability_of_overfitting(matrix: &ReturnsMatrix) -> Result<Overfitting, OverfittingError> {
    let (days, given, distinct) = (matrix.days(), matrix.given(), matrix.distinct().len());
    if distinct < LEAST_CONFIGURATIONS {
        let needed = LEAST_CONFIGURATIONS;
        return Err(OverfittingError::TooFewConfigurations { given, distinct, needed });
    }
    let needed = BLOCKS * LEAST_BLOCK;
    if days < needed {
        return Err(OverfittingError::TooFewDays { days, needed });
    }
    let splits: Vec<OverfittingSplit> = halves().map(|half| split(matrix, half)).collect();
    let figures = |of: fn(&OverfittingSplit) -> f64| splits.iter().map(of).collect::<Vec<f64>>();
    let share = |of: fn(&OverfittingSplit) -> bool| {
        splits.iter().filter(|split| of(split)).count() as f64 / splits.len() as f64
    };
    let degradation = figures(|split| split.in_sample - split.out_of_sample);
    let line = line(&figures(|split| split.in_sample), &figures(|split| split.out_of_sample));
    Ok(Overfitting {
        given,
        configurations: distinct,
        days,
        pbo: share(|split| split.logit <= 0.0),
        median_rank: median(&figures(|split| split.rank)),
        mean_degradation: mean(&degradation).unwrap_or_default(),
        median_degradation: median(&degradation),
        slope: line.map(|(slope, _)| slope),
        intercept: line.map(|(_, intercept)| intercept),
        probability_of_loss: share(|split| split.out_of_sample < 0.0),
        splits,
    })
}

/// Every choice of half the blocks, as the bits of a number.
fn halves() -> impl Iterator<Item = u32> {
    (0..1u32 << BLOCKS).filter(|half| half.count_ones() as usize == HALF)
}

fn split(matrix: &ReturnsMatrix, half: u32) -> OverfittingSplit {
    let inside = |block: usize| half >> block & 1 == 1;
    let over = |wanted: bool| -> Vec<f64> {
        let sharpe = |row: &usize| {
            let blocks = (0..BLOCKS).filter(|block| inside(*block) == wanted);
            let days: Vec<f64> =
                blocks.flat_map(|block| block_of(matrix.row(*row), block)).copied().collect();
            sharpe_or_flat(&days)
        };
        matrix.distinct().iter().map(sharpe).collect()
    };
    let (in_sample, out_of_sample) = (over(true), over(false));
    let best = highest(&in_sample);
    let rank = rank(&out_of_sample, best);
    OverfittingSplit {
        in_sample_blocks: (0..BLOCKS).filter(|block| inside(*block)).collect(),
        best: matrix.distinct()[best],
        in_sample: in_sample[best],
        out_of_sample: out_of_sample[best],
        rank,
        // ω ÷ (1 − ω), without the rounding of a division: exactly 1 at the median.
        logit: (rank / ((out_of_sample.len() + 1) as f64 - rank)).ln(),
    }
}

/// The days of one block.
fn block_of(row: &[f64], block: usize) -> &[f64] {
    &row[block * row.len() / BLOCKS..(block + 1) * row.len() / BLOCKS]
}

/// Rank of the value at `place`, 1 the lowest; equal values share the mean of their ranks.
fn rank(values: &[f64], place: usize) -> f64 {
    let below = values.iter().filter(|value| **value < values[place]).count();
    let equal = values.iter().filter(|value| **value == values[place]).count();
    below as f64 + (equal as f64 + 1.0) / 2.0
}

/// Slope and intercept of the least-squares line of `y` over `x`; none if `x` does not vary.
fn line(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let (x_mean, y_mean) = (mean(x)?, mean(y)?);
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| of(x - x_mean, y - y_mean)).sum()
    };
    let differ = x.iter().any(|value| *value != x[0]);
    let slope = sum(&|x, y| x * y) / sum(&|x, _| x * x);
    differ.then_some((slope, y_mean - slope * x_mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{SeededRng, Stream};

    /// Rows of noise; row i gains i × `step` a day besides.
    fn matrix(rows: usize, days: usize, step: f64) -> ReturnsMatrix {
        let mut rng = SeededRng::new(11, Stream::Null);
        let mut row = |at: usize| -> Vec<f64> {
            (0..days).map(|_| rng.unit() - 0.5 + at as f64 * step).collect()
        };
        ReturnsMatrix::new((0..rows).map(&mut row).collect()).unwrap()
    }

    #[test]
    fn given_true_differences_when_split_then_the_best_stays_best_and_in_noise_it_does_not() {
        let real = probability_of_overfitting(&matrix(12, 403, 0.1)).unwrap();
        assert_eq!((real.splits.len(), real.pbo, real.probability_of_loss), (70, 0.0, 0.0));
        assert!(real.splits.iter().all(|split| split.best >= 10), "{real:?}");
        let noise = probability_of_overfitting(&matrix(40, 403, 0.0)).unwrap();
        assert!(noise.pbo > 0.3 && noise.mean_degradation > 0.1, "{noise:?}");
        assert!(
            noise.slope.unwrap() < 0.0,
            "halves of the same days: what one gains the other lacks"
        );
    }

    #[test]
    fn given_rows_that_never_trade_when_split_then_they_are_one_with_a_ratio_of_0() {
        let losing = matrix(10, 160, -1.0);
        let mut rows: Vec<Vec<f64>> = (1..10).map(|at| losing.row(at).to_vec()).collect();
        rows.extend([vec![0.0; 160], vec![0.0; 160]]);
        let found = probability_of_overfitting(&ReturnsMatrix::new(rows).unwrap()).unwrap();
        assert_eq!((found.given, found.configurations, found.days), (11, 10, 160));
        let flat = |split: &OverfittingSplit| (split.best, split.out_of_sample, split.rank);
        assert!(found.splits.iter().all(|split| flat(split) == (9, 0.0, 10.0)));
        assert_eq!((found.pbo, found.slope, found.probability_of_loss), (0.0, None, 0.0));
    }

    #[test]
    fn equal_values_share_the_mean_of_their_ranks() {
        let values = [0.3, 0.1, 0.3, 0.2, 0.3];
        assert_eq!([0, 1, 3].map(|place| rank(&values, place)), [4.0, 1.0, 2.0]);
    }

    #[test]
    fn given_too_little_when_judged_then_it_is_refused() {
        let refusal =
            |rows, days| probability_of_overfitting(&matrix(rows, days, 0.1)).unwrap_err();
        assert_eq!(refusal(10, 159), OverfittingError::TooFewDays { days: 159, needed: 160 });
        let few = OverfittingError::TooFewConfigurations { given: 9, distinct: 9, needed: 10 };
        assert_eq!(refusal(9, 160), few);
        assert!(refusal(0, 0).to_string().contains("10 are needed"));
    }
}
