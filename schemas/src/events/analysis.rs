//! The scanner's events: `scans` and `features`.

use super::marker::DayClosed;
use crate::{Day, EventId};
use serde::{Deserialize, Serialize};

/// The three ways to build one butterfly payoff.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Strategy {
    /// Four calls: +1, −2, +1.
    #[default]
    CallButterfly,
    /// Four puts: +1, −2, +1.
    PutButterfly,
    /// Short straddle at the centre, long wings.
    IronButterfly,
}

impl Strategy {
    /// The name in text.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::CallButterfly => "call butterfly",
            Strategy::PutButterfly => "put butterfly",
            Strategy::IronButterfly => "iron butterfly",
        }
    }
}

/// The right an option gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OptionRight {
    /// To buy.
    #[default]
    Call,
    /// To sell.
    Put,
}

/// A butterfly's strikes and dates: enough to price it on any day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Structure {
    /// The options it is built from.
    pub strategy: Strategy,
    /// Centre strike K, dollars.
    pub centre: f64,
    /// Wing width w, dollars.
    pub wing: f64,
    /// The options' last day.
    pub expiry: Day,
    /// Last day of holding.
    pub evaluation_day: Day,
    /// Calendar days from the scan to expiry.
    pub dte: i32,
    /// Trading days from the scan to the evaluation day.
    pub horizon: i32,
}

/// One option of the butterfly, per share.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Leg {
    /// Call or put.
    pub right: OptionRight,
    /// Dollars.
    pub strike: f64,
    /// Number of options; negative is sold.
    pub ratio: i32,
    /// Mid value, dollars.
    pub price: f64,
    /// Volatility at the strike, a fraction a year.
    pub sigma: f64,
    /// Per dollar of the stock.
    pub delta: f64,
    /// Per dollar of the stock, twice.
    pub gamma: f64,
    /// Dollars per 1.00 of volatility.
    pub vega: f64,
    /// Dollars a year.
    pub theta: f64,
}

/// Pricing parameters; recorded, so that labels use the same ones.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pricing {
    /// Interest rate, continuous, a fraction a year.
    pub rate: f64,
    /// Dividend yield, continuous, a fraction a year.
    pub dividend: f64,
    /// Strike step in dollars; `None` uses the table by price.
    pub strike_step: Option<f64>,
    /// Minimum half spread of an option, dollars per share.
    pub min_half_spread: f64,
    /// Half spread as a share of S·φ(d1)·√T.
    pub half_spread_rate: f64,
    /// Commission of an option, dollars per share.
    pub commission: f64,
}

impl Default for Pricing {
    fn default() -> Pricing {
        Pricing {
            rate: 0.0,
            dividend: 0.0,
            strike_step: None,
            min_half_spread: 0.01,
            half_spread_rate: 0.005,
            commission: 0.0065,
        }
    }
}

/// A ticker was analysed and a butterfly chosen. The event's id identifies the candidate.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Scan {
    /// Close of the scan day, dollars.
    pub spot: f64,
    /// Close of the volatility index.
    pub vix: f64,
    /// Realised volatility of 63 days, a fraction a year.
    pub hv63: f64,
    /// The proxy for implied volatility, a fraction a year.
    pub current_iv: f64,
    /// GARCH forecast, a fraction a year.
    pub predicted_vol: f64,
    /// ln(current_iv/predicted_vol).
    pub vol_mispricing: f64,
    /// Slope of 60 days in daily standard deviations.
    pub trend_slope: f64,
    /// Trading days.
    pub dominant_period: f64,
    /// Share of spectral power.
    pub period_strength: f64,
    /// The fitted cycle at the scan day, in ln price.
    pub cycle: f64,
    /// ARIMA order (p, d, q).
    pub arima_order: Vec<i32>,
    /// Forecast of ln price at the horizon minus ln spot.
    pub forecast_return: f64,
    /// 95 % interval's width in ln price.
    pub forecast_interval_width: f64,
    /// The butterfly.
    pub structure: Structure,
    /// Its options, lowest strike first.
    pub legs: Vec<Leg>,
    /// Mid value D, dollars per share.
    pub debit: f64,
    /// Cost of one way c, dollars per share.
    pub cost: f64,
    /// Capital at risk, dollars per share.
    pub risk: f64,
    /// Dollars per share at expiry.
    pub max_profit: f64,
    /// Dollars per share at expiry.
    pub max_loss: f64,
    /// Lower and upper stock price of break-even at expiry.
    pub break_evens: Vec<f64>,
    /// Probability of ending between the break-evens.
    pub prob_profit: f64,
    /// Whole position, per dollar of the stock.
    pub delta: f64,
    /// Whole position.
    pub gamma: f64,
    /// Whole position, dollars per 1.00 of volatility.
    pub vega: f64,
    /// Whole position, dollars a year.
    pub theta: f64,
    /// Technical score, 0–100.
    pub score: f64,
    /// Pricing parameters.
    pub pricing: Pricing,
}

/// The ticker could not be analysed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScanRefused {
    /// Short and stable: `TOO_FEW_BARS`.
    pub code: String,
    /// A sentence.
    pub reason: String,
}

records! {
    /// `butterquant.scans.v1`
    Scans, ScansKind, ScansRecord {
        CandidateScanned candidate_scanned: Scan = "CANDIDATE_SCANNED",
        CandidateRefused candidate_refused: ScanRefused = "CANDIDATE_REFUSED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}

/// A candidate's model input.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FeatureVector {
    /// The scan event.
    pub candidate: EventId,
    /// Version of the feature contract.
    pub contract_version: i32,
    /// 23 numbers in contract order.
    pub values: Vec<f64>,
    /// Technical score, 0–100: a baseline, not a model input.
    pub score: Option<f64>,
}

records! {
    /// `butterquant.features.v1`
    Features, FeaturesKind, FeaturesRecord {
        FeaturesExtracted features_extracted: FeatureVector = "FEATURES_EXTRACTED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}
