//! `journal`: lists closed trades, chosen, sorted and summed up, or writes them into a file.

mod args;

pub(crate) use args::{Args, help};

use crate::exit::Found;
use crate::holding_cells::{dollars, holding_cells};
use crate::printer::{line, show_view};
use anyhow::{Result, ensure};
use api::answers::{JournalQuery, JournalView, TradeFilter, TradeTotals, ask, trade_table};
use report::tables::{or_dash, percent, table};
use run::config::Config;
use run::whole_file::write_file;
use serde::Serialize;
use std::path::Path;
use store::table::{csv, parquet};

/// Trades that are shown unless more are asked for; a file gets all.
const SHOWN: usize = 30;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    found: JournalView,
    /// Trades that fit the filters; `trades` may hold fewer.
    matching: usize,
    /// Of the trades shown.
    totals: TradeTotals,
}

/// Prints the closed trades, or writes them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if let (Some(from), Some(to)) = (args.from, args.to) {
        ensure!(from <= to, "--to {to} is before --from {from}; exchange them");
    }
    let last = args.last.unwrap_or(if args.export.is_some() { usize::MAX } else { SHOWN });
    let filter = args.filter();
    // Of all trades the process that owns the run sends those that are wanted.
    let asked = (filter.takes_all() && last < usize::MAX).then_some(last);
    let mut found = ask(&config.this_run()?, &JournalQuery { last: asked })?;
    let matching = choose(&mut found, &filter, asked.is_some());
    found.trades.truncate(last);
    if let Some((column, descending)) = args.sort {
        found.trades.sort_by(|one, other| {
            let order = column.compare(one, other);
            if descending { order.reverse() } else { order }
        });
    }
    if let Some(file) = &args.export {
        export(file, &found)?;
    }
    let totals = TradeTotals::of(&found.trades);
    let shown = Shown { found, matching, totals };
    show_view(config.output()?, &shown, |shown| match &args.export {
        Some(file) => {
            let trades = shown.found.trades.len();
            line(format!("{trades} closed trades are written to {}", file.display()));
            line(footer(&shown.totals));
        }
        None => print(config, shown),
    })?;
    Ok(Found::Nothing)
}

/// Leaves the trades that fit, and counts them; where all fit there may be more than were sent.
fn choose(found: &mut JournalView, filter: &TradeFilter, all_fit: bool) -> usize {
    if all_fit {
        return found.count;
    }
    found.trades.retain(|trade| filter.takes(trade));
    found.trades.len()
}

/// Writes the trades, as the file's name says how.
fn export(file: &Path, found: &JournalView) -> Result<()> {
    let columns = trade_table(&found.trades);
    match args::is_parquet(file) {
        true => write_file(file, &parquet(&columns)?),
        false => write_file(file, csv(&columns).as_bytes()),
    }
}

fn print(config: &Config, Shown { found, matching, totals }: &Shown) {
    if found.count == 0 {
        return line(format!(
            "no trade is closed yet; `{}` shows the open positions",
            config.command_line("positions", config.run())
        ));
    }
    if *matching == 0 {
        return line(format!("none of the {} closed trades fits; leave out a filter", found.count));
    }
    let of = if *matching == found.count {
        found.count.to_string()
    } else {
        format!("{matching} that fit, of {} in all", found.count)
    };
    line(format!("Closed trades, the last {} of {of}", found.trades.len()));
    let rows = found.trades.iter().map(|one| {
        let mut row = holding_cells(one.track, &one.ticker, &one.structure, one.quantity);
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
        "profit $>",
        "ROI>",
        "reason",
    ];
    line(table(&header, rows));
    line(footer(totals));
}

fn footer(totals: &TradeTotals) -> String {
    let TradeTotals { trades, winners, profit, mean_roi, profit_factor } = totals;
    format!(
        "{trades} trades, {winners} winners, profit {profit:.2} $, mean ROI {}, profit factor {}",
        or_dash(*mean_roi, percent),
        or_dash(*profit_factor, |factor| format!("{factor:.2}"))
    )
}
