//! Whether ButterAI and ButterBaseline differ: the daily difference of their returns, judged by
//! the block [`bootstrap`](crate::bootstrap).

use crate::bootstrap::{DRAWS, deviations, exceeded, p_of};
use crate::days::{mean, sd};
use crate::normal::{Z_80, Z_975};
use serde::{Deserialize, Serialize};

/// What the same days show of two tracks. Returns are fractions of capital.
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
    /// 95 % interval of that mean; it does without 0 exactly where `p_value` is below 0.05.
    pub interval: (f64, f64),
    /// Two-sided: how often samples without a difference show one as large. Few blocks make it
    /// too small; [`crate::false_alarm_rate`] says by how much.
    pub p_value: f64,
    /// The true mean difference that 80 of 100 such comparisons would find at 5 %.
    pub detectable_difference: f64,
}

/// Why two tracks cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ComparisonError {
    /// Both tracks must cover the same days.
    #[error("{ai} days of ButterAI against {baseline} of ButterBaseline; give both the same days")]
    DaysDiffer {
        /// Days of the first track.
        ai: usize,
        /// Days of the second.
        baseline: usize,
    },
    /// One block shows nothing of how blocks differ.
    #[error("{days} days are too few for blocks of {block}; {needed} are needed")]
    TooFewDays {
        /// Days given.
        days: usize,
        /// Days a block has.
        block: usize,
        /// Days needed.
        needed: usize,
    },
    /// They are equal on every day: no error of their difference can be told.
    #[error("nothing differs on these {days} days, so there is nothing to compare")]
    Equal {
        /// Days given.
        days: usize,
    },
    /// A return is not a number.
    #[error("the return of day {index} (0 first) is not finite")]
    NotFinite {
        /// Its place.
        index: usize,
    },
}

/// Compares the daily returns of the two tracks on the same days. The same arguments give
/// the same figures.
///
/// # Errors
/// [`ComparisonError`] if the days differ, a return is not finite, there are fewer than two blocks of
/// days, or nothing differs.
pub fn compare(
    ai: &[f64],
    baseline: &[f64],
    block: usize,
    seed: u64,
) -> Result<Comparison, ComparisonError> {
    if ai.len() != baseline.len() {
        return Err(ComparisonError::DaysDiffer { ai: ai.len(), baseline: baseline.len() });
    }
    let block = block.max(1);
    let (days, needed) = (ai.len(), block.saturating_mul(2));
    let too_few = ComparisonError::TooFewDays { days, block, needed };
    if days < needed {
        return Err(too_few);
    }
    let differences: Vec<f64> = ai.iter().zip(baseline).map(|(ai, base)| ai - base).collect();
    if let Some(index) = differences.iter().position(|difference| !difference.is_finite()) {
        return Err(ComparisonError::NotFinite { index });
    }
    if differences.iter().all(|difference| *difference == 0.0) {
        return Err(ComparisonError::Equal { days });
    }
    let observed = mean(&differences).unwrap_or_default();
    let drawn = deviations(&differences, block, DRAWS, seed).ok_or(too_few)?;
    let drawn: Vec<f64> = drawn.collect();
    let standard_error = sd(&drawn).unwrap_or_default();
    // The test has two sides, and so the interval reaches as far to either.
    let mut sizes: Vec<f64> = drawn.iter().map(|drawn| drawn.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let half = exceeded(&sizes, 0.05);
    Ok(Comparison {
        days,
        block,
        draws: drawn.len(),
        mean_daily_difference: observed,
        standard_error,
        interval: (observed - half, observed + half),
        p_value: p_of(&sizes, observed.abs()),
        detectable_difference: (Z_975 + Z_80) * standard_error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{SeededRng, Stream};

    /// Noise without a pattern, sd about 0.0029.
    fn noise(days: usize, seed: u64) -> Vec<f64> {
        let mut rng = SeededRng::new(seed, Stream::Null);
        (0..days).map(|_| (rng.unit() - 0.5) * 0.01).collect()
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
    fn given_any_difference_when_compared_then_p_value_and_interval_agree() {
        let mut found = 0;
        for seed in 0..60 {
            let shift = (seed as f64 - 30.0) / 60_000.0;
            // A few large days on one side, as trades have them: the draws lie askew.
            let ai: Vec<f64> = noise(90, seed)
                .iter()
                .enumerate()
                .map(|(day, r)| shift + r / 4.0 + if day % 29 == 0 { 0.01 } else { -0.000_34 })
                .collect();
            let got = compare(&ai, &vec![0.0; 90], 31, 7).unwrap();
            let (low, high) = got.interval;
            assert_eq!(got.p_value < 0.05, low > 0.0 || high < 0.0, "{got:?}");
            found += usize::from(got.p_value < 0.05);
        }
        assert!((5..55).contains(&found), "{found} of 60");
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
        assert_eq!(short, Err(ComparisonError::TooFewDays { days: 19, block: 10, needed: 20 }));
        let differ = compare(&ai[1..], &base, 10, 7);
        assert!(matches!(differ, Err(ComparisonError::DaysDiffer { .. })));
        let mut broken = ai.clone();
        broken[5] = f64::NAN;
        assert_eq!(compare(&ai, &ai, 10, 7), Err(ComparisonError::Equal { days: 100 }));
        assert_eq!(compare(&broken, &base, 10, 7), Err(ComparisonError::NotFinite { index: 5 }));
    }
}
