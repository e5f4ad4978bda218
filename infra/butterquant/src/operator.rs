//! An operator's commands: events on `controls`, published through the process that owns the run, if
//! there is one.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use run::config::Config;
use run::data_dir::{self, RunDir};
use schemas::events::{Controls, Track};
use shell::open;

/// A track, as named on the command line.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
#[value(rename_all = "verbatim")]
#[allow(missing_docs)]
pub(crate) enum TrackName {
    ButterAI,
    ButterBaseline,
}

impl TrackName {
    /// The track.
    pub(crate) fn track(self) -> Track {
        match self {
            TrackName::ButterAI => Track::ButterAI,
            TrackName::ButterBaseline => Track::ButterBaseline,
        }
    }
}

/// Publishes a command and prints `done` with its offset.
pub(crate) fn publish(config: &Config, command: Controls, done: &str) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let offset = open::say(&*opened.log, command)?;
    published(config, &run, offset, done)
}

/// Prints `done` with the offset of the command.
pub(crate) fn published(config: &Config, run: &RunDir, offset: u64, done: &str) -> Result<Found> {
    printer::show(
        config.output()?,
        &serde_json::json!({ "run": run.id, "offset": offset }),
        |_| {
            printer::line(format!("{done} in run {}, at controls offset {offset}", run.id));
        },
    )?;
    Ok(Found::Nothing)
}
