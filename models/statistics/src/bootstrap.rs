//! The block bootstrap over days: p-values of a mean, standard errors of any figure, and the
//! days a proof would take.
//!
//! Daily figures of neighbouring days rest on the same future, so days are drawn in blocks
//! of H consecutive ones. Two choices keep the test honest when H is not small against the
//! number of days D: blocks wrap round the end (every day is equally likely), and deviations
//! are widened by √(1/(1 − H/D)), because blocks this long overlap one another. Without them a
//! worthless model passes a nominal 10 % test in 15 to 33 % of trials (60 days, H = 10 to 31,
//! independent to fully overlapping days), with them in 12 to 26 %: a proof from two or three
//! blocks stays a weak one. [`crate::false_alarm_rate`] measures that for any D, H and level.

use crate::days::{mean, sd};
use crate::normal::quantile;
use crate::rng::{SeededRng, Stream};
use serde::{Deserialize, Serialize};

/// Bootstrap samples of a reported figure.
pub const DRAWS: u32 = 10_000;

/// Probability of a mean as low as the observed one if the true mean were 0; one-sided.
///
/// None if the days are fewer than one and a half blocks: too few to tell.
pub fn p_value(daily: &[f64], block: usize, draws: u32, seed: u64) -> Option<f64> {
    let gains: Vec<f64> = daily.iter().map(|value| -value).collect();
    gain(&gains, block, draws, seed).map(|gain| gain.p_value)
}

/// A mean gain and what one set of draws shows of it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gain {
    /// The mean of the days.
    pub mean: f64,
    /// The deviation of the means drawn.
    pub standard_error: f64,
    /// The true mean is above this with 95 % confidence, one-sided; above 0 exactly where `p_value` is
    /// below 0.05.
    pub above: f64,
    /// Probability of a mean as high as the observed one if the true mean were 0; one-sided.
    pub p_value: f64,
    /// Bootstrap samples drawn.
    pub draws: u32,
}

/// Judges the mean of daily gains: p-value, bound and error from the same draws.
///
/// None if the days are fewer than one and a half blocks.
pub fn gain(daily: &[f64], block: usize, draws: u32, seed: u64) -> Option<Gain> {
    let mean = daily.iter().sum::<f64>() / daily.len() as f64;
    let mut drawn: Vec<f64> = deviations(daily, block, draws, seed)?.collect();
    drawn.sort_by(f64::total_cmp);
    Some(Gain {
        mean,
        standard_error: sd(&drawn).unwrap_or_default(),
        above: mean - exceeded(&drawn, 0.05),
        p_value: p_of(&drawn, mean),
        draws,
    })
}

/// How likely a draw is at least `observed`, where `drawn` ascends; the observed one counts as a draw.
pub(crate) fn p_of(drawn: &[f64], observed: f64) -> f64 {
    let as_large = drawn.len() - drawn.partition_point(|drawn| *drawn < observed);
    (1 + as_large) as f64 / (1 + drawn.len()) as f64
}

/// The largest value whose [`p_of`] is not below `level`: what is above it, and nothing else, is.
pub(crate) fn exceeded(drawn: &[f64], level: f64) -> f64 {
    // Of all draws and the observed one, fewer than this share may be as large; the observed one is.
    let fewer_than = (level * (drawn.len() + 1) as f64).ceil() as usize;
    let largest = drawn.len().checked_sub(fewer_than.saturating_sub(1));
    largest.and_then(|at| drawn.get(at)).copied().unwrap_or(f64::INFINITY)
}

/// How far the mean of days drawn again lies from the observed one, widened, for each of `draws`.
///
/// None if the days are fewer than one and a half blocks.
pub fn deviations(
    daily: &[f64],
    block: usize,
    draws: u32,
    seed: u64,
) -> Option<impl Iterator<Item = f64>> {
    let days = daily.len();
    let widening = widening(days, block)?;
    let observed = daily.iter().sum::<f64>() / days as f64;
    let mut rng = SeededRng::new(seed, Stream::Bootstrap);
    Some((0..draws).map(move |_| {
        let mut sum = 0.0;
        draw(days, block, &mut rng, |day| sum += daily[day] - observed);
        sum / days as f64 * widening
    }))
}

/// Standard error of a figure that `figure` computes from the days drawn: the deviation over the
/// draws, widened. `figure` is given how often each of the `days` was drawn.
///
/// None if the days are fewer than one and a half blocks.
pub fn standard_error(
    days: usize,
    block: usize,
    draws: u32,
    seed: u64,
    figure: impl Fn(&[f64]) -> f64,
) -> Option<f64> {
    let widening = widening(days, block)?;
    let mut rng = SeededRng::new(seed, Stream::Bootstrap);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..draws {
        let mut times = vec![0.0; days];
        draw(days, block, &mut rng, |day| times[day] += 1.0);
        let value = figure(&times);
        sum += value;
        squares += value * value;
    }
    let mean = sum / f64::from(draws);
    Some((squares / f64::from(draws) - mean * mean).max(0.0).sqrt() * widening)
}

