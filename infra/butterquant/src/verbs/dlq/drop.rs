//! `dlq drop`: gives dead letters up.

use super::letters::settled;
use crate::exit::Found;
use anyhow::Result;
use run::config::Config;
use schemas::events::Fate;
use shell::redrive::Selection;

/// Giving letters up.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// These letters
    #[arg(required = true)]
    pub ids: Vec<u64>,
    /// Why, for the record
    #[arg(long)]
    pub why: String,
}

/// Settles them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let which = Selection::Ids(args.ids.iter().copied().collect());
    settled(config, &which, Fate::Dropped, args.why.clone())
}
