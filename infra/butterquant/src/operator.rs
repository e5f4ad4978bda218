//! An operator's commands: events on `controls`, published through the process that owns the run, if
//! there is one.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::halt::{Halt, Trading};
use run::config::Config;
use run::data_dir::{self, RunDir};
use schemas::events::{Controls, Track};
use shell::open;
use shell::operator_word::{OperatorWord, one_line};
use std::os::unix::fs::MetadataExt;

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

/// Who gives a command, and why.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Given {
    /// Why, for the record
    #[arg(long, value_name = "TEXT", alias = "reason")]
    why: Option<String>,
    /// Who gives the command, for the record [default: user@host]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Given {
    /// The reason given; `otherwise` where none is.
    pub(crate) fn why(&self, otherwise: &str) -> String {
        one_line(self.why.as_deref().unwrap_or(otherwise))
    }

    /// Who it is, with the present time: both travel in the record's headers.
    pub(crate) fn now(&self) -> OperatorWord {
        OperatorWord::now(&operator_name(self.by.as_ref()))
    }
}

/// The name given, or user and host.
pub(crate) fn operator_name(given: Option<&String>) -> String {
    given.cloned().unwrap_or_else(user_at_host)
}

fn user_at_host() -> String {
    let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let uid = || std::fs::metadata("/proc/self").map_or(0, |own| own.uid());
    let user =
        named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(|| format!("uid-{}", uid()));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => user,
        host => format!("{user}@{host}"),
    }
}

/// The halts in force of `track`, or of both tracks.
pub(crate) fn halted(config: &Config, track: Option<Track>) -> Result<Vec<Halt>> {
    let opened = data_dir::reach(&config.this_run()?)?;
    let mut halts = Trading::of(&*opened.log)?.halted;
    halts.retain(|halt| track.is_none_or(|track| track == halt.track));
    Ok(halts)
}

/// Publishes a command and prints `done` with its offset.
pub(crate) fn publish(
    config: &Config,
    command: Controls,
    given: &Given,
    done: &str,
) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let offset = open::say_with(&*opened.log, command, &given.now(), None)?;
    if let Some(last) = open::opened(&*opened.log)?.and_then(|of| of.last_day) {
        telemetry::say!(
            "run {} is asked for the days up to {last}: once it has closed them, nothing acts on a command",
            run.id
        );
    }
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
