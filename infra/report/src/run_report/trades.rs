//! Closed trades as compact rows, and what each has in common with others.

use super::candidate_facts::{CandidateFact, CandidateFacts};
use super::rounding::{fraction, rounded};
use super::thirds::Thirds;
use super::track_book::TrackBook;
use crate::round_trips::RoundTrip;
use schemas::EventId;
use schemas::events::Track;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::views::ClosedTrade;

/// A column of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TradeColumn {
    /// Short and stable.
    pub key: &'static str,
    /// For people.
    pub name: &'static str,
    /// As of a figure.
    pub format: &'static str,
    /// Formula and unit.
    pub definition: &'static str,
}

/// The closed trades.
#[derive(Clone, Debug, Serialize)]
pub struct TradeTable {
    /// The columns.
    pub columns: &'static [TradeColumn],
    /// A row for each trade, a value for each column.
    pub rows: Vec<Vec<Value>>,
}

const fn column(
    key: &'static str,
    name: &'static str,
    format: &'static str,
    definition: &'static str,
) -> TradeColumn {
    TradeColumn { key, name, format, definition }
}

const COLUMNS: &[TradeColumn] = &[
    column("track", "Track", "text", "The track that held it"),
    column("ticker", "Ticker", "text", "The stock; its name leads to why the trade was made"),
    column("type", "Type", "text", "The options it was built from; the payoff is the same"),
    column("centre", "Centre", "number", "Centre strike, dollars, in the share count of the exit"),
    column("wing", "Wing", "number", "Distance of the outer strikes from the centre, dollars"),
    column("contracts", "Contracts", "count", "Contracts closed"),
    column("entry_day", "Entry", "date", "The day it was entered, at the open"),
    column("exit_day", "Exit", "date", "The day it was closed, at the open, or settled"),
    column("held", "Held", "days", "Calendar days from entry to exit"),
    column("entry_price", "Entry price", "price", "Mid value paid, dollars a share"),
    column(
        "entry_fees",
        "Entry costs",
        "price",
        "Half spreads and commissions of entry, dollars a share",
    ),
    column("exit_price", "Exit price", "price", "Mid value received, dollars a share"),
    column(
        "exit_fees",
        "Exit costs",
        "price",
        "Half spreads and commissions of exit, dollars a share",
    ),
    column(
        "pnl",
        "P&L",
        "dollars",
        "Contracts × shares × (max(0, exit price − exit costs) − entry price − entry costs)",
    ),
    column("roi", "ROI", "percent", "Profit ÷ capital at risk; −100 % is a total loss"),
    column(
        "expected_roi",
        "Expected ROI",
        "percent",
        "What the champion expected on the scan day: Σ P(class) · mean ROI of that class",
    ),
    column("class", "Predicted", "text", "The champion's likeliest class on the scan day"),
    column(
        "regime",
        "Regime",
        "text",
        "Third of the run's days by the close of ^VIX on the scan day",
    ),
    column("reason", "Exit reason", "text", "Why it was closed"),
    column("model", "Model", "count", "Version of the champion on the scan day"),
    column("candidate", "Candidate", "text", "Id of the scan that it came from"),
];

/// What trades are told apart by.
pub(super) struct Labels<'a> {
    pub(super) facts: &'a CandidateFacts,
    pub(super) trips: &'a [RoundTrip],
    pub(super) thirds: Option<Thirds>,
}

impl Labels<'_> {
    pub(super) fn fact(&self, trade: &ClosedTrade) -> Option<&CandidateFact> {
        self.facts.get(trade.candidate)
    }

    /// The third of the index on the scan day: 0, 1 or 2.
    pub(super) fn third(&self, trade: &ClosedTrade) -> Option<usize> {
        self.thirds.as_ref()?.of(self.fact(trade)?.scan_day?)
    }

    fn settled(&self) -> BTreeSet<(Track, EventId)> {
        let settled = self.trips.iter().filter(|trip| trip.was_settled());
        settled.map(|trip| (trip.track(), trip.closed.1.candidate)).collect()
    }
}

/// Why trades are closed.
pub(super) const REASONS: [&str; 4] = ["take profit", "evaluation day", "settled", "other"];

