//! `groups delete`: removes groups with their offsets, and with them the saved state of their roles.

use super::changing::{Mode, all};
use crate::exit::Found;
use anyhow::Result;
use api::group_change::Action;
use run::config::Config;

/// Arguments of `groups delete`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Groups: roles' names, or the groups of other programs on Kafka
    #[arg(required = true, value_name = "GROUP")]
    pub groups: Vec<String>,
    #[command(flatten)]
    pub mode: Mode,
}

/// Plans it, or carries it out.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    all(config, &args.groups, &Action::Delete, &args.mode)
}
