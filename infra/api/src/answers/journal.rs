//! `journal`: the closed trades.

use super::query::ViewQuery;
use super::structure::StructureRow;
use anyhow::Result;
use schemas::events::Track;
use schemas::{Day, EventId, Money};
use serde::{Deserialize, Serialize};
use store::Views;
use store::json::dollars;
use store::views::ClosedTrade;

/// Asks for closed trades.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalQuery {
    /// The number of latest trades; none for all.
    pub last: Option<usize>,
}

/// Closed trades of both tracks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct JournalView {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// The number of closed trades; `trades` may hold fewer.
    pub count: usize,
    /// Latest first.
    pub trades: Vec<TradeRow>,
}

/// A closed trade, or the closed part of one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TradeRow {
    /// The track that held it.
    pub track: Track,
    /// The stock.
    pub ticker: String,
    /// The id of its scan event.
    pub candidate: EventId,
    /// The butterfly.
    pub structure: StructureRow,
    /// Contracts closed.
    pub quantity: i64,
    /// Shares of a contract: 100, times the ratio of every split since the entry.
    pub shares: f64,
    /// The day it was entered.
    pub entry_day: Day,
    /// Mid value paid per share.
    #[serde(with = "dollars")]
    pub entry_price: Money,
    /// Spread and commission paid per share.
    #[serde(with = "dollars")]
    pub entry_fees: Money,
    /// The day it was closed.
    pub exit_day: Day,
    /// Mid value received per share.
    #[serde(with = "dollars")]
    pub exit_price: Money,
    /// Spread and commission paid per share on the way out.
    #[serde(with = "dollars")]
    pub exit_fees: Money,
    /// Gain or loss.
    #[serde(with = "dollars")]
    pub pnl: Money,
    /// Capital at risk in the contracts closed.
    #[serde(with = "dollars")]
    pub capital_at_risk: Money,
    /// `pnl` ÷ `capital_at_risk`.
    pub roi: f64,
    /// Why it was closed.
    pub reason: String,
    /// Version of the champion that scored it (ButterAI).
    pub model_version: Option<i64>,
    /// The return which that champion expected (ButterAI), as a fraction.
    pub expected_roi: Option<f64>,
}

impl From<&ClosedTrade> for TradeRow {
    fn from(of: &ClosedTrade) -> TradeRow {
        TradeRow {
            track: of.track,
            ticker: of.ticker.clone(),
            candidate: of.candidate,
            structure: StructureRow::from(&of.structure),
            quantity: of.quantity,
            shares: of.shares,
            entry_day: of.entry_day,
            entry_price: of.entry_price,
            entry_fees: of.entry_fees,
            exit_day: of.exit_day,
            exit_price: of.exit_price,
            exit_fees: of.exit_fees,
            pnl: of.pnl,
            capital_at_risk: of.capital_at_risk,
            roi: of.roi,
            reason: of.reason.clone(),
            model_version: of.model_version,
            expected_roi: of.expected_roi,
        }
    }
}

impl ViewQuery for JournalQuery {
    type Answer = JournalView;

    fn path(&self) -> String {
        match self.last {
            None => "/views/journal".to_owned(),
            Some(last) => format!("/views/journal?last={last}"),
        }
    }

    fn answer(&self, views: &Views) -> Result<JournalView> {
        let trades = views.journal()?;
        let shown = trades.iter().rev().take(self.last.unwrap_or(usize::MAX));
        Ok(JournalView {
            through: views.through()?,
            count: trades.len(),
            trades: shown.map(TradeRow::from).collect(),
        })
    }
}
