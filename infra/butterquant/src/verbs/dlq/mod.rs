//! `dlq`: dead letters, the events that no role could take in.

mod drop;
mod letters;
mod list;
mod redrive;
mod show;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// Dead letters.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Counts by topic and reason, then the letters themselves
    #[command(after_help = REASONS)]
    List(list::Args),
    /// One letter: headers, bytes, and the event in them where they hold one
    Show(show::Args),
    /// Put the original bytes back on their topic and partition
    #[command(after_help = REDRIVING)]
    Redrive(redrive::Args),
    /// Give letters up
    Drop(drop::Args),
}

const REASONS: &str = "\
Reasons:
  decode     the bytes are no event
  schema     their schema id is unknown
  topic      an event of another topic
  partition  an event of a ticker, or a marker, of another partition; or another key than its ticker
  contract   a number in it is not finite
  conflict   another event has its id already
  order      an event of another day than the one being processed";

const REDRIVING: &str = "\
A letter is redriven or dropped once; both are events on dead-letters. Redriven bytes are judged
like any others: of a day that has closed they are late (counted, never traded), and what is still
bad becomes a new letter that names this one.";

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List(args) => list::run(config, args),
        Verb::Show(args) => show::run(config, args),
        Verb::Redrive(args) => redrive::run(config, args),
        Verb::Drop(args) => drop::run(config, args),
    }
}
