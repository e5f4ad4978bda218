//! The market that a verb reads.

use crate::printer;
use anyhow::{Context, Result};
use producers::source::Market;
use run::config::Config;

/// The market's name: as asked for, or as configured.
///
/// # Errors
/// Neither names one.
pub(crate) fn named(config: &Config, asked: Option<&String>) -> Result<String> {
    asked
        .cloned()
        .or_else(|| config.source())
        .context("which market? name it with --source csv:DIR or --source sim:SEED")
}

/// Opens the market called `source`, with some of its tickers or all, and prints what is wrong
/// with its data.
///
/// # Errors
/// There is no such market, or nothing in it can be read.
pub(crate) fn open(
    config: &Config,
    source: &str,
    tickers: Option<&[String]>,
) -> Result<Box<dyn Market>> {
    let steps = printer::steps(config)?;
    let market = steps.during("market", || producers::source::open(source, tickers))?;
    report_problems(&*market);
    Ok(market)
}

/// What is wrong with a market's data, on standard error; the rest of it is used.
pub(crate) fn report_problems(market: &dyn Market) {
    const SHOWN: usize = 10;
    let problems = market.problems();
    for problem in problems.iter().take(SHOWN) {
        eprintln!("{problem}");
    }
    if problems.len() > SHOWN {
        eprintln!("… and {} more problems", problems.len() - SHOWN);
    }
}
