//! `dlq redrive`: puts the original bytes back on their topic and partition.

use super::letters::settled;
use crate::exit::Found;
use anyhow::Result;
use clap::ArgGroup;
use run::config::Config;
use schemas::events::Fate;
use shell::redrive::Selection;

/// Putting letters back.
#[derive(clap::Args, Debug)]
#[command(group = ArgGroup::new("which").required(true))]
pub(crate) struct Args {
    /// These letters
    #[arg(group = "which")]
    pub ids: Vec<u64>,
    /// Every open letter
    #[arg(long, group = "which")]
    pub all: bool,
    /// Every open letter of this reason
    #[arg(long, group = "which")]
    pub reason: Option<String>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub why: String,
}

/// Settles them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let which = match args.ids.is_empty() {
        true => Selection::Open(args.reason.clone()),
        false => Selection::Ids(args.ids.iter().copied().collect()),
    };
    settled(config, &which, Fate::Redriven, args.why.clone())
}
