//! What a Sharpe ratio proves: how likely the true one is above 0, how likely it is above what the best of
//! as many worthless trials would show, and how many days a proof would take.
//!
//! Bailey and López de Prado, "The Sharpe ratio efficient frontier" (2012) and "The deflated Sharpe
//! ratio" (2014). Every ratio here is that of a day, not annualised, because the formulas count days;
//! annual figures are × √252 and only for show.
//!
//! The formulas take the days as independent, and returns of days within one holding (up to 31 trading
//! days) are not. So n is the effective number of days, min(n, (sd ÷ se)²): as many independent days as
//! would give the mean the standard error se that the block bootstrap finds. The error of a daily Sharpe
//! ratio is nearly that of the mean alone (the terms of its variance besides 1 are of the order of the
//! ratio, a few hundredths), so what holds for the mean holds for the ratio. It is the one measure of
//! overlap that the room has, and needs no model of it. More days than there are it never gives: days that
//! undo each other would otherwise count as proof. With blocks of one day n is the days.
//!
//! Measured on worthless tracks of 250 and 1,000 days, each the sum of 10 or 31 shocks of which the next day
//! shares all but one: the probabilistic ratio is above 95 % for 29 to 37 % of them if the days are taken
//! as independent, and for 8 to 11 % by the effective number, where 5 % would be right.

use crate::bootstrap::{DRAWS, gain};
use crate::days::{sd, sharpe};
use crate::normal::{cdf, inverse_cdf};
use crate::performance::{YEAR, standard_moment};
use serde::{Deserialize, Serialize};
use std::f64::consts::E;

/// Days below which skewness and kurtosis of a track say nothing.
const LEAST_DAYS: usize = 60;
/// How sure [`SharpeInference::minimum_days`] makes.
const SURE: f64 = 0.95;
/// The Euler–Mascheroni constant γ.
const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;

/// What the days of one track say of its true Sharpe ratio.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SharpeInference {
    /// Days given.
    pub days: usize,
    /// Days a block of the bootstrap has.
    pub block: usize,
    /// Independent days that they are worth, at most `days`.
    pub effective_days: f64,
    /// Mean ÷ standard deviation (divisor n − 1) of the daily returns.
    pub sharpe_daily: f64,
    /// The same × √252.
    pub sharpe_annual: f64,
    /// Skewness of the daily returns.
    pub skewness: f64,
    /// Kurtosis of the daily returns; 3 for a normal distribution.
    pub kurtosis: f64,
    /// Probabilistic Sharpe ratio: probability that the true Sharpe ratio is above 0.
    pub probabilistic: f64,
    /// Minimum track record length: days of this kind, overlapping as these do, after which
    /// `probabilistic` would be 95 %. None if the ratio is not above 0: no number of days proves it then.
    pub minimum_days: Option<u32>,
}

/// What is left of a Sharpe ratio when it is the best of many.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct DeflatedSharpe {
    /// Configurations tried, those without a result included.
    pub trials: usize,
    /// Standard deviation (divisor trials − 1) of the trials' daily Sharpe ratios.
    pub trials_sd: f64,
    /// Daily Sharpe ratio that the best of as many independent trials shows in the mean if none is worth
    /// anything.
    pub expected_maximum_daily: f64,
    /// The same × √252.
    pub expected_maximum_annual: f64,
    /// Probability that the true Sharpe ratio is above that maximum's.
    pub deflated: f64,
}

/// Why a Sharpe ratio says nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SharpeError {
    /// Too short a track.
    #[error("{days} days of returns are too few to judge a Sharpe ratio; {needed} are needed")]
    TooFewDays {
        /// Days given.
        days: usize,
        /// Days needed.
        needed: usize,
    },
    /// A return is not a number.
    #[error("the return of day {index} (0 first) is not finite; run this configuration again")]
    NotFinite {
        /// Its place.
        index: usize,
    },
    /// Nothing to divide by.
    #[error(
        "the daily returns are all equal, so there is no Sharpe ratio; days with a trade are needed"
    )]
    NoVariance,
    /// One trial has no luck to take off.
    #[error(
        "{found} of {trials} configurations tried have a Sharpe ratio; a deflated one needs at least 2, so \
         run other configurations on the same prices"
    )]
    TooFewTrials {
        /// Configurations tried.
        trials: usize,
        /// Those with a Sharpe ratio.
        found: usize,
    },
    /// Trials that are all alike are one.
    #[error(
        "the Sharpe ratios of the {trials} configurations tried are all equal; a deflated one needs \
         configurations that trade differently"
    )]
    TrialsEqual {
        /// Configurations tried.
        trials: usize,
    },
    /// A trial's ratio is not a number.
    #[error(
        "the Sharpe ratio of trial {index} (0 first) is not finite; give none for a trial without one"
    )]
    TrialNotFinite {
        /// Its place.
        index: usize,
    },
}

