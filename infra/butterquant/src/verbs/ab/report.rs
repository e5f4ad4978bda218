//! `ab report`: ButterAI against ButterBaseline.

use crate::exit::Found;
use crate::printer;
use crate::read_run::read_run;
use anyhow::Result;
use report::ab::{ab_report, text};
use run::config::Config;

/// Arguments of `ab report`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Run to report on [default: that of --run]
    #[arg(value_name = "RUN")]
    pub of: Option<String>,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  butterquant ab report
  butterquant ab report backtest-2016-02-01-2019-02-22-c38bab17 -o json";

/// Prints the report.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let reader = read_run(config, args.of.as_deref().unwrap_or(config.run()))?;
    let found = printer::steps(config)?.during("report", || ab_report(&reader))?;
    printer::show(config.output()?, &found, |found| printer::line(text(found)))?;
    Ok(Found::Nothing)
}
