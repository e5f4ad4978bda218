//! ButterAI − ButterBaseline by day, and what the p-value is worth: how often days without a difference would show one.

use crate::summary_text::compared;
use serde::Serialize;
use statistics::{Comparison, false_alarm_rate};

/// The level at which a difference counts.
const LEVEL: f64 = 0.05;

/// The comparison of the tracks.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TracksCompared {
    /// Days compared.
    pub days: usize,
    /// Days a block has.
    pub block: usize,
    /// Mean of (ButterAI − ButterBaseline) a day, a fraction of capital.
    pub mean_daily_difference: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Two-sided.
    pub p_value: f64,
    /// The true difference that 80 of 100 such comparisons would find at 5 %.
    pub detectable_difference: f64,
    /// The days after which 80 of 100 comparisons would find a true difference as large as the one observed; none for none.
    pub days_needed: Option<u64>,
    /// Share of comparisons without a true difference whose p-value is below 5 %, where holdings overlap as much as they
    /// can.
    pub false_alarm_rate: Option<f64>,
    /// The comparison in a sentence.
    pub text: String,
}

/// A comparison with what it takes to trust it.
pub(crate) fn compared_with_errors(of: &Comparison) -> TracksCompared {
    TracksCompared {
        days: of.days,
        block: of.block,
        mean_daily_difference: of.mean_daily_difference,
        interval: of.interval,
        p_value: of.p_value,
        detectable_difference: of.detectable_difference,
        days_needed: days_needed(of),
        // The measured rate is of one side.
        false_alarm_rate: false_alarm_rate(of.days, of.block, LEVEL / 2.0).map(|rate| 2.0 * rate),
        text: compared(of),
    }
}

/// What is detectable shrinks with the root of the days.
fn days_needed(of: &Comparison) -> Option<u64> {
    let observed = of.mean_daily_difference.abs();
    let needed = of.days as f64 * (of.detectable_difference / observed).powi(2);
    (observed > 0.0 && needed.is_finite()).then(|| needed.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_is_detectable_needs_four_times_the_days() {
        let of = Comparison {
            days: 60,
            block: 10,
            draws: 10_000,
            mean_daily_difference: -0.001,
            standard_error: 0.000_7,
            interval: (-0.002_4, 0.000_4),
            p_value: 0.16,
            detectable_difference: 0.002,
        };
        let found = compared_with_errors(&of);
        assert_eq!(found.days_needed, Some(240));
        assert!(found.false_alarm_rate.is_some_and(|rate| rate > LEVEL), "{found:?}");
        let none = Comparison { mean_daily_difference: 0.0, ..of };
        assert_eq!(days_needed(&none), None);
    }
}
