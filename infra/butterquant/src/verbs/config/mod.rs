//! `config`: creates, shows and checks the configuration.

mod check;
mod init;
mod show;

pub(crate) use check::report_invalid;

use crate::exit::Found;
use anyhow::Result;
use run::config::{Config, RANGES};

/// The verbs of `config`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Create a commented butterquant.toml in the data folder
    Init,
    /// Show every key with its value and where it comes from
    Show,
    /// Check the configuration; exit 1 when it is not valid
    Check,
}

/// The keys that hold a number, and their ranges.
pub(crate) fn ranges() -> String {
    let lines = RANGES.iter().map(|range| {
        let why = if range.why.is_empty() { String::new() } else { format!(" ({})", range.why) };
        format!("  {}: {range}{why}", range.key)
    });
    let lines: Vec<String> = lines.collect();
    format!("Numbers, wherever they are set:\n{}", lines.join("\n"))
}

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Init => init::run(config),
        Verb::Show => show::run(config),
        Verb::Check => check::run(config),
    }
}
