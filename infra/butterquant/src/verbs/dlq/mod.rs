//! `dlq`: dead letters, the events that no role could process.

mod drop;
mod hex_dump;
mod list;
mod redrive;
mod show;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `dlq`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List dead letters, with their counts by topic and reason
    #[command(after_help = REASONS)]
    List(list::Args),
    /// Show a dead letter: headers, bytes, and the event if they hold one
    Show(show::Args),
    /// Put the original bytes of dead letters back on their topic and partition
    #[command(after_help = REDRIVING)]
    Redrive(redrive::Args),
    /// Drop dead letters, with a reason
    Drop(drop::Args),
}

const REASONS: &str = "\
Reasons:
  decode     the bytes are not an event
  schema     the schema id is unknown
  topic      the event belongs to another topic
  partition  the ticker or marker belongs to another partition, or the key is not the ticker
  contract   a number is not finite
  conflict   another event already has this id
  order      the event is of another day than the one being processed";

const REDRIVING: &str = "\
A dead letter can be redriven or dropped once; both are events on dead-letters. Redriven records are
checked like any others: one of a closed day is late (counted, never traded), and one that is still
bad becomes a new dead letter that refers to this one.";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List(args) => list::run(config, args),
        Verb::Show(args) => show::run(config, args),
        Verb::Redrive(args) => redrive::run(config, args),
        Verb::Drop(args) => drop::run(config, args),
    }
}
