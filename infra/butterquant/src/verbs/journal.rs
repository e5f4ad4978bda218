//! `journal`: lists closed trades, by track.

use crate::arg_ranges::{MOST_LINES, at_least_one};
use crate::exit::Found;
use crate::holding_cells::{dollars, holding_cells};
use crate::printer::{line, show_view};
use anyhow::Result;
use api::answers::{JournalQuery, ask};
use report::tables::{percent, table};
use run::config::Config;

/// Arguments of `journal`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Trades to show, the latest ones
    #[arg(long, default_value_t = 30, value_parser = at_least_one(MOST_LINES))]
    pub last: usize,
}

/// Prints the closed trades.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let found = ask(&config.this_run()?, &JournalQuery { last: Some(args.last) })?;
    show_view(config.output()?, &found, |found| {
        if found.trades.is_empty() {
            return line(format!(
                "no trade is closed yet; `{}` shows the open positions",
                config.command_line("positions", config.run())
            ));
        }
        line(format!("Closed trades, the last {} of {}", found.trades.len(), found.count));
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
    })?;
    Ok(Found::Nothing)
}
