//! `config`: the configuration in force.

mod check;
mod init;
mod show;

pub(crate) use check::unsound;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The configuration.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Write a commented butterquant.toml into the data folder
    Init,
    /// Every value and where it came from
    Show,
    /// Whether the configuration is sound; exit 1 when not
    Check,
}

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Init => init::run(config),
        Verb::Show => show::run(config),
        Verb::Check => check::run(config),
    }
}
