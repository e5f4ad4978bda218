//! `config check`: whether the configuration is sound.

use crate::cli::Cli;
use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use run::config::{Config, Output};
use serde_json::json;

/// Says that a configuration that could be loaded is sound.
pub(crate) fn run(config: &Config) -> Result<Found> {
    printer::show(config.output()?, &json!({ "sound": true, "problem": null }), |_| {
        printer::line("the configuration is sound");
    })?;
    Ok(Found::Nothing)
}

/// Says why the configuration cannot be loaded.
pub(crate) fn unsound(cli: &Cli, problem: &anyhow::Error) -> Result<Found> {
    let problem = format!("{problem:#}");
    let output = cli.common.output.unwrap_or(Output::Human);
    printer::show(output, &json!({ "sound": false, "problem": problem }), |_| {
        printer::line(format!("the configuration is not sound: {problem}"));
    })?;
    Ok(Found::Something)
}
