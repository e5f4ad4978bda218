//! The entries of the book and the journal: positions, pending orders, closed trades, marks. Prices
//! are per share, in [`Money`]; contracts are of 100 shares until a split.

use schemas::events::{OrderIntent, Structure, Track, TrackMarked};
use schemas::{Day, EventId, Money};
use serde::{Deserialize, Serialize};

/// A position held.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpenPosition {
    /// Whose book.
    pub track: Track,
    /// The stock.
    pub ticker: String,
    /// The scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: Structure,
    /// Contracts.
    pub quantity: i64,
    /// Shares of a contract: 100, times the ratio of every split since.
    pub shares: f64,
    /// The day it was first filled.
    pub entry_day: Day,
    /// Mid value D paid per share; the mean over partial fills.
    pub entry_price: Money,
    /// Spread and commission c paid per share; the mean likewise.
    pub entry_fees: Money,
    /// Everything paid: quantity × shares × (D + c).
    pub capital_at_risk: Money,
    /// Why it was opened.
    pub reason: String,
    /// The champion that scored it (ButterAI).
    pub model_version: Option<i64>,
    /// The return that champion expected (ButterAI), as a fraction.
    pub expected_roi: Option<f64>,
}

/// The state of an order that has not ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    /// On the log, not yet with the broker.
    Intended,
    /// The broker has it.
    Acknowledged,
    /// Neither confirmed nor denied; blocks its track until settled.
    Unknown,
}

/// An order that has not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingOrder {
    /// The stock.
    pub ticker: String,
    /// The day it was decided.
    pub decided_on: Day,
    /// As it was decided, but `quantity` is what remains to be filled.
    pub intent: OrderIntent,
    /// Its state.
    pub state: OrderState,
    /// The champion that scored its candidate on that day (ButterAI, opening).
    pub model_version: Option<i64>,
    /// The return that champion expected, as a fraction.
    pub expected_roi: Option<f64>,
}

/// A closed trade, or the closed part of one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// Whose book.
    pub track: Track,
    /// The stock.
    pub ticker: String,
    /// The scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: Structure,
    /// Contracts closed.
    pub quantity: i64,
    /// Shares of a contract at the close: 100, times the ratio of every split since the entry.
    pub shares: f64,
    /// The day it was entered.
    pub entry_day: Day,
    /// D paid per share.
    pub entry_price: Money,
    /// c paid per share.
    pub entry_fees: Money,
    /// The day it was closed.
    pub exit_day: Day,
    /// D received per share.
    pub exit_price: Money,
    /// c paid per share on the way out.
    pub exit_fees: Money,
    /// Quantity × 100 × (max(0, exit D − exit c) − entry D − entry c).
    pub pnl: Money,
    /// What was at risk in the contracts closed.
    pub capital_at_risk: Money,
    /// `pnl` ÷ `capital_at_risk`; −1 is a total loss.
    pub roi: f64,
    /// Why it was closed.
    pub reason: String,
    /// The champion that scored it (ButterAI).
    pub model_version: Option<i64>,
    /// The return that champion expected (ButterAI), as a fraction.
    pub expected_roi: Option<f64>,
}

/// A track's mark at a day's close.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EquityPoint {
    /// The day.
    pub day: Day,
    /// As the executor marked it.
    pub mark: TrackMarked,
}
