//! Made-up trades and books for the tests of the report.

use super::track_book::TrackBook;
use schemas::events::{Structure, Track};
use schemas::{Day, EventId, Money};
use store::views::ClosedTrade;

/// A trade from one day to another that risked and gained these millionths of a dollar.
pub(super) fn trade(track: Track, days: (i32, i32), risk: i64, pnl: i64) -> ClosedTrade {
    ClosedTrade {
        track,
        ticker: "KO".to_owned(),
        candidate: EventId::of(&[track.name(), &days.0.to_string(), &pnl.to_string()], 0),
        structure: Structure { centre: 100.0, wing: 5.0, ..Structure::default() },
        quantity: 1,
        shares: 100.0,
        entry_day: Day(days.0),
        entry_price: Money(risk / 100),
        entry_fees: Money(0),
        exit_day: Day(days.1),
        exit_price: Money((risk + pnl) / 100),
        exit_fees: Money(0),
        pnl: Money(pnl),
        capital_at_risk: Money(risk),
        roi: pnl as f64 / risk as f64,
        reason: "evaluation day".to_owned(),
        model_version: None,
        expected_roi: None,
    }
}

/// A track with a capital of 1,000 millionths, these changes from day 10 on, and these trades.
pub(super) fn book(changes: &[i64], trades: Vec<ClosedTrade>) -> TrackBook {
    let changes: Vec<(Day, Money)> =
        (10..).map(Day).zip(changes.iter().copied().map(Money)).collect();
    TrackBook {
        track: Track::ButterAI,
        capital: Money(1_000),
        exposure: (0..changes.len()).map(|n| n as f64 / 10.0).collect(),
        changes,
        trades,
    }
}
