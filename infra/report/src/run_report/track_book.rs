//! A track as every part of the report reads it: its daily changes on the capital that the run was opened with, what was
//! at risk each day, and its closed trades.

use crate::relative_changes::{capital_in_force, relative_changes};
use anyhow::Result;
use run::run_reader::RunReader;
use schemas::events::Track;
use schemas::{Day, Money};
use store::views::{ClosedTrade, EquityPoint, PositionBook};

/// A track of a run.
#[derive(Clone, Debug)]
pub(crate) struct TrackBook {
    pub(crate) track: Track,
    /// What it was opened with.
    pub(crate) capital: Money,
    /// Daily changes of its worth on that capital, from the first day scanned; what was paid in is in none.
    pub(crate) changes: Vec<(Day, Money)>,
    /// Capital at risk in what is held over each night ÷ the capital in force.
    pub(crate) exposure: Vec<f64>,
    /// By the day they were closed.
    pub(crate) trades: Vec<ClosedTrade>,
}

/// Both tracks.
pub(crate) fn track_books(reader: &RunReader) -> Result<Vec<TrackBook>> {
    let (views, opened) = (&reader.views, &reader.opened);
    let (journal, positions) = (views.journal()?, views.book()?);
    let book = |track: Track| {
        let points = views.equity(track)?;
        let trades: Vec<ClosedTrade> =
            journal.iter().filter(|trade| trade.track == track).cloned().collect();
        let (from, capital) = (opened.scan_from, opened.settings.capital);
        Ok(TrackBook {
            track,
            capital,
            changes: relative_changes(&points, from, capital),
            exposure: exposure(&points, from, &trades, &positions, track),
            trades,
        })
    };
    Track::ALL.into_iter().map(book).collect()
}

fn exposure(
    points: &[EquityPoint],
    from: Day,
    trades: &[ClosedTrade],
    positions: &PositionBook,
    track: Track,
) -> Vec<f64> {
    let closed = trades.iter().map(|of| (of.entry_day, Some(of.exit_day), of.capital_at_risk));
    let open = positions.positions().filter(|of| of.track == track);
    let open = open.map(|of| (of.entry_day, None, of.capital_at_risk));
    let held: Vec<(Day, Option<Day>, Money)> = closed.chain(open).collect();
    let days = capital_in_force(points).filter(|(point, _)| point.day >= from);
    days.map(|(point, capital)| {
        let over_night = |(entry, exit, _): &&(Day, Option<Day>, Money)| {
            *entry <= point.day && exit.is_none_or(|exit| point.day < exit)
        };
        let at_risk = held.iter().filter(over_night).fold(Money::ZERO, |sum, of| sum + of.2);
        if capital > Money::ZERO { at_risk.dollars() / capital.dollars() } else { 0.0 }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testkit::trade;
    use super::*;
    use schemas::events::TrackMarked;

    #[test]
    fn what_is_at_risk_over_night_counts_by_the_capital_of_that_day() {
        let point = |day, equity| EquityPoint {
            day: Day(day),
            mark: TrackMarked { equity: Money(equity), ..TrackMarked::default() },
        };
        // 1,000 until 1,000 more are paid in on day 4.
        let points = [point(1, 1_000), point(2, 1_000), point(3, 1_000), point(4, 2_000)];
        let held = |entry, exit, risk| trade(Track::ButterAI, (entry, exit), risk, 0);
        let trades = [held(2, 3, 100), held(1, 5, 50)];
        let none = PositionBook::default();
        let found = exposure(&points, Day(2), &trades, &none, Track::ButterAI);
        assert_eq!(found, [0.15, 0.05, 0.025]);
    }
}
