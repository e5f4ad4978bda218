//! `history`: generates labelled rows from a market's past.

mod generate;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `history`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Draw labelled rows from a market's past onto the run's `samples` and into a parquet file
    ///
    /// Each row holds what a scan of that day would have seen, and its outcome; nothing later than
    /// --before is read. Rows are drawn from three ranges of the volatility index, spread evenly
    /// over the days of each, and weighted back to how frequent each range was. The same seed and
    /// market give the same bytes, and rows already on `samples` are not added again. A run that
    /// is not open yet trains its first model on them when it opens; an open run uses them in its
    /// next training.
    #[command(after_help = GENERATE_EXAMPLE)]
    Generate(generate::Args),
}

const GENERATE_EXAMPLE: &str = "\
Example:
  butterquant history generate --source csv:prices
  butterquant data validate data/runs/live/history.parquet
  butterquant up --source csv:prices          # trains its first model on these rows";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Generate(args) => generate::run(config, args),
    }
}