/// The reason of each trade: one of [`REASONS`].
pub(super) fn reasons<'a>(labels: &Labels<'a>) -> impl Fn(&ClosedTrade) -> &'static str + 'a {
    let settled = labels.settled();
    move |trade| match trade.reason.as_str() {
        _ if settled.contains(&(trade.track, trade.candidate)) => REASONS[2],
        reason if reason.starts_with(REASONS[0]) => REASONS[0],
        reason if reason.starts_with(REASONS[1]) => REASONS[1],
        _ => REASONS[3],
    }
}

/// The closed trades of both tracks, by the day they were closed.
pub(super) fn table(books: &[TrackBook], labels: &Labels<'_>) -> TradeTable {
    let reason = reasons(labels);
    let mut trades: Vec<&ClosedTrade> = books.iter().flat_map(|book| &book.trades).collect();
    trades.sort_by_key(|trade| trade.exit_day);
    let row = |trade: &&ClosedTrade| row(trade, labels, reason(trade));
    TradeTable { columns: COLUMNS, rows: trades.iter().map(row).collect() }
}

fn row(trade: &ClosedTrade, labels: &Labels<'_>, reason: &str) -> Vec<Value> {
    let fact = labels.fact(trade).cloned().unwrap_or_default();
    let dollars = |money: schemas::Money| json!(rounded(money.dollars(), 4));
    let third = labels.third(trade).map(Thirds::name);
    vec![
        json!(trade.track.name()),
        json!(trade.ticker),
        json!(trade.structure.strategy.name()),
        json!(rounded(trade.structure.centre, 4)),
        json!(rounded(trade.structure.wing, 4)),
        json!(trade.quantity),
        json!(trade.entry_day.0),
        json!(trade.exit_day.0),
        json!(trade.exit_day - trade.entry_day),
        dollars(trade.entry_price),
        dollars(trade.entry_fees),
        dollars(trade.exit_price),
        dollars(trade.exit_fees),
        json!(rounded(trade.pnl.dollars(), 2)),
        json!(fraction(trade.roi)),
        json!(trade.expected_roi.or(fact.expected_roi).map(fraction)),
        json!(fact.predicted),
        json!(third),
        json!(reason),
        json!(trade.model_version.or(fact.model)),
        json!(trade.candidate.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::testkit::{book, trade};
    use super::*;
    use schemas::Day;
    use schemas::events::Execution;

    #[test]
    fn a_row_has_a_value_for_each_column_and_what_is_not_known_is_null() {
        let ai = |days, pnl, reason: &str| {
            let mut trade = trade(Track::ButterAI, days, 1_000_000, pnl);
            trade.reason = reason.to_owned();
            trade
        };
        let trades = vec![
            ai((3, 9), 250_000, "take profit: 71 % of the maximum profit"),
            ai((3, 7), -1_000_000, "evaluation day 2018-06-29"),
        ];
        let settled = Execution {
            candidate: trades[1].candidate,
            execution_id: "settled-7".to_owned(),
            ..Execution::default()
        };
        let trips =
            [RoundTrip { opened: (Day(3), Execution::default()), closed: (Day(7), settled) }];
        let fact = CandidateFact { predicted: Some("Good"), ..CandidateFact::default() };
        let facts = CandidateFacts::made_up([(trades[0].candidate, fact)]);
        let labels = Labels { facts: &facts, trips: &trips, thirds: None };
        let found = table(&[book(&[0], trades)], &labels);
        assert!(found.rows.iter().all(|row| row.len() == found.columns.len()));
        let at = |row: usize, key: &str| {
            let column = found.columns.iter().position(|column| column.key == key).unwrap();
            found.rows[row][column].clone()
        };
        assert_eq!(
            (at(0, "reason"), at(0, "held"), at(0, "class")),
            (json!("settled"), json!(4), Value::Null)
        );
        assert_eq!(
            (at(1, "reason"), at(1, "roi"), at(1, "class")),
            (json!("take profit"), json!(0.25), json!("Good"))
        );
        assert_eq!(at(1, "regime"), Value::Null);
    }
}
