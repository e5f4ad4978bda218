//! `resume`: ends a halt.

use crate::exit::Found;
use crate::operator::{TrackName, publish};
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, Resumed};

/// Arguments of `resume`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Resume only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    /// Reason to record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// Ends the halt.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let resumed = Resumed { track: args.track.map(TrackName::track), reason: args.reason.clone() };
    publish(config, Controls::Resumed(resumed), "resumed")
}
