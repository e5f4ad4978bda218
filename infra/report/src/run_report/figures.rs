//! The figures of a track in the columns of the report, each with its definition. Figures of days come from the daily
//! marks, which hold what is still open; figures of trades from closed trades alone.

use super::track_book::TrackBook;
use crate::tables::percent;
use anyhow::Result;
use schemas::{Day, Money};
use serde::Serialize;
use serde_json::{Value, json};
use statistics::{TradeResult, falls, mean, performance, trade_figures};
use std::collections::{BTreeMap, BTreeSet};
use store::views::ClosedTrade;

/// A figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// What values are under.
    pub key: &'static str,
    /// For people.
    pub name: &'static str,
    /// Formula and unit.
    pub definition: &'static str,
    /// How a value is written: percent, number, dollars, count, text, date, days.
    pub format: &'static str,
}

const fn figure(
    key: &'static str,
    name: &'static str,
    format: &'static str,
    definition: &'static str,
) -> Figure {
    Figure { key, name, definition, format }
}

/// The figures, in the order of the table.
pub const FIGURES: &[Figure] = &[
    figure(
        "total_return",
        "Total return",
        "percent",
        "Sum of the daily changes of the mark ÷ capital. The capital is fixed, so nothing is compounded; a day without positions is 0; what was paid in is in no change.",
    ),
    figure("profit", "Profit", "dollars", "Sum of the daily changes of the mark, dollars."),
    figure("days", "Trading days", "count", "Days with a mark, from the first day scanned on."),
    figure(
        "closed_trades",
        "Closed trades",
        "count",
        "Trades, or closed parts of one, that were closed on these days.",
    ),
    figure("win_rate", "Win rate", "percent", "Closed trades with a gain ÷ closed trades."),
    figure(
        "win_interval",
        "Win rate, 95 % interval",
        "text",
        "Wilson's interval, as if trades were independent. Trades of one time share their market, so the true interval is wider.",
    ),
    figure(
        "payoff",
        "Payoff ratio",
        "number",
        "Mean gain of the winners ÷ mean loss of the losers, dollars by dollars.",
    ),
    figure(
        "profit_factor",
        "Profit factor",
        "number",
        "Sum of all gains ÷ sum of all losses of closed trades.",
    ),
    figure(
        "mean_roi",
        "Mean ROI",
        "percent",
        "Mean over closed trades of gain ÷ capital at risk, where the capital at risk is the price paid and the costs of entry.",
    ),
    figure(
        "median_held",
        "Median holding",
        "days",
        "Median of the calendar days from entry to exit of closed trades.",
    ),
    figure(
        "max_drawdown",
        "Maximum drawdown",
        "percent",
        "Deepest fall of the equity below its highest point so far ÷ that point, at the close of a day.",
    ),
    figure(
        "current_drawdown",
        "Current drawdown",
        "percent",
        "Fall of the last equity below its highest point ÷ that point.",
    ),
    figure(
        "sharpe",
        "Sharpe ratio",
        "number",
        "Mean daily return ÷ its standard deviation (divisor days − 1) × √252; without an interest rate.",
    ),
    figure(
        "sortino",
        "Sortino ratio",
        "number",
        "Mean daily return ÷ root mean square of the negative daily returns over all days × √252.",
    ),
    figure(
        "exposure_mean",
        "Mean exposure",
        "percent",
        "Mean over days of the capital at risk in positions held over night ÷ capital.",
    ),
    figure("exposure_max", "Highest exposure", "percent", "The same on its highest day."),
];

/// A track's figures by their keys.
pub type Values = BTreeMap<&'static str, Value>;

