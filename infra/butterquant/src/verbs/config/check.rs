//! `config check`: whether the configuration is valid.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use run::config::{Config, Output, RefusedValue, RefusedValues};
use serde_json::json;

/// Reports a configuration that was loaded, which only a valid one is.
pub(crate) fn run(config: &Config) -> Result<Found> {
    printer::show(
        config.output()?,
        &json!({ "sound": true, "problem": null, "refused": [] }),
        |_| {
            printer::line("the configuration is valid");
        },
    )?;
    Ok(Found::Nothing)
}

/// Reports why the configuration cannot be loaded.
pub(crate) fn report_invalid(output: Option<Output>, problem: &anyhow::Error) -> Result<Found> {
    let refused: &[RefusedValue] =
        problem.downcast_ref().map_or(&[], |RefusedValues(refused)| refused);
    let problem = format!("{problem:#}");
    let output = output.unwrap_or(Output::Human);
    printer::show(
        output,
        &json!({ "sound": false, "problem": problem, "refused": refused }),
        |_| {
            printer::line(format!("the configuration is not valid: {problem}"));
        },
    )?;
    Ok(Found::Something)
}
