//! What is traded and what comes of it: `orders`, `fills`, `outcomes`.

use crate::{
    Day, EventId, Money,
    events::{DayClosed, Pricing, Structure},
};
use serde::{Deserialize, Serialize};

/// Shares of one option contract.
pub const SHARES_PER_CONTRACT: i64 = 100;

/// The two ways of choosing, side by side on the same events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum Track {
    /// Trades expected ROI over its threshold.
    #[default]
    ButterAI,
    /// Trades technical score over its threshold.
    ButterBaseline,
}

impl Track {
    /// Both, in the order in which they decide.
    pub const ALL: [Track; 2] = [Track::ButterAI, Track::ButterBaseline];

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Track::ButterAI => "ButterAI",
            Track::ButterBaseline => "ButterBaseline",
        }
    }
}

/// Opening takes risk on, closing takes it off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// Buy the butterfly.
    #[default]
    Open,
    /// Sell it.
    Close,
}

/// An intent: the broker role will submit it once it is on the log.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderIntent {
    /// Whose book.
    pub track: Track,
    /// The id the broker will know it by; used once.
    pub broker_order_id: i64,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// What to trade.
    pub structure: Structure,
    /// Contracts of [`SHARES_PER_CONTRACT`] shares.
    pub quantity: i64,
    /// Volatility of the decision's day, a fraction a year.
    pub sigma: f64,
    /// What it is priced with.
    pub pricing: Pricing,
    /// Why: the threshold passed, take profit, or the evaluation day.
    pub reason: String,
    /// The number compared with the track's threshold.
    pub value: f64,
}

/// A candidate over its track's threshold that is not traded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderRefused {
    /// Whose book.
    pub track: Track,
    /// The scan event.
    pub candidate: EventId,
    /// Short and stable: `POSITION_LIMIT`.
    pub code: String,
    /// A sentence.
    pub reason: String,
}

/// A track's book at the day's close.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrackMarked {
    /// Whose book.
    pub track: Track,
    /// Capital plus everything gained and lost, open positions at mid.
    pub equity: Money,
    /// The day's change.
    pub change: Money,
    /// Positions held over night.
    pub open_positions: i64,
    /// Candidates of the day with a value to compare.
    pub candidates: i64,
    /// Of these, over the threshold.
    pub over_threshold: i64,
    /// The highest value seen.
    pub highest: Option<f64>,
    /// Orders to open decided today.
    pub opened: i64,
    /// Orders to close decided today.
    pub closed: i64,
    /// Why nothing could be traded, if that is so.
    pub note: Option<String>,
}

records! {
    /// `butterquant.orders.v1`
    Orders, OrdersKind, OrdersRecord {
        OrderIntended order_intended: OrderIntent = "ORDER_INTENDED",
        OrderRefused order_refused: OrderRefused = "ORDER_REFUSED",
        TrackMarked track_marked: TrackMarked = "TRACK_MARKED",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}

/// The broker has the order.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The order.
    pub broker_order_id: i64,
    /// Whose book.
    pub track: Track,
}

/// The broker traded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Execution {
    /// The order.
    pub broker_order_id: i64,
    /// Whose book.
    pub track: Track,
    /// The broker's own id of the trade.
    pub execution_id: String,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// What was traded.
    pub structure: Structure,
    /// Contracts of [`SHARES_PER_CONTRACT`] shares.
    pub quantity: i64,
    /// Mid value D per share.
    pub price: Money,
    /// Spread and commission per share, paid on top (open) or off (close).
    pub fees: Money,
    /// The stock's price it was done at.
    pub spot: f64,
    /// Volatility it was priced with, a fraction a year.
    pub sigma: f64,
    /// What it was priced with.
    pub pricing: Pricing,
}

/// An order ended without a trade.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderEnded {
    /// The order.
    pub broker_order_id: i64,
    /// Whose book.
    pub track: Track,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// Short and stable: `HALTED`.
    pub code: String,
    /// A sentence.
    pub reason: String,
}

records! {
    /// `butterquant.fills.v1`
    Fills, FillsKind, FillsRecord {
        OrderAcknowledged order_acknowledged: Acknowledged = "ORDER_ACKNOWLEDGED",
        OrderExecuted order_executed: Execution = "ORDER_EXECUTED",
        OrderCancelled order_cancelled: OrderEnded = "ORDER_CANCELLED",
        OrderRejected order_rejected: OrderEnded = "ORDER_REJECTED",
        OrderUnknown order_unknown: OrderEnded = "ORDER_UNKNOWN",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}

/// A candidate, traded or not, came to its evaluation day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The scan event.
    pub candidate: EventId,
    /// When it was scanned.
    pub scan_day: Day,
    /// The bar at whose open it was entered.
    pub entry_day: Day,
    /// The bar at whose close it was marked.
    pub evaluation_day: Day,
    /// D at entry, dollars per share.
    pub entry_debit: f64,
    /// c at entry, dollars per share.
    pub entry_cost: f64,
    /// D at evaluation, dollars per share.
    pub exit_debit: f64,
    /// c at evaluation, dollars per share.
    pub exit_cost: f64,
    /// Return on the capital at risk; −1 is everything.
    pub roi: f64,
    /// Loss 0, Minor 1, Good 2, Excellent 3.
    pub class: i32,
}

/// A candidate that can have no label.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OutcomeMissing {
    /// The scan event.
    pub candidate: EventId,
    /// When it was scanned.
    pub scan_day: Day,
    /// Short and stable: `NO_VIX`.
    pub code: String,
    /// A sentence.
    pub reason: String,
}

records! {
    /// `butterquant.outcomes.v1`
    Outcomes, OutcomesKind, OutcomesRecord {
        CandidateMatured candidate_matured: Outcome = "CANDIDATE_MATURED",
        OutcomeMissing outcome_missing: OutcomeMissing = "OUTCOME_MISSING",
        DayClosed day_closed: DayClosed = "DAY_CLOSED",
    }
}
