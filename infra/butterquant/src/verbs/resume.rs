//! `resume`: ends a halt.

use crate::exit::Found;
use crate::operator::{Given, TrackName, publish};
use anyhow::{Result, ensure};
use run::config::Config;
use run::data_dir;
use schemas::events::{Controls, Resumed};
use shell::open;

/// Arguments of `resume`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Resume only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    #[command(flatten)]
    pub given: Given,
}

/// Ends the halt.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = open::opened(&*data_dir::reach(&run)?.log)?;
    ensure!(
        opened.is_none_or(|opened| opened.kind != open::WHAT_IF),
        "{} is a what-if run, which cannot trade; `{}` lists the runs that can",
        run.id,
        config.command_line("runs", config.run())
    );
    let resumed = Resumed { track: args.track.map(TrackName::track), reason: args.given.why("") };
    publish(config, Controls::Resumed(resumed), &args.given, "resumed")
}
