//! `schemas show`: prints a schema as its file.

use crate::exit::Found;
use crate::printer;
use crate::schema_subject::topic_of;
use anyhow::{Context, Result};
use run::config::Config;
use schemas::registry;
use serde_json::{Value, json};

/// Arguments of `schemas show`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Id of a schema, or a subject or topic, for its newest schema
    pub schema: String,
}

/// Prints the schema.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let asked = args.schema.as_str();
    let version = match asked.parse::<u32>() {
        Ok(id) => registry::by_id(id)
            .with_context(|| format!("no schema {id}; `butterquant schemas list` lists them"))?,
        Err(_) => registry::versions(topic_of(asked)?).next_back().context("it has no schema")?,
    };
    let shown = json!({
        "subject": registry::subject(version.topic, ""),
        "version": version.version,
        "id": version.id,
        "avsc": serde_json::from_str::<Value>(version.text)?,
    });
    printer::show(config.output()?, &shown, |_| printer::line(version.text.trim_end()))?;
    Ok(Found::Nothing)
}
