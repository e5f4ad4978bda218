//! A run that a verb names by itself, opened to be read.

use anyhow::{Error, Result, anyhow};
use run::config::Config;
use run::run_reader::RunReader;

/// Opens the run `id`. What an error says to do is about that run, whatever `--run` names.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read_run(config: &Config, id: &str) -> Result<RunReader> {
    let opened = config.run_dir(id).and_then(|run| RunReader::open(&run));
    opened.map_err(|error| about(config, id, &error))
}

/// `error`, with the commands that it quotes for the run `id`.
pub(crate) fn about(config: &Config, id: &str, error: &Error) -> Error {
    anyhow!(config.in_message(&format!("{error:#}"), id))
}
