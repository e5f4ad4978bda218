//! `schemas`: lists, checks, serves and registers the topics' schemas.

mod check;
mod list;
mod register;
mod serve;
mod show;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `schemas`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List every version with its subject, its id in the wire format, and its kinds of events
    List,
    /// Print a schema as its .avsc file
    Show(show::Args),
    /// Check whether a schema may become a subject's next version; exit 1 when not
    Check(check::Args),
    /// Serve the schemas as a schema registry until stopped, without a run
    Serve(serve::Args),
    /// Register the schemas at --schema-registry under the ids that events carry; exit 1 when one is
    /// missing there
    Register(register::Args),
}

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Show(args) => show::run(config, args),
        Verb::Check(args) => check::run(config, args),
        Verb::Serve(args) => serve::run(config, args),
        Verb::Register(args) => register::run(config, args),
    }
}
