//! The verbs about the two tracks.

mod report;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// A verb about the two tracks.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Compare ButterAI with ButterBaseline on the same events
    ///
    /// Figures of days come from the daily marks of what is held, figures of trades from closed trades. The difference of
    /// the tracks is judged by a bootstrap of blocks as long as the longest holding; the report says what difference these
    /// days could have shown and how many more it would take.
    #[command(after_help = report::EXAMPLES)]
    Report(report::Args),
}

pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Report(args) => report::run(config, args),
    }
}
