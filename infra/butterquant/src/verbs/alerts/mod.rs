//! `alerts`: what the processes of a run tell people of, and silencing it.

mod list;
mod silence;
mod test;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `alerts`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List what holds, what was told, what is silenced, and how deliveries went; exit code 1 when an alert holds
    #[command(after_help = KEYS)]
    List,
    /// Send no alert of a condition for a while, or of a whole kind
    #[command(after_help = SILENCING)]
    Silence(silence::Args),
    /// Send a test alert to the webhook and the command, once, and say how that went
    Test,
}

const KEYS: &str = "\
Keys:
  group/ROLE           a role's group stopped, stands still, falls behind, was set back or has no process
  dead-letters         there are open dead letters
  halted/TRACK         a track is halted
  track-blocked/TRACK  a track could trade nothing on its last day
  model-old            the champion was trained long ago
  source-waits         the source waits for a day that was over long ago
  log-away             the log does not answer
  log-faults           the log or its groups are not whole
  held-back/TOPIC-N    an open transaction holds readers back
  process/PID          a process does not answer
  disk                 the disk is nearly full

`up` and `run` look at them all the time and tell of each once it has held for alerts.after_s seconds, by
alerts.webhook and alerts.command; once more when it has recovered.";

const SILENCING: &str = "\
Examples:
  butterquant alerts silence group/scorer --for 2h --why \"it is being moved\"
  butterquant alerts silence group --for 30m      # every group
  butterquant alerts silence group --end

A silence is of this data folder's run and outlasts its processes. What it withholds is told when it ends,
if it still holds; the recovery of what was told before is told all the same.";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Silence(args) => silence::run(config, args),
        Verb::Test => test::run(config),
    }
}