/// How much wider deviations are than those of blocks that overlap one another; none if the days
/// are fewer than one and a half blocks.
fn widening(days: usize, block: usize) -> Option<f64> {
    let enough = block > 0 && 2 * days >= 3 * block;
    enough.then(|| (1.0 / (1.0 - block as f64 / days as f64)).sqrt())
}

/// Draws as many days as there are, in blocks of consecutive ones; the last block is cut short.
fn draw(days: usize, block: usize, rng: &mut SeededRng, mut take: impl FnMut(usize)) {
    let mut left = days;
    while left > 0 {
        let start = rng.below(days);
        for step in 0..block.min(left) {
            take((start + step) % days);
        }
        left -= block.min(left);
    }
}

/// Days after which a mean difference like the observed one would be proven at `level`:
/// H · (z · sd ÷ mean)², from the standard error sd · √(H/D). None if the mean is not below
/// 0: no number of days proves an effect that is absent.
pub fn days_to_prove(daily: &[f64], block: usize, level: f64) -> Option<u32> {
    let mean = mean(daily).filter(|mean| *mean < 0.0)?;
    let needed = block as f64 * (quantile(1.0 - level) * sd(daily)? / mean).powi(2);
    Some(needed.ceil().min(f64::from(u32::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(days: usize, shift: f64) -> Vec<f64> {
        let mut rng = SeededRng::new(3, Stream::Labels);
        (0..days).map(|_| rng.unit() - 0.5 + shift).collect()
    }

    #[test]
    fn a_clear_difference_is_proven_and_none_is_not() {
        let p = |shift| p_value(&noise(60, shift), 5, 2_000, 1).expect("enough days");
        assert!(p(-0.5) < 0.01, "{}", p(-0.5));
        assert!(p(0.0) > 0.02 && p(0.5) > 0.99);
        assert_eq!(p(-0.1).to_bits(), p(-0.1).to_bits(), "seeded");
    }

    #[test]
    fn the_bound_of_a_gain_is_above_0_exactly_where_its_p_value_is_below_5_percent() {
        let mut below = 0;
        for shift in 0..400 {
            let daily = noise(60, f64::from(shift - 100) / 2_000.0);
            let found = gain(&daily, 10, 999, 1).expect("enough days");
            assert_eq!(found.p_value < 0.05, found.above > 0.0, "{found:?}");
            let losses: Vec<f64> = daily.iter().map(|value| -value).collect();
            assert_eq!(p_value(&losses, 10, 999, 1), Some(found.p_value));
            below += usize::from(found.above > 0.0);
        }
        assert!((40..360).contains(&below), "{below}");
        let few = gain(&noise(60, 9.0), 10, 18, 1).expect("enough days");
        assert_eq!((few.p_value, few.above), (1.0 / 19.0, f64::NEG_INFINITY), "19 show no 5 %");
    }

    #[test]
    fn too_few_blocks_say_nothing() {
        assert_eq!(p_value(&noise(29, -1.0), 20, 100, 1), None);
        assert!(p_value(&noise(30, -1.0), 20, 100, 1).is_some());
        assert_eq!(p_value(&[], 1, 100, 1), None);
    }

    #[test]
    fn the_standard_error_of_a_mean_is_that_of_the_mean() {
        let daily = noise(60, 0.0);
        let mean = |times: &[f64]| {
            times.iter().zip(&daily).map(|(times, value)| times * value).sum::<f64>() / 60.0
        };
        let error = |block| standard_error(60, block, 4_000, 1, mean).expect("enough days");
        let centre = daily.iter().sum::<f64>() / 60.0;
        let squares: f64 = daily.iter().map(|value| (value - centre).powi(2)).sum();
        let expected = (squares / 59.0 / 60.0).sqrt();
        assert!((error(1) / expected - 1.0).abs() < 0.05, "{} {expected}", error(1));
        assert_eq!(standard_error(29, 20, 100, 1, mean), None);
    }

    #[test]
    fn days_that_repeat_in_blocks_are_worth_one_a_block() {
        let daily: Vec<f64> = noise(12, 0.0).into_iter().flat_map(|one| [one; 10]).collect();
        let mean = |times: &[f64]| {
            times.iter().zip(&daily).map(|(times, value)| times * value).sum::<f64>() / 120.0
        };
        let error = |block| standard_error(120, block, 2_000, 1, mean).expect("enough days");
        assert!(error(10) > 2.0 * error(1), "{} {}", error(10), error(1));
    }

    #[test]
    fn days_to_prove_grow_with_block_and_strictness() {
        let daily = noise(60, -0.1);
        let days = |block, level| days_to_prove(&daily, block, level).expect("a gain");
        assert!(days(10, 0.10) > days(5, 0.10));
        assert!(days(5, 0.02) > days(5, 0.10));
        assert_eq!(days_to_prove(&noise(60, 0.3), 5, 0.1), None);
    }
}
