//! The rule-based side: the direction of the trend, the type of butterfly it calls for, and
//! the technical score by which the baseline track trades. The rules are QUANT.md's
//! ("Type", "Technical score").

use crate::butterfly::ButterflyKind;
use crate::probability::normal_cdf;
use serde::{Deserialize, Serialize};

/// The direction of the trend: its slope against ±0.1 daily volatilities a day.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Slope above 0.1.
    Up,
    /// Slope within ±0.1.
    Flat,
    /// Slope below −0.1.
    Down,
}

impl Trend {
    /// The trend of a `trend_slope` (feature 1).
    pub fn of(slope: f64) -> Trend {
        match slope {
            s if s > 0.1 => Trend::Up,
            s if s < -0.1 => Trend::Down,
            _ => Trend::Flat,
        }
    }

    /// Up with the cycle low → call, down with the cycle high → put, else iron.
    pub fn kind(self, cycle_position: f64) -> ButterflyKind {
        match self {
            Trend::Up if cycle_position < 0.0 => ButterflyKind::Call,
            Trend::Down if cycle_position > 0.0 => ButterflyKind::Put,
            _ => ButterflyKind::Iron,
        }
    }
}

/// The technical score and its five parts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct TechnicalScore {
    /// 0.35·centre + 0.30·mispricing + 0.20·interval + 0.15·cycle − delta penalty, held to
    /// 0–100.
    pub total: f64,
    /// 100·max(0, 1 − 2|F − K|/w): how near the strike came to the forecast.
    pub centre: f64,
    /// 100·Φ(vol_mispricing/0.25).
    pub mispricing: f64,
    /// 100·max(0, 1 − forecast_interval_width/0.5).
    pub interval: f64,
    /// 100 when the call or put rule is met, 80 when the trend is flat, else 50.
    pub cycle: f64,
    /// min(10, 10·|delta|), delta as feature 11.
    pub delta_penalty: f64,
}

/// The inputs of the score.
pub(crate) struct ScoreInputs {
    /// F, the forecast price, before rounding to a strike.
    pub(crate) forecast: f64,
    pub(crate) centre: f64,
    pub(crate) wing: f64,
    pub(crate) vol_mispricing: f64,
    pub(crate) interval_width: f64,
    pub(crate) trend: Trend,
    pub(crate) kind: ButterflyKind,
    /// Feature 11.
    pub(crate) delta: f64,
}

pub(crate) fn score(inputs: &ScoreInputs) -> TechnicalScore {
    let miss = (inputs.forecast - inputs.centre).abs();
    let centre = 100.0 * (1.0 - 2.0 * miss / inputs.wing).max(0.0);
    let mispricing = 100.0 * normal_cdf(inputs.vol_mispricing / 0.25);
    let interval = 100.0 * (1.0 - inputs.interval_width / 0.5).max(0.0);
    let cycle = match (inputs.kind, inputs.trend) {
        (ButterflyKind::Call | ButterflyKind::Put, _) => 100.0,
        (ButterflyKind::Iron, Trend::Flat) => 80.0,
        (ButterflyKind::Iron, _) => 50.0,
    };
    let delta_penalty = (10.0 * inputs.delta.abs()).min(10.0);
    let sum = 0.35 * centre + 0.30 * mispricing + 0.20 * interval + 0.15 * cycle - delta_penalty;
    let total = if sum.is_nan() { sum } else { sum.clamp(0.0, 100.0) };
    TechnicalScore { total, centre, mispricing, interval, cycle, delta_penalty }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_follows_trend_and_cycle() {
        let cases = [
            (0.2, -1.0, ButterflyKind::Call),
            (0.2, 1.0, ButterflyKind::Iron),
            (-0.2, 1.0, ButterflyKind::Put),
            (-0.2, -1.0, ButterflyKind::Iron),
            (0.1, -1.0, ButterflyKind::Iron),
            (-0.1, 1.0, ButterflyKind::Iron),
        ];
        for (slope, cycle, kind) in cases {
            assert_eq!(Trend::of(slope).kind(cycle), kind, "{slope} {cycle}");
        }
    }

    #[test]
    fn the_parts_add_up() {
        let inputs = ScoreInputs {
            forecast: 101.0,
            centre: 100.0,
            wing: 8.0,
            vol_mispricing: 0.0,
            interval_width: 0.25,
            trend: Trend::Flat,
            kind: ButterflyKind::Iron,
            delta: -0.2,
        };
        let total = |inputs: &ScoreInputs| score(inputs).total;
        let expected = 0.35 * 75.0 + 0.3 * 50.0 + 0.2 * 50.0 + 0.15 * 80.0 - 2.0;
        assert!((total(&inputs) - expected).abs() < 1e-12);
        let far = ScoreInputs { forecast: 200.0, interval_width: 2.0, delta: 9.0, ..inputs };
        assert!((total(&far) - (15.0 + 12.0 - 10.0)).abs() < 1e-12);
        let nan = ScoreInputs { forecast: f64::NAN, wing: f64::NAN, delta: f64::NAN, ..far };
        assert!((0.0..=100.0).contains(&total(&nan)) || total(&nan).is_nan());
    }
}
