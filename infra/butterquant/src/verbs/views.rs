//! `rankings`, `positions` and `journal`: the views of a run as tables.

use super::Found;
use crate::account;
use crate::answers::{
    JournalQuery, NoRankings, PositionsQuery, RankingsQuery, RankingsView, StructureRow, ask,
};
use crate::cli::{JournalArgs, RankingsArgs};
use crate::config::Config;
use crate::out::{line, or_dash, percent, show_view, table};
use anyhow::Result;
use schemas::events::{Action, Track};
use schemas::{Day, Money};
use store::views::{OrderState, RankingsFile, StrikePrices};

/// A day's candidates.
pub fn rankings(config: &Config, args: &RankingsArgs) -> Result<Found> {
    let mut found = ask(config, &RankingsQuery { day: args.day })?;
    if let RankingsView::OfDay(rankings) = &mut found {
        rankings.rankings.truncate(args.top);
    }
    show_view(config.output()?, &found, |found| match found {
        RankingsView::OfDay(rankings) => ranked(rankings),
        RankingsView::None(none) => no_rankings(args, none),
    })?;
    Ok(Found::Nothing)
}

fn ranked(of: &RankingsFile) {
    line(format!("Rankings of {}, {} of {}", of.date, of.rankings.len(), of.count));
    line(account::rankings(&of.rankings));
    for refused in &of.refused {
        line(format!("{}: refused, {} ({})", refused.ticker, refused.reason, refused.code));
    }
}

fn no_rankings(args: &RankingsArgs, found: &NoRankings) {
    let days = &found.ranked_days;
    match (args.day, days.first().zip(days.last())) {
        (Some(day), Some((first, last))) => line(format!(
            "nothing was ranked on {day}; there are {} ranked days from {first} to {last}",
            days.len()
        )),
        _ => line(
            "nothing is ranked yet, as no scan of a day is complete; scan one with `butterquant scan`, or see `butterquant lag`",
        ),
    }
}

/// Positions and pending orders.
pub fn positions(config: &Config) -> Result<Found> {
    let found = ask(config, &PositionsQuery)?;
    show_view(config.output()?, &found, |found| {
        if found.positions.is_empty() && found.pending.is_empty() {
            return line(
                "no position is held and no order is pending; `butterquant rankings` shows which candidates exceed the thresholds",
            );
        }
        line(format!("Positions held at the close of {}", or_dash(found.through, day)));
        let rows = found.positions.iter().map(|one| {
            let mut row = first_columns(one.track, &one.ticker, &one.structure, one.quantity);
            row.extend([
                one.entry_day.to_string(),
                dollars(one.entry_price),
                dollars(one.capital_at_risk),
                one.structure.evaluation_day.to_string(),
            ]);
            row
        });
        line(table(
            &[
                "track",
                "ticker",
                "strategy",
                "strikes",
                "contracts>",
                "since",
                "paid>",
                "at risk $>",
                "held until",
            ],
            rows,
        ));
        if found.pending.is_empty() {
            return;
        }
        line("\nOrders that have not ended");
        let rows = found.pending.iter().map(|one| {
            let mut row = first_columns(one.track, &one.ticker, &one.structure, one.quantity);
            row.extend([
                action(one.action).to_owned(),
                state(one.state).to_owned(),
                one.decided_on.to_string(),
                one.reason.clone(),
            ]);
            row
        });
        line(table(
            &[
                "track",
                "ticker",
                "strategy",
                "strikes",
                "contracts>",
                "action",
                "state",
                "decided on",
                "why",
            ],
            rows,
        ));
    })?;
    Ok(Found::Nothing)
}

/// Closed trades.
pub fn journal(config: &Config, args: &JournalArgs) -> Result<Found> {
    let found = ask(config, &JournalQuery { last: Some(args.last) })?;
    show_view(config.output()?, &found, |found| {
        if found.trades.is_empty() {
            return line(
                "no trade is closed yet; `butterquant positions` shows the open positions",
            );
        }
        line(format!("Closed trades, the last {} of {}", found.trades.len(), found.count));
        let rows = found.trades.iter().map(|one| {
            let mut row = first_columns(one.track, &one.ticker, &one.structure, one.quantity);
            row.extend([
                one.entry_day.to_string(),
                one.exit_day.to_string(),
                dollars(one.entry_price),
                dollars(one.exit_price),
                dollars(one.pnl),
                percent(one.roi),
                one.reason.clone(),
            ]);
            row
        });
        let header = [
            "track",
            "ticker",
            "strategy",
            "strikes",
            "contracts>",
            "from",
            "to",
            "paid>",
            "received>",
            "gain $>",
            "ROI>",
            "why",
        ];
        line(table(&header, rows));
    })?;
    Ok(Found::Nothing)
}

/// The first columns of every table of positions, orders and trades.
fn first_columns(track: Track, ticker: &str, of: &StructureRow, quantity: i64) -> Vec<String> {
    vec![
        track.name().to_owned(),
        ticker.to_owned(),
        of.strategy.name().to_owned(),
        strikes(&of.strikes),
        quantity.to_string(),
    ]
}

fn strikes(of: &StrikePrices) -> String {
    format!("{}/{}/{}", of.lower, of.centre, of.upper)
}

fn dollars(money: Money) -> String {
    format!("{:.2}", money.dollars())
}

fn day(day: Day) -> String {
    day.to_string()
}

fn action(of: Action) -> &'static str {
    match of {
        Action::Open => "open",
        Action::Close => "close",
    }
}

fn state(of: OrderState) -> &'static str {
    match of {
        OrderState::Intended => "intended",
        OrderState::Acknowledged => "acknowledged",
        OrderState::Unknown => "unknown",
    }
}
