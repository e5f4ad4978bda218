//! The columns of a closed trade: their names, what they mean, and their values, for files and for sorting.

use super::journal::TradeRow;
use schemas::Day;
use schemas::events::Strategy;
use std::cmp::Ordering;
use store::table::{Column, Values};

/// A column of the journal.
#[derive(Clone, Copy, Debug)]
pub struct TradeColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds, with its unit.
    pub about: &'static str,
    of: Of,
}

/// How a column's value is got from a trade.
#[derive(Clone, Copy, Debug)]
enum Of {
    Text(fn(&TradeRow) -> String),
    Whole(fn(&TradeRow) -> Option<i64>),
    Number(fn(&TradeRow) -> Option<f64>),
    Date(fn(&TradeRow) -> Day),
}

const fn column(name: &'static str, about: &'static str, of: Of) -> TradeColumn {
    TradeColumn { name, about, of }
}

/// Every column, in the order of a file.
pub const TRADE_COLUMNS: [TradeColumn; 24] = [
    column("track", "whose trade it is", Of::Text(|t| t.track.name().to_owned())),
    column("ticker", "the stock", Of::Text(|t| t.ticker.clone())),
    column("type", "call, put or iron", Of::Text(|t| type_name(t.structure.strategy).to_owned())),
    column("lower", "lower strike, dollars", Of::Number(|t| Some(t.structure.strikes.lower))),
    column("centre", "centre strike, dollars", Of::Number(|t| Some(t.structure.strikes.centre))),
    column("upper", "upper strike, dollars", Of::Number(|t| Some(t.structure.strikes.upper))),
    column("expiry", "expiry of the options", Of::Date(|t| t.structure.expiry)),
    column("evaluation_day", "last day it may be held", Of::Date(|t| t.structure.evaluation_day)),
    column("contracts", "contracts closed", Of::Whole(|t| Some(t.quantity))),
    column("shares", "shares of a contract", Of::Number(|t| Some(t.shares))),
    column("entry_day", "day it was entered", Of::Date(|t| t.entry_day)),
    column("exit_day", "day it was closed", Of::Date(|t| t.exit_day)),
    column("days_held", "calendar days between them", Of::Whole(|t| Some(days_held(t)))),
    column(
        "paid",
        "mid value paid, dollars a share",
        Of::Number(|t| Some(t.entry_price.dollars())),
    ),
    column(
        "entry_fees",
        "spread and commission of the entry, dollars a share",
        Of::Number(|t| Some(t.entry_fees.dollars())),
    ),
    column(
        "received",
        "mid value received, dollars a share",
        Of::Number(|t| Some(t.exit_price.dollars())),
    ),
    column(
        "exit_fees",
        "spread and commission of the exit, dollars a share",
        Of::Number(|t| Some(t.exit_fees.dollars())),
    ),
    column("profit", "gain or loss after fees, dollars", Of::Number(|t| Some(t.pnl.dollars()))),
    column(
        "at_risk",
        "capital at risk, dollars",
        Of::Number(|t| Some(t.capital_at_risk.dollars())),
    ),
    column("roi", "profit ÷ at_risk, a fraction", Of::Number(|t| Some(t.roi))),
    column("reason", "why it was closed", Of::Text(|t| t.reason.clone())),
    column("model", "version of the model that scored it, if any", Of::Whole(|t| t.model_version)),
    column(
        "expected_roi",
        "return which that model expected, a fraction",
        Of::Number(|t| t.expected_roi),
    ),
    column("candidate", "id of its scan event", Of::Text(|t| t.candidate.to_string())),
];

/// The column called `name`.
pub fn trade_column(name: &str) -> Option<TradeColumn> {
    TRADE_COLUMNS.into_iter().find(|column| column.name == name)
}

/// The short name of a strategy.
pub fn type_name(of: Strategy) -> &'static str {
    match of {
        Strategy::CallButterfly => "call",
        Strategy::PutButterfly => "put",
        Strategy::IronButterfly => "iron",
    }
}

fn days_held(trade: &TradeRow) -> i64 {
    i64::from(trade.exit_day - trade.entry_day)
}

impl TradeColumn {
    /// Which of two trades comes first in this column, ascending. One without a value comes before all others.
    pub fn compare(&self, one: &TradeRow, other: &TradeRow) -> Ordering {
        match self.of {
            Of::Text(of) => of(one).cmp(&of(other)),
            Of::Whole(of) => of(one).cmp(&of(other)),
            Of::Number(of) => match (of(one), of(other)) {
                (Some(one), Some(other)) => one.total_cmp(&other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            },
            Of::Date(of) => of(one).cmp(&of(other)),
        }
    }

    fn values(&self, trades: &[TradeRow]) -> Values {
        match self.of {
            Of::Text(of) => Values::Text(trades.iter().map(of).collect()),
            Of::Whole(of) => Values::Whole(trades.iter().map(of).collect()),
            Of::Number(of) => Values::Number(trades.iter().map(of).collect()),
            Of::Date(of) => Values::Date(trades.iter().map(of).collect()),
        }
    }
}

/// The trades as a table with every column.
pub fn trade_table(trades: &[TradeRow]) -> Vec<Column> {
    let column = |column: TradeColumn| Column { name: column.name, values: column.values(trades) };
    TRADE_COLUMNS.into_iter().map(column).collect()
}
