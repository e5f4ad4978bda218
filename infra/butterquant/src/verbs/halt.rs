//! `halt`: stops opening positions, effective at once.

use crate::exit::Found;
use crate::operator::{Given, TrackName, halted, publish};
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, Halted};

/// Arguments of `halt`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Halt only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    #[command(flatten)]
    pub given: Given,
}

/// Stops opening positions.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let track = args.track.map(TrackName::track);
    // What stops a halt is only what stops its publish.
    let before = halted(config, track).unwrap_or_default();
    let halted = Halted { track, reason: args.given.why("") };
    let done = match &before[..] {
        [] => "halted: no positions are opened; closing orders are still sent".to_owned(),
        // A halt has one beginning; this word is kept beside it.
        before => {
            let said: Vec<String> = before.iter().map(ToString::to_string).collect();
            format!("halted before: {}; this word is added", said.join("; "))
        }
    };
    publish(config, Controls::Halted(halted), &args.given, &done)
}
