//! `topics`: lists, describes and reads the topics of the log.

mod consume;
mod describe;
mod list;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `topics`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List every topic with its partitions, events and digest
    List,
    /// Describe a topic: schemas, headers, fields, an example, partitions and offsets
    Describe(describe::Args),
    /// Print the events of a topic as JSON, one per line
    #[command(after_help = CONSUME_EXAMPLES)]
    Consume(consume::Args),
}

const CONSUME_EXAMPLES: &str = "\
Examples:
  butterquant topics consume orders -n 5
  butterquant topics consume scans --key AAPL --from 2018-06-01 --until 2018-06-29
  butterquant topics consume fills --follow | jq .data";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Describe(args) => describe::run(config, args),
        Verb::Consume(args) => consume::run(config, args),
    }
}
