//! `summary`: the summary of a run that no process works on. Exit code 1 where records of its log are gone.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use report::summary::summary;
use run::config::Config;
use run::run_reader::RunReader;

/// Prints it, without what only the process that carried the run out knew.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let reader = RunReader::open(&config.this_run()?)?;
    let summary = printer::steps(config)?.during("summary", || summary(&reader))?;
    printer::summary(config, &summary)?;
    Ok(if summary.gone.is_empty() { Found::Nothing } else { Found::Something })
}
