//! `groups`: the places of groups on the log, the roles' own and those of others, looked at and changed.

mod adopt;
mod changing;
mod delete;
mod describe;
mod destination;
mod list;
mod reset;
mod seek;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `groups`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List the groups with their committed offsets and the last day that each role has closed
    ///
    /// `closed` is the day by the role's own markers, `read` the one by its committed offsets. Exit code 1 when the
    /// offsets of a group are gone, beyond the end of the log, or set back behind what the role has written. Groups of
    /// other programs that read the run's topics are listed below.
    List,
    /// Describe groups partition by partition: committed offset, saved state, end, lag, member, and what it waits for
    #[command(after_help = DESCRIBING)]
    Describe(describe::Args),
    /// Set a group to another place: offsets and saved state together
    #[command(after_help = SEEKING)]
    Seek(seek::Args),
    /// Set groups to the start, or to another place
    #[command(after_help = SEEKING)]
    Reset(reset::Args),
    /// Delete groups: their offsets and saved state
    #[command(after_help = DELETING)]
    Delete(delete::Args),
    /// Set the committed offsets of groups to what the roles have written and saved
    #[command(after_help = ADOPTING)]
    Adopt(adopt::Args),
}

const DESCRIBING: &str = "\
  butterquant groups describe scorer
  butterquant groups describe executor -o json | jq '.[0].partitions[] | .topic, .committed, .saved'

`saved` is the offset in the saved state of the role: at rest it is the committed one. Exit code 1 when the group has
lost its place.";

const SEEKING: &str = "\
A role's offsets and its saved state move together, each unit to the beginning of a day: the one in which the offset
lies. State as of then is made again from the log. The next start takes in again what the role has decided since: its
own events on the log say what that is, so nothing is decided twice. A role cannot be set ahead of what it has decided,
because it would skip events. The group of another program (`groups list` shows them) has offsets alone and goes
wherever it is sent.

Without --execute only what would be done is shown, partition by partition. Groups with members are refused: stop the
processes first.

  butterquant groups seek labeler --to 2016-01-27
  butterquant groups seek labeler --to 2016-01-27 --execute
  butterquant groups reset scanner scorer --execute
  butterquant groups reset my-subscriber --log kafka --shift-by -100 --topic bars:0,1 --execute";

const DELETING: &str = "\
The offsets of a role's group go together with its saved state. The next start makes that again from the log: its own
events say what it has decided, so nothing is decided twice. State folders on other machines are not reached; there
`groups adopt` says the same before the next start.

Without --execute only what would be done is shown. Groups with members are refused: stop the processes first.

  butterquant groups delete labeler
  butterquant groups delete labeler --execute";

const ADOPTING: &str = "\
What a role has decided stands on the log: its own events and day markers. Where the committed offsets of
its group are gone (Kafka lets those of an idle group expire) or lie beyond the end of the log, it does not
start until this verb has set them. Each role's state is taken from what it has saved, or made again from
the log, checked against its own events, and nothing is decided. The run's processes must be stopped.

  butterquant groups list
  butterquant groups adopt";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Describe(args) => describe::run(config, args),
        Verb::Seek(args) => seek::run(config, args),
        Verb::Reset(args) => reset::run(config, args),
        Verb::Delete(args) => delete::run(config, args),
        Verb::Adopt(args) => adopt::run(config, args),
    }
}
