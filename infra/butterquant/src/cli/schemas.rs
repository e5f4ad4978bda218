//! The command line of `schemas`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The schemas of the topics.
#[derive(Subcommand, Debug)]
pub(crate) enum SchemasVerb {
    /// Every version: subject, id in the wire format, kinds of events
    List,
    /// One schema as its file reads (.avsc)
    Show {
        /// An id, a subject or a topic; a subject's newest version
        schema: String,
    },
    /// Whether a schema may be a subject's next version; exit 1 when not
    Check(CheckSchemaArgs),
    /// Serve them as a schema registry does, without a run, until stopped
    Serve(ServeSchemasArgs),
    /// Put them into the registry at --schema-registry, under the ids that events carry; exit 1
    /// when one is not there
    Register(RegisterArgs),
}

/// A check.
#[derive(Args, Debug)]
pub(crate) struct CheckSchemaArgs {
    /// The schema (.avsc)
    pub file: PathBuf,
    /// The subject, or the topic
    #[arg(long)]
    pub subject: String,
}

/// Serving.
#[derive(Args, Debug)]
pub(crate) struct ServeSchemasArgs {
    /// Address to listen on; beyond this machine it needs the key `token`
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    pub listen: String,
}

/// Registering.
#[derive(Args, Debug)]
pub(crate) struct RegisterArgs {
    /// Only say what is there and what is missing
    #[arg(long)]
    pub dry_run: bool,
}
