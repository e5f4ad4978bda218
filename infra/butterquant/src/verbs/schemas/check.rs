//! `schemas check`: checks whether a schema may become the next version of a subject.

use crate::exit::Found;
use crate::printer;
use crate::schema_subject::topic_of;
use anyhow::{Context, Result};
use run::config::Config;
use schemas::{compatibility, registry};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `schemas check`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// File of the schema, .avsc
    pub file: PathBuf,
    /// Subject or topic that it is for
    #[arg(long)]
    pub subject: String,
}

/// Checks the schema; exit 1 when it may not.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let topic = topic_of(&args.subject)?;
    let file = args.file.display();
    let text =
        std::fs::read_to_string(&args.file).with_context(|| format!("{file} cannot be read"))?;
    let problems = compatibility::check_all(topic, &text).with_context(|| file.to_string())?;
    let known = registry::find(topic, &text)?.map(|known| known.version);
    let result =
        json!({ "compatible": problems.is_empty(), "version": known, "problems": problems });
    printer::show(config.output()?, &result, |_| {
        problems.iter().for_each(printer::line);
        printer::line(match (problems.len(), known) {
            (0, Some(version)) => format!("{file} is version {version} of {topic}"),
            (0, None) => format!("{file} may be the next version of {topic}"),
            _ => format!("{file} cannot be a version of {topic}"),
        });
    })?;
    Ok(if problems.is_empty() { Found::Nothing } else { Found::Something })
}
