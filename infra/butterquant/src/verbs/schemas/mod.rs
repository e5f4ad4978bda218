//! `schemas`: the topics' schemas, listed, checked, served and registered.

mod check;
mod list;
mod register;
mod serve;
mod show;
mod subject;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The schemas of the topics.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Every version: subject, id in the wire format, kinds of events
    List,
    /// One schema as its file reads (.avsc)
    Show(show::Args),
    /// Whether a schema may be a subject's next version; exit 1 when not
    Check(check::Args),
    /// Serve them as a schema registry does, without a run, until stopped
    Serve(serve::Args),
    /// Put them into the registry at --schema-registry, under the ids that events carry; exit 1
    /// when one is not there
    Register(register::Args),
}

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Show(args) => show::run(config, args),
        Verb::Check(args) => check::run(config, args),
        Verb::Serve(args) => serve::run(config, args),
        Verb::Register(args) => register::run(config, args),
    }
}