/// Judges the daily returns of one track (fractions of capital), of which days within `block` trading days
/// overlap: the longest holding, or 1 for independent days. The same arguments give the same figures.
///
/// # Errors
/// [`SharpeError`] below 60 days or one and a half blocks, if a return is not finite, or if all are equal.
pub fn sharpe_inference(
    returns: &[f64],
    block: usize,
    seed: u64,
) -> Result<SharpeInference, SharpeError> {
    let (days, block) = (returns.len(), block.max(1));
    let needed = LEAST_DAYS.max(block.saturating_mul(3).div_ceil(2));
    let too_few = SharpeError::TooFewDays { days, needed };
    if days < needed {
        return Err(too_few);
    }
    if let Some(index) = returns.iter().position(|value| !value.is_finite()) {
        return Err(SharpeError::NotFinite { index });
    }
    let sharpe_daily = sharpe(returns).ok_or(SharpeError::NoVariance)?;
    let moment = |power| standard_moment(returns, power).ok_or(SharpeError::NoVariance);
    let mut found = SharpeInference {
        days,
        block,
        effective_days: effective_days(returns, block, seed).ok_or(too_few)?,
        sharpe_daily,
        sharpe_annual: sharpe_daily * YEAR.sqrt(),
        skewness: moment(3)?,
        kurtosis: moment(4)?,
        probabilistic: 0.0,
        minimum_days: None,
    };
    found.probabilistic = found.probability_above(0.0);
    found.minimum_days = found.days_until_sure();
    Ok(found)
}

/// As many independent days as would give the mean the error that the block bootstrap finds.
fn effective_days(returns: &[f64], block: usize, seed: u64) -> Option<f64> {
    let days = returns.len() as f64;
    if block == 1 {
        return Some(days);
    }
    let error = gain(returns, block, DRAWS, seed)?.standard_error;
    Some((sd(returns)? / error).powi(2).min(days))
}

impl SharpeInference {
    /// The probabilistic Sharpe ratio against `threshold`, a daily Sharpe ratio:
    /// Φ((S − threshold) · √(n − 1) ÷ √(1 − γ₃S + (γ₄ − 1)S²/4)).
    pub fn probability_above(&self, threshold: f64) -> f64 {
        let root = (self.effective_days - 1.0).max(0.0).sqrt();
        cdf((self.sharpe_daily - threshold) * root / self.variance().sqrt())
    }

    /// 1 − γ₃S + (γ₄ − 1)S²/4: n times the variance of the daily Sharpe ratio S. At least a rounding error,
    /// as days of two values only can have 0.
    fn variance(&self) -> f64 {
        let s = self.sharpe_daily;
        (1.0 - self.skewness * s + (self.kurtosis - 1.0) / 4.0 * s * s).max(f64::EPSILON)
    }

    /// 1 + (1 − γ₃S + (γ₄ − 1)S²/4) · (z/S)² independent days, as days of which so many are worth one.
    fn days_until_sure(&self) -> Option<u32> {
        let independent = 1.0 + self.variance() * (inverse_cdf(SURE) / self.sharpe_daily).powi(2);
        let days = (independent * (self.days as f64 / self.effective_days)).ceil();
        (self.sharpe_daily > 0.0).then(|| days.min(f64::from(u32::MAX)) as u32)
    }

    /// The deflated Sharpe ratio: the probabilistic one against what the best of `trials` would show by luck,
    /// √V · ((1 − γ)Φ⁻¹(1 − 1/N) + γΦ⁻¹(1 − 1/(Ne))), V the variance of the trials' daily ratios.
    ///
    /// `trials` has one entry for each distinct configuration ever run on these prices, this one among them,
    /// and none for one that failed or never traded: it was tried, so it counts in N, but adds nothing to V.
    /// Trials that resemble each other count in full, which makes the figure lower than it need be.
    ///
    /// # Errors
    /// [`SharpeError`] if fewer than 2 trials have a ratio, all are equal, or one is not finite.
    pub fn deflated(&self, trials: &[Option<f64>]) -> Result<DeflatedSharpe, SharpeError> {
        let not_finite = |ratio: &Option<f64>| ratio.is_some_and(|ratio| !ratio.is_finite());
        if let Some(index) = trials.iter().position(not_finite) {
            return Err(SharpeError::TrialNotFinite { index });
        }
        let ratios: Vec<f64> = trials.iter().copied().flatten().collect();
        let trials = trials.len();
        if ratios.len() < 2 {
            return Err(SharpeError::TooFewTrials { trials, found: ratios.len() });
        }
        let differ = ratios.iter().any(|ratio| *ratio != ratios[0]);
        let trials_sd =
            sd(&ratios).filter(|_| differ).ok_or(SharpeError::TrialsEqual { trials })?;
        let expected_maximum_daily = trials_sd * expected_maximum(trials as f64);
        Ok(DeflatedSharpe {
            trials,
            trials_sd,
            expected_maximum_daily,
            expected_maximum_annual: expected_maximum_daily * YEAR.sqrt(),
            deflated: self.probability_above(expected_maximum_daily),
        })
    }
}

