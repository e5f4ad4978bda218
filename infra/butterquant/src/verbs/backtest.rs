//! `backtest`: the trading days of a period over a market, as a run of its own.

use crate::bounded_run::run_through;
use crate::exit::Found;
use crate::market;
use anyhow::{Context, Result, bail};
use run::config::Config;
use run::data_dir;
use run::open_run::RunRequest;
use schemas::Day;

/// A backtest.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan
    #[arg(long, value_name = "DATE")]
    pub from: Day,
    /// Last day
    #[arg(long, value_name = "DATE")]
    pub to: Day,
    /// Rows of history the first model is trained on; 0 begins without a model
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
}

/// The trading days of a period over a market, as a run of its own. One that was stopped goes on
/// where it stopped; one that is done is shown again.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if args.to < args.from {
        bail!("--to {} is before --from {}", args.to, args.from);
    }
    let source = market::named(config, args.source.as_ref())?;
    let market = market::open(config, &source, args.tickers.as_deref())?;
    let id = if config.run() == data_dir::LIVE {
        format!("backtest-{}-{}", args.from, args.to)
    } else {
        config.run().to_owned()
    };
    let run = config.run_dir(&id)?;
    let scan_from = market.days().iter().copied().find(|day| *day >= args.from);
    let wanted = RunRequest {
        kind: "backtest",
        source,
        scan_from: scan_from
            .filter(|day| *day <= args.to)
            .with_context(|| format!("the market has no day from {} to {}", args.from, args.to))?,
        history: args.history,
        settings: config.settings()?,
        engine: config.scoring()?.engine()?,
    };
    run_through(config, &run, market, &wanted, Some(args.to))
}
