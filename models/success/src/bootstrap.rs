//! The block bootstrap by scan day: of the gate, of figures that are no mean of days, and the days
//! a proof would take.
//!
//! Daily figures of neighbouring days rest on the same future, so days are drawn in blocks
//! of H consecutive ones. Two choices keep the test honest when H is not small against the
//! number of days D: blocks wrap round the end (every day is as likely as another), and
//! deviations are widened by √(1/(1 − H/D)), because blocks this long overlap one another.
//! Without them a worthless model passes a nominal 10 % test in 15 to 33 % of trials (60
//! days, H = 10 to 31, independent to fully overlapping days), with them in 11 to 24 %: a
//! proof from two or three blocks stays a weak one, and the docs say so.

use crate::chance::{Chance, Stream};

/// Chance, were the true mean 0, of a mean as low as the one seen; one-sided.
///
/// None if the days are fewer than one and a half blocks: then nothing can be said.
pub(crate) fn p_value(daily: &[f64], block: usize, draws: u32, seed: u64) -> Option<f64> {
    let days = daily.len();
    let widening = widening(days, block)?;
    let mean = daily.iter().sum::<f64>() / days as f64;
    let mut chance = Chance::new(seed, Stream::Bootstrap);
    let mut as_low = 0u32;
    for _ in 0..draws {
        let mut sum = 0.0;
        draw(days, block, &mut chance, |day| sum += daily[day] - mean);
        if sum / days as f64 * widening <= mean {
            as_low += 1;
        }
    }
    Some(f64::from(1 + as_low) / f64::from(1 + draws))
}

/// Standard error of a figure that `figure` makes from the days drawn: the deviation over the
/// draws, widened. `figure` is given how often each of the `days` was drawn.
///
/// None if the days are fewer than one and a half blocks.
pub(crate) fn standard_error(
    days: usize,
    block: usize,
    draws: u32,
    seed: u64,
    figure: impl Fn(&[f64]) -> f64,
) -> Option<f64> {
    let widening = widening(days, block)?;
    let mut chance = Chance::new(seed, Stream::Bootstrap);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..draws {
        let mut times = vec![0.0; days];
        draw(days, block, &mut chance, |day| times[day] += 1.0);
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

/// As many days as there are, in blocks of consecutive ones.
fn draw(days: usize, block: usize, chance: &mut Chance, mut take: impl FnMut(usize)) {
    let mut left = days;
    while left > 0 {
        let start = chance.below(days);
        for step in 0..block.min(left) {
            take((start + step) % days);
        }
        left -= block.min(left);
    }
}

/// Days after which a mean difference like the one seen would be proven at `level`:
/// H · (z · sd ÷ mean)², from the standard error sd · √(H/D). None if the mean is not below
/// 0: no number of days proves what is not there.
pub(crate) fn days_to_prove(daily: &[f64], block: usize, level: f64) -> Option<u32> {
    let days = daily.len() as f64;
    let mean = daily.iter().sum::<f64>() / days;
    if daily.len() < 2 || mean >= 0.0 {
        return None;
    }
    let deviation =
        (daily.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (days - 1.0)).sqrt();
    let needed = block as f64 * (normal_quantile(1.0 - level) * deviation / mean).powi(2);
    Some(needed.ceil().min(f64::from(u32::MAX)) as u32)
}

/// Quantile of the standard normal distribution for 0.5 ≤ p < 1, absolute error below
/// 4.5e-4 (Abramowitz and Stegun 26.2.23): plenty for a count of days.
fn normal_quantile(p: f64) -> f64 {
    let t = (-2.0 * (1.0 - p).max(1e-300).ln()).sqrt();
    let top = 2.515517 + t * (0.802853 + t * 0.010328);
    let bottom = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    t - top / bottom
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(days: usize, shift: f64) -> Vec<f64> {
        let mut chance = Chance::new(3, Stream::Labels);
        (0..days).map(|_| chance.unit() - 0.5 + shift).collect()
    }

    #[test]
    fn a_clear_difference_is_proven_and_none_is_not() {
        let p = |shift| p_value(&noise(60, shift), 5, 2_000, 1).expect("enough days");
        assert!(p(-0.5) < 0.01, "{}", p(-0.5));
        assert!(p(0.0) > 0.02 && p(0.5) > 0.99);
        assert_eq!(p(-0.1).to_bits(), p(-0.1).to_bits(), "seeded");
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
        assert!((normal_quantile(0.95) - 1.6449).abs() < 1e-3);
    }
}
