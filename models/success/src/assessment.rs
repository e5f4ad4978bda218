//! What an assessment of a model shows: its figures with intervals, beside those of its baselines.

use crate::calibration::Bin;
use schemas::contract::CLASSES;
use serde::{Deserialize, Serialize};
use statistics::bootstrap::{DRAWS, gain};
use statistics::mean_by_days;

/// Standard errors from a mean to the ends of its 95 % interval. Not the exact quantile: intervals
/// are recorded in manifests.
pub(crate) const HALF_WIDTH: f64 = 1.96;

/// A figure with its 95 % interval by scan day; the interval is missing where there is one day.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The mean of the days.
    pub value: f64,
    /// sd of the daily values × √(H/D).
    pub standard_error: Option<f64>,
    /// `value` less 1.96 standard errors.
    pub low: Option<f64>,
    /// `value` and 1.96 standard errors.
    pub high: Option<f64>,
}

/// One predictor's figures on the rows judged.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Figures {
    /// −ln p(realised class), in nats.
    pub log_loss: Estimate,
    /// Log loss of this less that of the model, on the same days: above 0 the model is better.
    pub behind_model: GainOver,
    /// Σ (p − 1{class})², 0 to 2.
    pub brier: Estimate,
    /// Share of rows whose likeliest class is the realised one (0 to 1).
    pub accuracy: Estimate,
    /// Mean over the realised classes of the share recognised (0 to 1); the interval is that of
    /// its linear part.
    pub balanced_accuracy: Estimate,
    /// Mean over classes of Σ (n_b/n)·|mean p − frequency| over ten equal-count bins.
    pub calibration_error: f64,
    /// Its 95 % interval by scan day; none if the days are fewer than one and a half blocks,
    /// or in a manifest from before it was recorded.
    #[serde(default)]
    pub calibration_interval: Option<[f64; 2]>,
    /// Its mean if these very probabilities were right.
    pub calibration_by_chance: f64,
    /// Realised return on the capital at risk of the tenth of rows with the highest expected
    /// return (for the technical score: with the highest score), rows tied with the last of
    /// them included.
    pub top_decile_roi: Estimate,
    /// Rows in that tenth.
    pub top_decile_rows: u64,
}

/// The model and its baselines on the same rows.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Assessment {
    /// Scan days judged.
    pub days: u32,
    /// Rows judged.
    pub rows: u64,
    /// H: the longest holding among them, in trading days.
    pub longest_holding: u32,
    /// Realised return of all rows: the result of not picking.
    pub all_roi: Estimate,
    /// The model that was shipped.
    pub model: Figures,
    /// The class shares of the fitted rows.
    pub class_prior: Figures,
    /// Probabilities from the technical score alone, by a logistic regression with that one
    /// input; none where a row carries no score.
    pub technical_score: Option<Figures>,
    /// The ridge logistic regression.
    pub logistic: Figures,
    /// The neural network.
    pub network: Figures,
    /// Of the model, by class: ten equal-count bins by ascending probability.
    pub calibration_curve: [Vec<Bin>; CLASSES],
}

/// How much better the model is than a rival: everything from the bootstrap that the gate judges by.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub struct GainOver {
    /// The mean of the days; above 0 the model is better.
    pub value: f64,
    /// Its standard error; none where the days are fewer than one and a half blocks.
    pub standard_error: Option<f64>,
    /// The true gain is above this with 95 % confidence, one-sided: above 0 exactly where the p-value is
    /// below 0.05. In manifests without a p-value the low end of a two-sided 95 % interval by days.
    pub low: Option<f64>,
    /// The high end of that interval, in such manifests.
    #[serde(default)]
    pub high: Option<f64>,
    /// Probability of a gain as large if there were none, one-sided.
    #[serde(default)]
    pub p_value: Option<f64>,
}

impl GainOver {
    /// Of the daily gains, where holdings last at most `block` trading days.
    pub(crate) fn of(daily: &[(i32, f64)], block: usize, seed: u64) -> GainOver {
        let daily: Vec<f64> = daily.iter().map(|day| day.1).collect();
        let found = gain(&daily, block, DRAWS, seed);
        GainOver {
            value: mean_by_days(&daily, block).0,
            standard_error: found.map(|found| found.standard_error),
            low: found.map(|found| found.above),
            high: None,
            p_value: found.map(|found| found.p_value),
        }
    }
}

impl Estimate {
    /// The mean of daily values, where holdings last at most `block` trading days.
    pub(crate) fn by_days(daily: &[(i32, f64)], block: usize) -> Estimate {
        let values: Vec<f64> = daily.iter().map(|day| day.1).collect();
        let (value, standard_error) = mean_by_days(&values, block);
        Estimate::around(value, standard_error)
    }

    /// A value with the interval of its standard error.
    pub(crate) fn around(value: f64, standard_error: Option<f64>) -> Estimate {
        let end = |side: f64| standard_error.map(|error| value + side * HALF_WIDTH * error);
        Estimate { value, standard_error, low: end(-1.0), high: end(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_two_errors_wide_either_way_and_one_day_has_none() {
        let found = Estimate::by_days(&[(1, 0.2), (2, 0.4), (3, 0.6), (4, 0.4)], 1);
        let error = (0.08_f64 / 3.0).sqrt() / 2.0;
        assert!((found.value - 0.4).abs() < 1e-12);
        assert!((found.high.expect("days") - 0.4 - 1.96 * error).abs() < 1e-12);
        assert!((found.low.expect("days") - 0.4 + 1.96 * error).abs() < 1e-12);
        assert_eq!(Estimate::by_days(&[(1, 0.2)], 1).low, None);
    }
}
