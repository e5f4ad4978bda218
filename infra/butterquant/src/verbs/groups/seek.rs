//! `groups seek`: sets a group to another place, together with the saved state of its role.

use super::changing::{Mode, all};
use super::destination::{Destination, topics};
use crate::exit::Found;
use anyhow::{Context, Result};
use api::group_change::Action;
use run::config::Config;

/// Arguments of `groups seek`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The group: a role's name, or the group of another program on Kafka
    pub group: String,
    #[command(flatten)]
    pub destination: Destination,
    /// Only offsets of these topics say where to: `bars`, `bars,scans` or `bars:0,1` for partitions; may be repeated
    #[arg(long = "topic", alias = "topics", value_name = "TOPIC[:PARTITION,…]")]
    pub topics: Vec<String>,
    /// All topics of the group, as without --topic
    #[arg(long, conflicts_with = "topics")]
    pub all_topics: bool,
    #[command(flatten)]
    pub mode: Mode,
}

/// Plans it, or carries it out.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let target = args.destination.target()?.context(
        "where to? Give --to start, --to end, --to 2016-01-27, or another of the destinations in `butterquant groups seek --help`",
    )?;
    let action = Action::Seek { target, topics: topics(&args.topics)? };
    all(config, std::slice::from_ref(&args.group), &action, &args.mode)
}
