//! `topics`: the topics of the log.

mod consume;
mod describe;
mod list;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The topics of the log.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Every topic: partitions, events, digest
    List,
    /// One topic: schema, partitions, offsets
    Describe(describe::Args),
    /// Events of a topic as JSON, one a line
    Consume(consume::Args),
}

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Describe(args) => describe::run(config, args),
        Verb::Consume(args) => consume::run(config, args),
    }
}
