//! `groups reset`: sets groups to another place in the words of Kafka's own tool, to the start if nothing else is said.

use super::changing::{Mode, all};
use super::destination::{Destination, topics};
use crate::exit::Found;
use anyhow::Result;
use api::group_change::{Action, Target};
use run::config::Config;

/// Arguments of `groups reset`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Groups: roles' names, or the groups of other programs on Kafka
    #[arg(required = true, value_name = "GROUP")]
    pub groups: Vec<String>,
    #[command(flatten)]
    pub destination: Destination,
    /// Only offsets of these topics say where to: `bars`, `bars,scans` or `bars:0,1` for partitions; may be repeated
    #[arg(long = "topic", alias = "topics", value_name = "TOPIC[:PARTITION,…]")]
    pub topics: Vec<String>,
    /// All topics of the groups, as without --topic
    #[arg(long, conflicts_with = "topics")]
    pub all_topics: bool,
    #[command(flatten)]
    pub mode: Mode,
}

/// Plans it, or carries it out.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let target = args.destination.target()?.unwrap_or(Target::Start);
    let action = Action::Seek { target, topics: topics(&args.topics)? };
    all(config, &args.groups, &action, &args.mode)
}
