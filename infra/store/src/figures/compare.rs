//! Whether ButterAI and ButterBaseline differ: the daily difference of their returns, with a
//! bootstrap of blocks of consecutive days (the moving block bootstrap of Künsch, 1989).
//!
//! Drawing blocks keeps what neighbouring days have in common. A first block starts on any
//! day with a whole block behind it, so days near the ends are drawn less often; the draws
//! are centred on their own mean, which takes that bias out.

use super::FiguresError;
use super::performance::{mean, sd};
use serde::{Deserialize, Serialize};

/// Bootstrap samples drawn.
const DRAWS: usize = 10_000;
/// Standard normal quantiles of a two-sided 5 % test and of 80 % power.
const Z_TEST: f64 = 1.959_964;
const Z_POWER: f64 = 0.841_621;

/// What the same days say of two tracks. Returns are fractions of capital.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Days compared.
    pub days: usize,
    /// Days a block has.
    pub block: usize,
    /// Bootstrap samples drawn.
    pub draws: usize,
    /// Mean of (ButterAI − ButterBaseline) a day.
    pub mean_daily_difference: f64,
    /// Standard error of that mean.
    pub standard_error: f64,
    /// 95 % interval of that mean.
    pub interval: (f64, f64),
    /// Two-sided: how often blocks drawn where there is no difference show one as large.
    pub p_value: f64,
    /// The true mean difference that 80 of 100 such comparisons would find at 5 %.
    pub detectable_difference: f64,
}

/// Compares the daily returns of the two tracks on the same days. The same arguments give
/// the same figures.
///
/// # Errors
/// [`FiguresError`] when the days differ, a return is not finite, or there are not two
/// blocks of days.
pub fn compare(
    ai: &[f64],
    baseline: &[f64],
    block: usize,
    seed: u64,
) -> Result<Comparison, FiguresError> {
    if ai.len() != baseline.len() {
        return Err(FiguresError::DaysDiffer { ai: ai.len(), baseline: baseline.len() });
    }
    let block = block.max(1);
    let (days, needed) = (ai.len(), block.saturating_mul(2));
    if days < needed {
        return Err(FiguresError::TooFewDays { days, block, needed });
    }
    let differences: Vec<f64> = ai.iter().zip(baseline).map(|(ai, base)| ai - base).collect();
    if let Some(index) = differences.iter().position(|difference| !difference.is_finite()) {
        return Err(FiguresError::NotFinite { index });
    }
    let observed = mean(&differences).unwrap_or_default();
    let mut draws = bootstrap_means(&differences, block, seed);
    let centre = mean(&draws).unwrap_or_default();
    draws.iter_mut().for_each(|draw| *draw -= centre);
    draws.sort_by(f64::total_cmp);

    let standard_error = sd(&draws).unwrap_or_default();
    let as_large = draws.iter().filter(|draw| draw.abs() >= observed.abs()).count();
    let quantile = |share: f64| draws[((DRAWS - 1) as f64 * share).round() as usize];
    Ok(Comparison {
        days,
        block,
        draws: DRAWS,
        mean_daily_difference: observed,
        standard_error,
        interval: (observed + quantile(0.025), observed + quantile(0.975)),
        p_value: (as_large + 1) as f64 / (DRAWS + 1) as f64,
        detectable_difference: (Z_TEST + Z_POWER) * standard_error,
    })
}

/// Means of samples as long as `values`, each made of blocks that begin anywhere; the last
/// block is cut to length.
fn bootstrap_means(values: &[f64], block: usize, seed: u64) -> Vec<f64> {
    let mut random = SplitMix64(seed);
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let starts = (values.len() - block + 1) as u64;
    let mut sample = || {
        let (mut total, mut left) = (0.0, values.len());
        while left > 0 {
            let start = random.below(starts) as usize;
            let length = block.min(left);
            total += sums[start + length] - sums[start];
            left -= length;
        }
        total / values.len() as f64
    };
    (0..DRAWS).map(|_| sample()).collect()
}

/// Steele, Lea and Flood's splitmix64 (2014): tiny, and the same on every machine. Enough
/// for a bootstrap; nothing here is secret.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`: the high half of a product, uneven by less than 2⁻⁵⁰ here.
    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise without a pattern, sd about 0.0029.
    fn noise(days: usize, seed: u64) -> Vec<f64> {
        let mut random = SplitMix64(seed);
        (0..days).map(|_| (random.next() as f64 / u64::MAX as f64 - 0.5) * 0.01).collect()
    }

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64(1234567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn given_a_true_difference_when_compared_then_it_is_found_and_without_one_it_is_not() {
        let base = noise(500, 1);
        let better: Vec<f64> = noise(500, 2).iter().map(|r| r + 0.001).collect();
        let found = compare(&better, &base, 20, 7).unwrap();
        assert!(found.p_value < 0.01 && found.interval.0 > 0.0, "{found:?}");
        assert!(found.detectable_difference < 0.001, "{found:?}");
        let chance = compare(&noise(500, 2), &base, 20, 7).unwrap();
        assert!(chance.p_value > 0.05, "{chance:?}");
        assert!(chance.interval.0 < 0.0 && chance.interval.1 > 0.0, "{chance:?}");
    }

    #[test]
    fn given_independent_days_when_compared_then_the_error_is_the_textbook_one() {
        let (ai, base) = (noise(1_000, 3), vec![0.0; 1_000]);
        let got = compare(&ai, &base, 1, 7).unwrap().standard_error;
        let want = sd(&ai).unwrap() / 1_000_f64.sqrt();
        assert!((got / want - 1.0).abs() < 0.03, "{got} {want}");
    }

    #[test]
    fn given_the_same_seed_when_repeated_then_the_figures_are_equal_and_misuse_is_refused() {
        let (ai, base) = (noise(100, 3), noise(100, 4));
        assert_eq!(compare(&ai, &base, 10, 7), compare(&ai, &base, 10, 7));
        let short = compare(&ai[..19], &base[..19], 10, 7);
        assert_eq!(short, Err(FiguresError::TooFewDays { days: 19, block: 10, needed: 20 }));
        assert!(matches!(compare(&ai[1..], &base, 10, 7), Err(FiguresError::DaysDiffer { .. })));
        let mut broken = ai.clone();
        broken[5] = f64::NAN;
        assert_eq!(compare(&broken, &base, 10, 7), Err(FiguresError::NotFinite { index: 5 }));
    }
}