/// About the mean of the largest of `trials` standard normal draws.
fn expected_maximum(trials: f64) -> f64 {
    // By symmetry −Φ⁻¹(q) is Φ⁻¹(1 − q), and keeps the digits of a small q.
    let exceeded = |tail: f64| -inverse_cdf(tail);
    (1.0 - EULER_MASCHERONI) * exceeded(1.0 / trials)
        + EULER_MASCHERONI * exceeded(1.0 / (trials * E))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{SeededRng, Stream};

    /// Sums of as many shocks as `shared`, of which the next day shares all but one.
    fn track(days: usize, shared: usize, shift: f64) -> Vec<f64> {
        let mut rng = SeededRng::new(5, Stream::Null);
        let shocks: Vec<f64> = (0..days + shared).map(|_| rng.unit() - 0.5).collect();
        shocks.windows(shared).take(days).map(|held| held.iter().sum::<f64>() + shift).collect()
    }

    #[test]
    fn given_overlapping_days_when_judged_then_they_prove_less_and_a_proof_takes_longer() {
        let returns = track(500, 10, 0.3);
        let [as_independent, judged] =
            [1, 10].map(|block| sharpe_inference(&returns, block, 7).unwrap());
        assert_eq!(as_independent.effective_days, 500.0);
        assert!((40.0..120.0).contains(&judged.effective_days), "{judged:?}");
        assert!(judged.probabilistic < as_independent.probabilistic);
        assert!(judged.minimum_days > as_independent.minimum_days);
        assert_eq!(judged, sharpe_inference(&returns, 10, 7).unwrap(), "seeded");
    }

    #[test]
    fn given_the_minimum_of_days_when_judged_then_the_probability_is_95_percent() {
        let mut found = sharpe_inference(&track(300, 1, 0.02), 1, 7).unwrap();
        let minimum = found.minimum_days.unwrap();
        found.effective_days = f64::from(minimum);
        assert!(found.probabilistic != found.probability_above(0.0));
        assert!(found.probability_above(0.0) >= 0.95);
        found.effective_days = f64::from(minimum - 1);
        assert!(found.probability_above(0.0) < 0.95);
        assert_eq!(sharpe_inference(&track(300, 1, -0.2), 1, 7).unwrap().minimum_days, None);
    }

    #[test]
    fn given_more_trials_when_deflated_then_less_is_left() {
        let found = sharpe_inference(&track(300, 1, 0.05), 1, 7).unwrap();
        let few = found.deflated(&[Some(0.1), Some(-0.1)]).unwrap();
        let failed = found.deflated(&[Some(0.1), None, Some(-0.1), None]).unwrap();
        assert!(found.probabilistic > few.deflated && few.deflated > failed.deflated);
        assert_eq!((failed.trials, failed.trials_sd), (4, few.trials_sd));
    }

    #[test]
    fn given_what_says_nothing_when_judged_then_it_is_refused() {
        let judge = |returns: &[f64], block| sharpe_inference(returns, block, 7).unwrap_err();
        let too_few = |days, needed| SharpeError::TooFewDays { days, needed };
        assert_eq!(judge(&track(59, 1, 0.0), 1), too_few(59, 60));
        assert_eq!(judge(&track(70, 1, 0.0), 51), too_few(70, 77));
        assert_eq!(judge(&[0.1; 60], 1), SharpeError::NoVariance);
        let mut broken = track(60, 1, 0.0);
        broken[3] = f64::NAN;
        assert_eq!(judge(&broken, 1), SharpeError::NotFinite { index: 3 });
        let found = sharpe_inference(&track(60, 1, 0.0), 31, 7).unwrap();
        let deflate = |trials: &[Option<f64>]| found.deflated(trials).unwrap_err();
        let few = SharpeError::TooFewTrials { trials: 2, found: 1 };
        assert_eq!(deflate(&[Some(0.1), None]), few);
        assert_eq!(deflate(&[Some(0.1); 3]), SharpeError::TrialsEqual { trials: 3 });
        let not_finite = SharpeError::TrialNotFinite { index: 1 };
        assert_eq!(deflate(&[Some(0.1), Some(f64::NAN)]), not_finite);
    }
}
