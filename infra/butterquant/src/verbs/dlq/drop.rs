//! `dlq drop`: drops dead letters.

use crate::dead_letters::settled;
use crate::exit::Found;
use anyhow::Result;
use run::config::Config;
use schemas::events::Fate;
use shell::redrive::Selection;

/// Arguments of `dlq drop`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Ids of the dead letters
    #[arg(required = true)]
    pub ids: Vec<u64>,
    /// Reason to record
    #[arg(long)]
    pub why: String,
    /// Who settles them, for the record [default: user@host]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Drops them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let which = Selection::Ids(args.ids.iter().copied().collect());
    settled(config, &which, Fate::Dropped, args.why.clone(), args.by.as_ref())
}
