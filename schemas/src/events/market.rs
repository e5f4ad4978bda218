//! The market: `bars`.

use super::marker::DayClosed;
use crate::Day;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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

impl Bar {
    /// Brings the bar to the new share count: prices ÷ ratio, volume × ratio (2 for two new shares for one old).
    pub fn apply_split(&mut self, ratio: f64) {
        for price in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            *price /= ratio;
        }
        self.volume *= ratio;
    }
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

/// A ticker's bars from before the event's day, ascending, in the share count of that day's open: published on
/// the ticker's first day in the run, and when an earlier past is found later. They replace every bar of the ticker known so far.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TickerHistory {
    /// The bars, shared by the event's copies.
    pub bars: Arc<[Bar]>,
}

/// A close of the volatility index.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct IndexClose {
    /// The day of the close.
    pub index_day: Day,
    /// Points.
    pub close: f64,
}

/// Closes of the volatility index of earlier days: those from before the run, or late and corrected ones. Every
/// partition gets the same.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct IndexHistory {
    /// The partition that this event is in.
    pub partition: i64,
    /// The closes, ascending by day.
    pub closes: Vec<IndexClose>,
}

records! {
    /// `butterquant.bars.v1`
    Bars, BarsKind, BarsRecord {
        BarClosed bar_closed: Bar = "BAR_CLOSED",
        TickerMissing ticker_missing: TickerMissing = "TICKER_MISSING",
        CorporateAction corporate_action: CorporateAction = "CORPORATE_ACTION",
        BarCorrected bar_corrected: Bar = "BAR_CORRECTED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
        HistoryLoaded history_loaded: TickerHistory = "HISTORY_LOADED",
        IndexLoaded index_loaded: IndexHistory = "INDEX_LOADED",
    }
}
