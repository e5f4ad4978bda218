//! The market: `bars`.

use super::marker::DayClosed;
use crate::Day;
use serde::{Deserialize, Serialize};

/// A ticker's prices of a day, as known at its close; unadjusted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Bar {
    /// The day of the prices.
    pub bar_day: Day,
    /// Dollars per share.
    pub open: f64,
    /// Dollars per share.
    pub high: f64,
    /// Dollars per share.
    pub low: f64,
    /// Dollars per share.
    pub close: f64,
    /// Shares traded.
    pub volume: f64,
}

/// A ticker of the universe has no valid bar on the day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TickerMissing {
    /// Why: no row, or what was wrong with it and where.
    pub reason: String,
}

/// A split or a dividend that takes effect before the day's open.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CorporateAction {
    /// The first day priced with it.
    pub effective_day: Day,
    /// New shares per old share.
    pub split_ratio: Option<f64>,
    /// Dollars per share.
    pub dividend: Option<f64>,
}

impl CorporateAction {
    /// The ratio of a valid split: finite and above 0.
    pub fn split(&self) -> Option<f64> {
        self.split_ratio.filter(|ratio| *ratio > 0.0 && ratio.is_finite())
    }
}

records! {
    /// `butterquant.bars.v1`
    Bars, BarsKind, BarsRecord {
        BarClosed bar_closed: Bar = "BAR_CLOSED",
        TickerMissing ticker_missing: TickerMissing = "TICKER_MISSING",
        CorporateAction corporate_action: CorporateAction = "CORPORATE_ACTION",
        BarCorrected bar_corrected: Bar = "BAR_CORRECTED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}
