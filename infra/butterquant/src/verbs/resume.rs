//! `resume`: ends a halt.

use crate::exit::Found;
use crate::operator::{Given, TrackName, halted, publish};
use crate::printer;
use anyhow::{Result, ensure};
use run::config::Config;
use run::data_dir;
use schemas::events::{Controls, Resumed};
use serde_json::json;
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
    let track = args.track.map(TrackName::track);
    if halted(config, track)?.is_empty() {
        let value = json!({ "run": run.id, "offset": null });
        printer::show(config.output()?, &value, |_| {
            let what = track.map_or("no track is halted".to_owned(), |track| {
                format!("{} is not halted", track.name())
            });
            printer::line(format!("{what} in run {}; nothing is published", run.id));
        })?;
        return Ok(Found::Nothing);
    }
    let resumed = Resumed { track, reason: args.given.why("") };
    publish(config, Controls::Resumed(resumed), &args.given, "resumed")
}
