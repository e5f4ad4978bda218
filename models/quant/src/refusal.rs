//! Why a ticker was not analysed. A refusal is data on the log, with a code that is never
//! reused and a sentence for people; nothing is ever clipped into a number instead.

use crate::volatility::VixGap;
use schemas::{Day, Figure};
use serde::{Deserialize, Serialize};

/// Why there is no analysis, in the order of the tests.
#[derive(thiserror::Error, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No valid bar on the scan day.
    #[error("there is no valid bar on the scan day")]
    NoBar,
    /// Fewer than 252 bars up to the scan day.
    #[error(
        "only {have} of its own bars are known up to {day} and 252 are needed; the first is of {first}"
    )]
    TooFewBars {
        /// Bars known.
        have: usize,
        /// The scan day.
        day: Day,
        /// The day of the first of them.
        first: Day,
    },
    /// The volatility index is missing where the proxy needs it.
    #[error(transparent)]
    NoVix(#[from] VixGap),
    /// HV63 outside 1–300 %.
    #[error("the volatility of 63 days is {}, outside 0.01 to 3.00", Figure(*hv63))]
    VolatilityOutOfRange {
        /// HV63, a fraction per year.
        hv63: f64,
    },
    /// The last five volumes add up to 0.
    #[error("no share was traded in the last 5 bars")]
    NoVolume,
    /// 63 days without a fall, or without a rise.
    #[error("the last 63 returns have none below 0 or none above 0, so there is no skew")]
    OneSidedReturns,
    /// A fit did not end; tested where the fit is made, after one-sided returns.
    #[error("the {what} fit did not converge")]
    NoConvergence {
        /// Which fit.
        what: String,
    },
    /// A known chain lists no centre with two outer strikes at one distance.
    #[error("no listed strike has a listed strike at the same distance on either side")]
    NoListedStrikes,
    /// The lower strike would be at or below 0.
    #[error("the lower strike {} − {} is not above 0", Figure(*centre), Figure(*wing))]
    CentreBelowWing {
        /// Centre strike, dollars.
        centre: f64,
        /// Wing width, dollars.
        wing: f64,
    },
    /// Risk ÷ wing outside 0.05–0.95.
    #[error("the maximum loss is {} of the wing, outside 0.05 to 0.95", Figure(*max_loss))]
    MaxLossOutOfRange {
        /// risk/w.
        max_loss: f64,
    },
    /// A number came out not finite.
    #[error("{what} is not a finite number")]
    NotFinite {
        /// Which number.
        what: String,
    },
}

impl Refusal {
    /// The refusal's code on the log, UPPER_SNAKE.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NoBar => "NO_BAR",
            Refusal::TooFewBars { .. } => "TOO_FEW_BARS",
            Refusal::NoVix(_) => "NO_VIX",
            Refusal::VolatilityOutOfRange { .. } => "VOLATILITY_OUT_OF_RANGE",
            Refusal::NoVolume => "NO_VOLUME",
            Refusal::OneSidedReturns => "ONE_SIDED_RETURNS",
            Refusal::NoConvergence { .. } => "NO_CONVERGENCE",
            Refusal::NoListedStrikes => "NO_LISTED_STRIKES",
            Refusal::CentreBelowWing { .. } => "CENTRE_BELOW_WING",
            Refusal::MaxLossOutOfRange { .. } => "MAX_LOSS_OUT_OF_RANGE",
            Refusal::NotFinite { .. } => "NOT_FINITE",
        }
    }
}
