//! `halt`: stops opening positions, effective at once.

use crate::exit::Found;
use crate::operator::{Given, TrackName, publish};
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
    let halted = Halted { track: args.track.map(TrackName::track), reason: args.given.why("") };
    publish(
        config,
        Controls::Halted(halted),
        &args.given,
        "halted: no positions are opened; closing orders are still sent",
    )
}
