//! Trading: `orders`, `fills`, `outcomes`.

use super::analysis::{Pricing, Structure};
use super::marker::DayClosed;
use crate::{Day, EventId, Money};
use serde::{Deserialize, Serialize};

/// Shares of one option contract.
pub const SHARES_PER_CONTRACT: i64 = 100;

/// The two strategies, side by side on the same events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum Track {
    /// Trades by expected ROI.
    #[default]
    ButterAI,
    /// Trades by technical score.
    ButterBaseline,
}

impl Track {
    /// Both, in the order in which they decide.
    pub const ALL: [Track; 2] = [Track::ButterAI, Track::ButterBaseline];

    /// Its name everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Track::ButterAI => "ButterAI",
            Track::ButterBaseline => "ButterBaseline",
        }
    }
}

/// What an order does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// Buy the butterfly.
    #[default]
    Open,
    /// Sell it.
    Close,
}

/// The intent to trade; the broker role submits it once it is on the log.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderIntent {
    /// The track.
    pub track: Track,
    /// The order's id at the broker; used once.
    pub broker_order_id: i64,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: Structure,
    /// Contracts of [`SHARES_PER_CONTRACT`] shares.
    pub quantity: i64,
    /// Volatility on the day of the decision, a fraction a year.
    pub sigma: f64,
    /// Pricing parameters.
    pub pricing: Pricing,
    /// The reason: threshold, take profit, or evaluation day.
    pub reason: String,
    /// The value compared with the track's threshold.
    pub value: f64,
}

/// A candidate over its track's threshold that is not traded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderRefused {
    /// The track.
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
    /// The track.
    pub track: Track,
    /// Capital plus all gains and losses, open positions at mid.
    pub equity: Money,
    /// The day's change.
    pub change: Money,
    /// Positions held overnight.
    pub open_positions: i64,
    /// The day's candidates with a value to compare.
    pub candidates: i64,
    /// Those over the threshold.
    pub over_threshold: i64,
    /// The highest value.
    pub highest: Option<f64>,
    /// Orders to open, decided on the day.
    pub opened: i64,
    /// Orders to close, decided on the day.
    pub closed: i64,
    /// Why nothing could be traded, if so.
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
    /// The track.
    pub track: Track,
}

/// The broker traded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Execution {
    /// The order.
    pub broker_order_id: i64,
    /// The track.
    pub track: Track,
    /// The broker's id of the trade.
    pub execution_id: String,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: Structure,
    /// Contracts of [`SHARES_PER_CONTRACT`] shares.
    pub quantity: i64,
    /// Mid value D per share.
    pub price: Money,
    /// Spread and commission per share, added to (open) or taken off (close) the price.
    pub fees: Money,
    /// The stock's price at the trade.
    pub spot: f64,
    /// Volatility used in pricing, a fraction a year.
    pub sigma: f64,
    /// Pricing parameters.
    pub pricing: Pricing,
}

/// An order ended without a trade.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OrderEnded {
    /// The order.
    pub broker_order_id: i64,
    /// The track.
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

/// A candidate, traded or not, reached its evaluation day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The scan event.
    pub candidate: EventId,
    /// The scan day.
    pub scan_day: Day,
    /// Day of the bar at whose open it was entered.
    pub entry_day: Day,
    /// Day of the bar at whose close it was marked.
    pub evaluation_day: Day,
    /// D at entry, dollars per share.
    pub entry_debit: f64,
    /// c at entry, dollars per share.
    pub entry_cost: f64,
    /// D at evaluation, dollars per share.
    pub exit_debit: f64,
    /// c at evaluation, dollars per share.
    pub exit_cost: f64,
    /// Return on the capital at risk; −1 is a total loss.
    pub roi: f64,
    /// Loss 0, Minor 1, Good 2, Excellent 3.
    pub class: i32,
}

/// A candidate that can have no label.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OutcomeMissing {
    /// The scan event.
    pub candidate: EventId,
    /// The scan day.
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
