//! `runs`: lists and removes the runs in the data folder.

mod list;
mod remove;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `runs`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List every run with its kind, market, days, size, and the process that runs it
    List,
    /// Delete a run: its folder, and its topics on Kafka
    ///
    /// A run that a process has open is left alone.
    #[command(after_help = "Example: butterquant runs remove what-if-2018-06-29-1a2b3c4d")]
    Remove(remove::Args),
}

/// Runs the verb; lists the runs without one.
pub(crate) fn run(config: &Config, verb: Option<&Verb>) -> Result<Found> {
    match verb {
        None | Some(Verb::List) => list::run(config),
        Some(Verb::Remove(args)) => remove::run(config, args),
    }
}
