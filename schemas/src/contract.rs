//! The feature contract, version 1: names, order and number of what a model sees of a candidate,
//! and the classes that it predicts. `quant` computes the features and says what each can be,
//! `success` learns from them, and every event that carries them names the version.

use serde::{Deserialize, Serialize};

/// Version of the contract that names, order and definitions follow.
pub const CONTRACT_VERSION: u32 = 1;

/// Numbers in the contract.
pub const FEATURES: usize = 23;

/// The features' names, in order.
pub const FEATURE_NAMES: [&str; FEATURES] = [
    "trend_slope",
    "dominant_period",
    "period_strength",
    "forecast_return",
    "forecast_interval_width",
    "predicted_vol",
    "current_iv",
    "vol_mispricing",
    "iv_percentile",
    "skew",
    "delta",
    "gamma",
    "vega",
    "theta",
    "max_profit",
    "max_loss",
    "profit_ratio",
    "prob_profit",
    "momentum_7d",
    "volume_concentration",
    "dte_factor",
    "gamma_theta_ratio",
    "vix_level",
];

/// Position of `max_loss` (capital at risk ÷ wing) among the features.
pub const MAX_LOSS: usize = position("max_loss");

/// Position of `vix_level` (the volatility index ÷ 100) among the features.
pub const VIX_LEVEL: usize = position("vix_level");

/// Position of a feature by its name; a name that is not in the contract does not compile in a
/// constant.
pub const fn position(name: &str) -> usize {
    let mut at = 0;
    while !equal(FEATURE_NAMES[at].as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A feature contract: what a model is trained on and may be asked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeatureContract<'a> {
    /// Version of the contract; a model of another version is refused.
    pub version: u32,
    /// Names of the features, in order.
    pub names: &'a [&'a str; FEATURES],
}

/// The contract in force.
pub const CONTRACT: FeatureContract<'static> =
    FeatureContract { version: CONTRACT_VERSION, names: &FEATURE_NAMES };

/// Number of classes.
pub const CLASSES: usize = 4;

/// Names of the classes, by class number.
pub const CLASS_NAMES: [&str; CLASSES] = ["Loss", "Minor", "Good", "Excellent"];

/// The class of a return on the capital at risk.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Below −10 %.
    Loss,
    /// −10 % to below 5 %.
    Minor,
    /// 5 % to below 15 %.
    Good,
    /// 15 % and more.
    Excellent,
}

impl Class {
    /// The class of a realised return, a fraction.
    pub fn of_roi(roi: f64) -> Class {
        match roi {
            r if r < -0.10 => Class::Loss,
            r if r < 0.05 => Class::Minor,
            r if r < 0.15 => Class::Good,
            _ => Class::Excellent,
        }
    }

    /// 0 Loss, 1 Minor, 2 Good, 3 Excellent.
    pub fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_found() {
        for (at, name) in FEATURE_NAMES.iter().enumerate() {
            assert_eq!(position(name), at);
        }
        assert_eq!((MAX_LOSS, VIX_LEVEL), (15, 22));
    }

    #[test]
    fn classes_include_their_lower_bound() {
        let cases = [
            (-1.0, Class::Loss),
            (-0.10, Class::Minor),
            (0.05, Class::Good),
            (0.15, Class::Excellent),
            (9.0, Class::Excellent),
        ];
        for (roi, class) in cases {
            assert_eq!(Class::of_roi(roi), class);
            assert_eq!(CLASS_NAMES[class.index()], format!("{class:?}"));
        }
    }
}
