//! `groups`: the places of the roles' groups on the log.

mod adopt;
mod list;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `groups`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List the groups with their committed offsets and the last day that each role has closed
    ///
    /// `closed` is the day by the role's own markers, `read` the one by its committed offsets. Exit code 1 when the
    /// offsets of a group are gone, beyond the end of the log, or set back behind what the role has written.
    List,
    /// Set the committed offsets of groups to what the roles have written and saved
    #[command(after_help = ADOPTING)]
    Adopt(adopt::Args),
}

const ADOPTING: &str = "\
What a role has decided stands on the log: its own events and day markers. Where the committed offsets of
its group are gone (Kafka lets those of an idle group expire) or lie beyond the end of the log, it does not
start until this verb has set them. Each role's state is taken from what it has saved, or made again from
the log, checked against its own events, and nothing is decided. The run's processes must be stopped.

  butterquant groups list
  butterquant groups adopt";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Adopt(args) => adopt::run(config, args),
    }
}
