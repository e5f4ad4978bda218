//! The ranges of keys, in one table: what `config check` and every start hold values against, and what `config show`,
//! `config init` and `config --help` print.
//!
//! A value outside its range is one that nobody can mean: a limit below nothing, a rate of 500 %, a number of
//! partitions that no broker carries. Rare values that somebody may want are inside.

use std::fmt;

/// The values that a key may have.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Values {
    /// Whole numbers, both ends included.
    Whole(i64, i64),
    /// Numbers, both ends included.
    From(f64, f64),
    /// Numbers above the first end, up to the second.
    Above(f64, f64),
}

impl Values {
    /// Whether `text` is one of them.
    pub fn hold(self, text: &str) -> bool {
        let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
        match self {
            Values::Whole(least, most) => {
                text.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number))
            }
            Values::From(least, most) => {
                number().is_some_and(|number| least <= number && number <= most)
            }
            Values::Above(least, most) => {
                number().is_some_and(|number| least < number && number <= most)
            }
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Values::Whole(least, i64::MAX) => write!(f, "a whole number from {least} on"),
            Values::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
            Values::From(least, most) => write!(f, "a number from {least} to {most}"),
            Values::Above(least, most) => write!(f, "a number above {least}, up to {most}"),
        }
    }
}

/// A key's range.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// The key.
    pub key: &'static str,
    /// Its values.
    pub values: Values,
    /// Whether it may be empty.
    pub or_empty: bool,
    /// Why no others; empty where the key says it.
    pub why: &'static str,
}

impl Range {
    /// The range of `key`, if it holds a number.
    pub fn of(key: &str) -> Option<&'static Range> {
        RANGES.iter().find(|range| range.key == key)
    }

    /// Whether the key may have the value `text`.
    pub fn holds(&self, text: &str) -> bool {
        (self.or_empty && text.is_empty()) || self.values.hold(text)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)?;
        f.write_str(if self.or_empty { ", or empty" } else { "" })
    }
}

const fn range(key: &'static str, values: Values, why: &'static str) -> Range {
    Range { key, values, or_empty: false, why }
}

/// The keys that hold a number.
pub const RANGES: [Range; 25] = [
    range(
        "partitions",
        Values::Whole(1, 1_000),
        "a run has eight topics with that many, and each role holds a state for each",
    ),
    Range {
        or_empty: true,
        ..range("replication", Values::Whole(1, 100), "a partition has at most a copy a broker")
    },
    range(
        "broker_wait_ms",
        Values::Whole(1, 60_000),
        "a broker needs some time to answer, and a day waits for it",
    ),
    range("alerts.after_s", Values::From(0.0, 3_600.0), "an alert that is an hour late is none"),
    range("alerts.repeat_h", Values::From(0.0, 720.0), "0 sends an alert once"),
    range("source_quiet_s", Values::From(0.0, 86_400.0), "a day is published within a day"),
    range(
        "settings.capital",
        Values::From(1.0, 1e12),
        "returns are shares of the capital, and amounts are exact up to a trillion dollars",
    ),
    range("settings.risk_per_trade", Values::Above(0.0, 1e12), "it is a part of settings.capital"),
    range("settings.max_new_per_day", Values::Whole(0, 10_000), "0 opens no position"),
    range("settings.max_open", Values::Whole(0, 10_000), "0 opens no position"),
    range(
        "settings.expected_roi_over",
        Values::From(-1.0, 100.0),
        "a return is a share of the capital at risk, 0.15 for 15 %, and a position loses at most all of it",
    ),
    range("settings.score_over", Values::From(0.0, 100.0), "scores go from 0 to 100"),
    range("settings.take_profit", Values::Above(0.0, 1.0), "it is a share, 0.7 for 70 %"),
    range("settings.retrain_outcomes", Values::Whole(1, 1_000_000_000), ""),
    range("settings.min_training_rows", Values::Whole(1, 1_000_000_000), ""),
    range("settings.training_epochs", Values::Whole(1, 10_000), ""),
    range("settings.shadow_days", Values::Whole(0, 1_000), "0 promotes without watching"),
    range("settings.seed", Values::Whole(0, i64::MAX), ""),
    range(
        "settings.rate",
        Values::From(-0.05, 0.25),
        "a rate is written as a share, 0.05 for 5 % a year",
    ),
    range(
        "settings.dividend",
        Values::From(0.0, 0.25),
        "a yield is written as a share, 0.02 for 2 % a year",
    ),
    Range {
        or_empty: true,
        ..range("settings.strike_step", Values::Above(0.0, 1_000.0), "it is in dollars")
    },
    range("settings.min_half_spread", Values::From(0.0, 100.0), "it is in dollars a share"),
    range(
        "settings.half_spread_rate",
        Values::From(0.0, 1.0),
        "it is a share, 0.005 for half a percent",
    ),
    range(
        "settings.commission",
        Values::From(0.0, 100.0),
        "it is in dollars a share, a hundredth of what a contract costs",
    ),
    Range {
        or_empty: true,
        ..range("settings.risk_percent", Values::Above(0.0, 100.0), "it is in percent, 1 for 1 %")
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KEYS;

    #[test]
    fn every_key_with_a_number_has_a_range_that_holds_its_default() {
        for (key, default, _) in KEYS {
            let number = default.parse::<f64>().is_ok();
            assert!(!number || Range::of(key).is_some(), "{key}");
        }
        for range in RANGES {
            let (_, default, _) = KEYS.iter().find(|(key, ..)| *key == range.key).unwrap();
            assert!(range.holds(default), "{}: {default}", range.key);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_outside() {
        for (key, inside, outside) in [
            ("partitions", &["1", "1000"][..], &["0", "-3", "100000", "12.5", "", "true"][..]),
            ("replication", &["", "3"], &["0", "101"]),
            ("settings.capital", &["1", "1e6", "250000.50"], &["0", "-1", "nan", "inf", "1e13"]),
            ("settings.rate", &["0", "-0.005", "0.05"], &["5", "0.5", "NaN", "-inf", "5 %"]),
            ("settings.take_profit", &["0.01", "1"], &["0", "1.01", "70"]),
            ("settings.score_over", &["0", "100"], &["-1", "101"]),
            ("settings.max_open", &["0", "9"], &["-1", "many", "1e3"]),
            ("settings.strike_step", &["", "2.5"], &["0", "-1", "1e9"]),
            ("settings.seed", &["0", "9223372036854775807"], &["-1", "9223372036854775808"]),
        ] {
            let range = Range::of(key).unwrap();
            assert!(inside.iter().all(|text| range.holds(text)), "{key}: {range}");
            assert!(!outside.iter().any(|text| range.holds(text)), "{key}: {range}");
        }
    }
}
