//! Closed trades by what they have in common: what the model said, what came, the market, the options, the time held, the
//! reason of the exit. Groups of few trades show little, so every row has its number.

use super::figures::result;
use super::rounding::{fraction, rounded};
use super::thirds::Thirds;
use super::track_book::TrackBook;
use super::trades::{Labels, REASONS, reasons};
use schemas::contract::CLASS_NAMES;
use schemas::events::Strategy;
use serde::Serialize;
use statistics::{TradeResult, trade_figures};
use std::collections::BTreeMap;
use store::views::ClosedTrade;

/// Trades grouped in one way.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// What by.
    pub name: &'static str,
    /// What a row is.
    pub definition: String,
    /// Both tracks.
    pub tracks: Vec<TrackGroup>,
}

/// A track's groups.
#[derive(Clone, Debug, Serialize)]
pub struct TrackGroup {
    /// The track.
    pub track: &'static str,
    /// The groups that have trades.
    pub rows: Vec<GroupRow>,
}

/// Trades with one label.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupRow {
    /// What they have in common.
    pub label: String,
    /// Trades.
    pub trades: usize,
    /// Mean return on the capital at risk.
    pub mean_roi: Option<f64>,
    /// Share of trades with a gain.
    pub win_rate: Option<f64>,
    /// Sum of gains and losses, dollars.
    pub profit: f64,
}

const BUCKETS: [(i32, &str); 5] = [
    (0, "0 to 7 days"),
    (8, "8 to 14 days"),
    (15, "15 to 21 days"),
    (22, "22 to 28 days"),
    (29, "29 days or more"),
];

/// Trades that no champion scored, or whose outcome is not known.
const UNKNOWN: &str = "not known";

/// All groups.
pub(super) fn groups(books: &[TrackBook], labels: &Labels<'_>) -> Vec<Group> {
    let by =
        |name, definition: &str, order: &[&str], label: &dyn Fn(&ClosedTrade) -> &'static str| {
            let tracks = books.iter().map(|book| TrackGroup {
                track: book.track.name(),
                rows: rows(&book.trades, order, label),
            });
            Group { name, definition: definition.to_owned(), tracks: tracks.collect() }
        };
    let reason = reasons(labels);
    let classes: Vec<&str> = CLASS_NAMES.into_iter().chain([UNKNOWN]).collect();
    let strategies = [Strategy::CallButterfly, Strategy::PutButterfly, Strategy::IronButterfly]
        .map(Strategy::name);
    let thirds = [Thirds::name(0), Thirds::name(1), Thirds::name(2), UNKNOWN];
    let none = || "Not known: the run has no close of ^VIX".to_owned();
    let regimes = labels.thirds.as_ref().map_or_else(none, Thirds::definition);
    vec![
        by(
            "Predicted class",
            "The champion's likeliest class on the scan day; not known where none scored it",
            &classes,
            &|trade| labels.fact(trade).and_then(|fact| fact.predicted).unwrap_or(UNKNOWN),
        ),
        by(
            "Realised class",
            "The class of the candidate's label, which is marked on the evaluation day whatever the exit was",
            &classes,
            &|trade| labels.fact(trade).and_then(|fact| fact.realised).unwrap_or(UNKNOWN),
        ),
        by("Regime", &regimes, &thirds, &|trade| labels.third(trade).map_or(UNKNOWN, Thirds::name)),
        by(
            "Type of butterfly",
            "The options it was built from; the three have one payoff",
            &strategies,
            &|trade| trade.structure.strategy.name(),
        ),
        by(
            "Days held",
            "Calendar days from entry to exit",
            &BUCKETS.map(|(_, name)| name),
            &|trade| bucket(trade.exit_day - trade.entry_day),
        ),
        by(
            "Exit reason",
            "Profit target reached, evaluation day, or settled at the last close because the stock had stopped trading",
            &REASONS,
            &reason,
        ),
    ]
}

fn bucket(days: i32) -> &'static str {
    let held = BUCKETS.iter().rev().find(|(from, _)| days >= *from);
    held.map_or(BUCKETS[0].1, |(_, name)| name)
}

fn rows(
    trades: &[ClosedTrade],
    order: &[&str],
    label: &dyn Fn(&ClosedTrade) -> &'static str,
) -> Vec<GroupRow> {
    let mut grouped: BTreeMap<&str, Vec<TradeResult>> = BTreeMap::new();
    for trade in trades {
        grouped.entry(label(trade)).or_default().push(result(trade));
    }
    let row = |label: &&str| {
        let of = grouped.get(label)?;
        let figures = trade_figures(of);
        Some(GroupRow {
            label: (*label).to_owned(),
            trades: figures.trades,
            mean_roi: figures.mean_roi.map(fraction),
            win_rate: figures.win_rate.map(fraction),
            profit: rounded(of.iter().map(|one| one.profit).sum(), 2),
        })
    };
    order.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidate_facts::{CandidateFact, CandidateFacts};
    use super::super::testkit::{book, trade};
    use super::*;
    use schemas::events::Track;

    #[test]
    fn every_trade_is_in_one_row_of_every_group() {
        let ai = |days, pnl| trade(Track::ButterAI, days, 1_000_000, pnl);
        let trades = vec![ai((3, 10), 500_000), ai((3, 11), -100_000), ai((3, 40), -300_000)];
        let fact = CandidateFact { predicted: Some("Loss"), ..CandidateFact::default() };
        let facts = CandidateFacts::made_up([(trades[1].candidate, fact)]);
        let labels = Labels { facts: &facts, trips: &[], thirds: None };
        let found = groups(&[book(&[0], trades)], &labels);
        for group in &found {
            let trades: usize = group.tracks[0].rows.iter().map(|row| row.trades).sum();
            assert_eq!(trades, 3, "{}", group.name);
        }
        let names = |group: usize| -> Vec<(&str, usize)> {
            let rows = found[group].tracks[0].rows.iter();
            rows.map(|row| (row.label.as_str(), row.trades)).collect()
        };
        assert_eq!(names(0), [("Loss", 1), (UNKNOWN, 2)]);
        assert_eq!(names(4), [("0 to 7 days", 1), ("8 to 14 days", 1), ("29 days or more", 1)]);
        let first = &found[4].tracks[0].rows[0];
        assert_eq!((first.mean_roi, first.win_rate, first.profit), (Some(0.5), Some(1.0), 0.5));
    }
}