/// The figures of a track on all its days, or on `days` alone; a drawdown is none where the track had lost all of its
/// capital before them.
///
/// # Errors
/// The run was opened without capital.
pub(crate) fn values(book: &TrackBook, days: Option<&BTreeSet<Day>>) -> Result<Values> {
    let among = |day: Day| days.is_none_or(|days| days.contains(&day));
    let changes: Vec<(Day, Money)> =
        book.changes.iter().copied().filter(|(day, _)| among(*day)).collect();
    let days_and_exposure = book.changes.iter().zip(&book.exposure);
    let exposure: Vec<f64> =
        days_and_exposure.filter(|((day, _), _)| among(*day)).map(|(_, of)| *of).collect();
    let trades: Vec<TradeResult> =
        book.trades.iter().filter(|trade| among(trade.exit_day)).map(result).collect();
    let (by_days, by_trades) = (performance(&changes, book.capital)?, trade_figures(&trades));
    let interval =
        by_trades.win_interval.map(|(low, high)| format!("{} to {}", percent(low), percent(high)));
    // From the equity that it had then, which on all days is the capital.
    let earlier = book.changes.iter().take_while(|(day, _)| !among(*day));
    let before = earlier.fold(book.capital, |equity, (_, change)| equity + *change);
    let falls = (before > Money::ZERO).then(|| falls(&changes, before));
    let deepest = |falls: &Vec<f64>| falls.iter().copied().fold(0.0, f64::max);
    let last = |falls: &Vec<f64>| falls.last().copied().unwrap_or_default();
    let highest = exposure.iter().copied().max_by(f64::total_cmp);
    Ok(BTreeMap::from([
        ("total_return", json!(by_days.total_return)),
        ("profit", json!(by_days.profit.dollars())),
        ("days", json!(by_days.days)),
        ("closed_trades", json!(by_trades.trades)),
        ("win_rate", json!(by_trades.win_rate)),
        ("win_interval", json!(interval)),
        ("payoff", json!(by_trades.payoff)),
        ("profit_factor", json!(by_trades.profit_factor)),
        ("mean_roi", json!(by_trades.mean_roi)),
        ("median_held", json!(by_trades.median_held)),
        ("max_drawdown", json!(falls.as_ref().map(deepest))),
        ("current_drawdown", json!(falls.as_ref().map(last))),
        ("sharpe", json!(by_days.sharpe)),
        ("sortino", json!(by_days.sortino)),
        ("exposure_mean", json!(mean(&exposure))),
        ("exposure_max", json!(highest)),
    ]))
}

/// What a closed trade came to.
pub(super) fn result(trade: &ClosedTrade) -> TradeResult {
    TradeResult {
        profit: trade.pnl.dollars(),
        roi: trade.roi,
        held: f64::from(trade.exit_day - trade.entry_day),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testkit::{book, trade};
    use super::*;
    use schemas::events::Track;

    fn of(values: &Values, key: &str) -> f64 {
        values[key].as_f64().unwrap_or_else(|| panic!("{key}: {}", values[key]))
    }

    #[test]
    fn each_figure_has_a_value_and_is_that_of_its_formula() {
        let ai = |days, risk, pnl| trade(Track::ButterAI, days, risk, pnl);
        let trades = vec![ai((8, 10), 100, 60), ai((9, 12), 100, -30), ai((9, 13), 200, -10)];
        // By hand, on 1,000: 10, −20, 0, 30.
        let book = book(&[10, -20, 0, 30], trades);
        let found = values(&book, None).unwrap();
        let keys: BTreeSet<&str> = FIGURES.iter().map(|figure| figure.key).collect();
        assert_eq!(keys, found.keys().copied().collect::<BTreeSet<_>>());
        let near = |key: &str, want: f64| assert!((of(&found, key) - want).abs() < 1e-9, "{key}");
        near("total_return", 0.02);
        near("max_drawdown", 20.0 / 1010.0);
        near("current_drawdown", 0.0);
        near("payoff", 3.0);
        near("profit_factor", 1.5);
        near("mean_roi", (0.6 - 0.3 - 0.05) / 3.0);
        near("median_held", 3.0);
        near("exposure_mean", 0.15);
        near("exposure_max", 0.3);
        assert_eq!(found["win_interval"], "6.1 % to 79.2 %");
    }

    #[test]
    fn on_chosen_days_only_these_and_what_was_closed_on_them_count() {
        let ai = |days, pnl| trade(Track::ButterAI, days, 100, pnl);
        let book = book(&[10, -20, 0, 30], vec![ai((8, 10), 60), ai((9, 12), -30)]);
        let days = BTreeSet::from([Day(11), Day(12)]);
        let found = values(&book, Some(&days)).unwrap();
        assert!((of(&found, "total_return") + 0.02).abs() < 1e-12);
        assert!((of(&found, "current_drawdown") - 20.0 / 1010.0).abs() < 1e-12);
        assert_eq!((of(&found, "closed_trades"), of(&found, "exposure_max")), (1.0, 0.2));
        assert!(found["profit_factor"] == 0.0 && found["payoff"].is_null());
    }
}
