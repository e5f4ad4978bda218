//! `positions`: positions held and orders still working.

use super::query::ViewQuery;
use super::structure::StructureRow;
use anyhow::Result;
use schemas::events::{Action, Track};
use schemas::{Day, EventId, Money};
use serde::{Deserialize, Serialize};
use store::Views;
use store::json::dollars;
use store::views::{OpenPosition, OrderState, PendingOrder};

/// Asks for positions and pending orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PositionsQuery;

/// Positions and pending orders of both tracks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PositionsView {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// Positions at its close, by track, then candidate.
    pub positions: Vec<PositionRow>,
    /// Orders still working, by track, then the broker's order id.
    pub pending: Vec<PendingRow>,
}

/// A position held.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PositionRow {
    /// The track that owns it.
    pub track: Track,
    /// The stock.
    pub ticker: String,
    /// The id of its scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: StructureRow,
    /// Contracts.
    pub quantity: i64,
    /// Shares of a contract: 100, times the ratio of every split since the entry.
    pub shares: f64,
    /// The day it was first filled.
    pub entry_day: Day,
    /// Mid value paid per share.
    #[serde(with = "dollars")]
    pub entry_price: Money,
    /// Spread and commission paid per share.
    #[serde(with = "dollars")]
    pub entry_fees: Money,
    /// Total paid.
    #[serde(with = "dollars")]
    pub capital_at_risk: Money,
    /// The reason it was opened.
    pub reason: String,
    /// Version of the champion that scored it (ButterAI).
    pub model_version: Option<i64>,
    /// The return which that champion expected (ButterAI), as a fraction.
    pub expected_roi: Option<f64>,
}

/// An order still working.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingRow {
    /// The track that owns it.
    pub track: Track,
    /// The stock.
    pub ticker: String,
    /// The id of its scan event.
    pub candidate: EventId,
    /// The broker's order id.
    pub broker_order_id: i64,
    /// Whether it opens or closes.
    pub action: Action,
    /// Its state.
    pub state: OrderState,
    /// The butterfly.
    pub structure: StructureRow,
    /// Contracts still to be filled.
    pub quantity: i64,
    /// The day it was decided.
    pub decided_on: Day,
    /// The reason.
    pub reason: String,
    /// Version of the champion that scored its candidate (ButterAI, opening).
    pub model_version: Option<i64>,
    /// The return which that champion expected, as a fraction.
    pub expected_roi: Option<f64>,
}

impl From<&OpenPosition> for PositionRow {
    fn from(of: &OpenPosition) -> PositionRow {
        PositionRow {
            track: of.track,
            ticker: of.ticker.clone(),
            candidate: of.candidate,
            structure: StructureRow::from(&of.structure),
            quantity: of.quantity,
            shares: of.shares,
            entry_day: of.entry_day,
            entry_price: of.entry_price,
            entry_fees: of.entry_fees,
            capital_at_risk: of.capital_at_risk,
            reason: of.reason.clone(),
            model_version: of.model_version,
            expected_roi: of.expected_roi,
        }
    }
}

impl From<&PendingOrder> for PendingRow {
    fn from(of: &PendingOrder) -> PendingRow {
        PendingRow {
            track: of.intent.track,
            ticker: of.ticker.clone(),
            candidate: of.intent.candidate,
            broker_order_id: of.intent.broker_order_id,
            action: of.intent.action,
            state: of.state,
            structure: StructureRow::from(&of.intent.structure),
            quantity: of.intent.quantity,
            decided_on: of.decided_on,
            reason: of.intent.reason.clone(),
            model_version: of.model_version,
            expected_roi: of.expected_roi,
        }
    }
}

impl ViewQuery for PositionsQuery {
    type Answer = PositionsView;

    fn path(&self) -> String {
        "/views/positions".to_owned()
    }

    fn answer(&self, views: &Views) -> Result<PositionsView> {
        let book = views.book()?;
        Ok(PositionsView {
            through: views.through()?,
            positions: book.positions().map(PositionRow::from).collect(),
            pending: book.pending().map(PendingRow::from).collect(),
        })
    }
}
