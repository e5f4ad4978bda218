//! `model`: the versions on the log, what differs between them, what they rest on, which of them
//! scored what, how fast they are, and putting one in force.

mod bench;
mod diff;
mod explain;
mod list;
mod onlog;
mod steer;
mod verify;
mod which;

use super::Found;
use crate::cli::ModelVerb;
use anyhow::Result;
use run::config::Config;

/// Carries out a `model` verb.
pub(super) fn model(config: &Config, verb: &ModelVerb) -> Result<Found> {
    match verb {
        ModelVerb::List => list::list(config),
        ModelVerb::Show { version } => list::show_one(config, *version),
        ModelVerb::Diff { one, other } => diff::diff(config, *one, *other),
        ModelVerb::Promote(args) => steer::promote(config, args),
        ModelVerb::Rollback(args) => steer::rollback(config, args),
        ModelVerb::Verify { what } => verify::verify(config, what.as_deref()),
        ModelVerb::Bench(args) => bench::bench(config, args),
        ModelVerb::Explain(args) => explain::explain(config, args),
        ModelVerb::Which(args) => which::which(config, args),
    }
}
