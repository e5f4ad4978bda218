//! The period of a backtest: what is asked for, and the run that it asks for.

use crate::arg_ranges::{MOST_ROWS, count, date};
use crate::confirmed_moves;
use crate::market::{self, Reads};
use crate::run_options::RunOptions;
use anyhow::{Context, Result, ensure};
use producers::source::Market;
use run::config::Config;
use run::run_request::RunRequest;
use schemas::Day;

/// Arguments of `backtest`, and of the check of such runs.
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
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tickers: Option<Vec<String>>,
}

impl Args {
    /// Checks that the days are in order.
    ///
    /// # Errors
    /// They are not.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(
            self.from <= self.to,
            "--to {} is before --from {}; exchange them",
            self.to,
            self.from
        );
        Ok(())
    }
}

/// The market that `args` name, and the run that they and `options` ask of it.
///
/// # Errors
/// The market cannot be read, or has no day in the period.
pub(crate) fn asked(
    config: &Config,
    args: &Args,
    options: &RunOptions,
) -> Result<(Box<dyn Market>, RunRequest)> {
    args.check()?;
    let config = &options.settle(config)?;
    let given = options.given(config, args.from)?;
    let source = market::named(config, args.source.as_ref())?;
    let reads = Reads::days(Some(args.from), Some(args.to)).with_history(args.history);
    let market = market::open(config, &source, args.tickers.as_deref(), reads)?;
    let scan_from = market.days().iter().copied().find(|day| *day >= args.from);
    let scan_from = scan_from.filter(|day| *day <= args.to).with_context(|| {
        let (from, to) = (args.from, args.to);
        let ends = market.days().first().zip(market.days().last());
        let ends = ends.map(|(first, last)| format!("; its days are {first} to {last}"));
        format!("the market has no day from {from} to {to}{}", ends.unwrap_or_default())
    })?;
    let wanted = RunRequest {
        last_day: market.days().iter().copied().rfind(|day| *day <= args.to),
        tickers: args.tickers.clone().unwrap_or_default(),
        history: if given.is_some() { 0 } else { args.history },
        given,
        confirmed: confirmed_moves::of_live_run(config)?,
        ..market::request(config, &*market, "backtest", &source, scan_from)?
    };
    Ok((market, wanted))
}
