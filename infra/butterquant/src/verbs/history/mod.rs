//! `history`: labelled rows of a market's past.

mod generate;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// Rows of a market's past.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Draw labelled rows of a market's past onto the run's `samples` and into a parquet file
    ///
    /// Each row is what a scan of that day would have seen and what came of it; nothing later
    /// than --before is read. Rows are drawn from three ranges of the volatility index, spread
    /// evenly over the days of each, and weighted back to how often each range came. The same
    /// seed and market give the same bytes, and rows already on `samples` are not put there
    /// again. A run that is not open yet trains its first model on them when it opens; in an
    /// open one they are rows of the next training.
    #[command(after_help = GENERATE_EXAMPLE)]
    Generate(generate::Args),
}

const GENERATE_EXAMPLE: &str = "\
Example:
  butterquant history generate --source csv:prices
  butterquant data validate data/runs/live/history.parquet
  butterquant up --source csv:prices          # trains its first model on these rows";

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Generate(args) => generate::run(config, args),
    }
}
