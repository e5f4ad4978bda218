//! The market that a verb reads.

use crate::printer;
use anyhow::{Context, Result};
use producers::source::Market;
use run::config::Config;

/// The error when no market is given.
pub(crate) const NOT_NAMED: &str = "no market is named; add --source csv:DIR or --source sim:SEED";

/// The name of the market: the one given, or the one configured.
///
/// # Errors
/// Neither is set.
pub(crate) fn named(config: &Config, asked: Option<&String>) -> Result<String> {
    asked.cloned().or_else(|| config.source()).context(NOT_NAMED)
}

/// Opens the market called `source`, with some of its tickers or all, and prints the problems in its
/// data.
///
/// # Errors
/// There is no such market, or none of its data can be read.
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

/// Prints the problems in a market's data to standard error; the rest of the data is used.
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
