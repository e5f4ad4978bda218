//! `resume`: opens positions again.

use crate::exit::Found;
use crate::operator::{TrackName, publish};
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, Resumed};

/// The end of a halt.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// Opens positions again.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let resumed = Resumed { track: args.track.map(TrackName::track), reason: args.reason.clone() };
    publish(config, Controls::Resumed(resumed), "resumed")
}
