//! `runs`: the runs in the data folder.

mod list;
mod remove;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The runs in the data folder.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Every run: kind, market, days, size, and the process that runs it
    List,
    /// Delete a run: its folder, and its topics on Kafka
    Remove(remove::Args),
}

/// Carries out one of them; lists the runs where none is named.
pub(crate) fn run(config: &Config, verb: Option<&Verb>) -> Result<Found> {
    match verb {
        None | Some(Verb::List) => list::run(config),
        Some(Verb::Remove(args)) => remove::run(config, args),
    }
}
