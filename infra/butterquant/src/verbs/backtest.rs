//! `backtest`: runs the trading days of a period as a run of its own.

use crate::arg_ranges::{MOST_ROWS, count, date};
use crate::bounded_run::{named, run_through};
use crate::confirmed_moves;
use crate::exit::Found;
use crate::market::{self, Reads};
use anyhow::{Context, Result, bail};
use run::config::Config;
use run::question::identity;
use run::run_request::RunRequest;
use schemas::Day;

/// Arguments of `backtest`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Day,
    /// Last day to scan
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Day,
    /// Rows of history to train the first model on; 0 for no first model
    #[arg(long, default_value_t = 7_000, value_parser = count(0, MOST_ROWS))]
    pub history: usize,
    /// Scan only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
}

/// Runs the period. The same question is the same run: one that was stopped continues where it stopped, one that has been
/// made is shown again. Other tickers, settings, history or prices make another run.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if args.to < args.from {
        bail!("--to {} is before --from {}; exchange them", args.to, args.from);
    }
    let named = named(config)?;
    let source = market::named(config, args.source.as_ref())?;
    let reads = Reads::days(Some(args.from), Some(args.to)).with_history(args.history);
    let market = market::open(config, &source, args.tickers.as_deref(), reads)?;
    let scan_from = market.days().iter().copied().find(|day| *day >= args.from);
    let scan_from = scan_from
        .filter(|day| *day <= args.to)
        .with_context(|| format!("the market has no day from {} to {}", args.from, args.to))?;
    let wanted = RunRequest {
        last_day: market.days().iter().copied().rfind(|day| *day <= args.to),
        tickers: args.tickers.clone().unwrap_or_default(),
        history: args.history,
        confirmed: confirmed_moves::of_live_run(config)?,
        ..market::request(config, &*market, "backtest", &source, scan_from)?
    };
    let id = match named {
        Some(named) => named.to_owned(),
        None => {
            let question = identity(&wanted.asked(&*market)?, &wanted.confirmed);
            format!("backtest-{}-{}-{}", args.from, args.to, &question[..8])
        }
    };
    let run = config.run_dir(&id)?;
    run_through(config, &run, market, &wanted)
}
