//! `halt`: stops opening positions, effective at once.

use crate::exit::Found;
use crate::operator::{TrackName, publish};
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, Halted};

/// Arguments of `halt`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Halt only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    /// Reason to record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// Stops opening positions.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let halted = Halted { track: args.track.map(TrackName::track), reason: args.reason.clone() };
    publish(
        config,
        Controls::Halted(halted),
        "halted: no positions are opened; closing orders are still sent",
    )
}
