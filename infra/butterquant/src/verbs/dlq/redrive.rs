//! `dlq redrive`: puts the original bytes of dead letters back on their topic and partition.

use crate::dead_letters::settled;
use crate::exit::Found;
use anyhow::Result;
use clap::ArgGroup;
use run::config::Config;
use schemas::events::Fate;
use shell::redrive::Selection;

/// Arguments of `dlq redrive`.
#[derive(clap::Args, Debug)]
#[command(group = ArgGroup::new("which").required(true))]
pub(crate) struct Args {
    /// Ids of the dead letters
    #[arg(group = "which")]
    pub ids: Vec<u64>,
    /// Redrive every open dead letter
    #[arg(long, group = "which")]
    pub all: bool,
    /// Redrive every open dead letter with this reason
    #[arg(long, group = "which")]
    pub reason: Option<String>,
    /// Reason to record
    #[arg(long, default_value = "by an operator")]
    pub why: String,
    /// Who settles them, for the record [default: user@host]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Redrives them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let which = match args.ids.is_empty() {
        true => Selection::Open(args.reason.clone()),
        false => Selection::Ids(args.ids.iter().copied().collect()),
    };
    settled(config, &which, Fate::Redriven, args.why.clone(), args.by.as_ref())
}
