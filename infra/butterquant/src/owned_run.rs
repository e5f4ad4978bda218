//! A run that a verb owns while it works on it.

use anyhow::Result;
use run::config::Config;
use run::context::RunContext;
use run::data_dir;

/// The configured run with its log, state and views.
///
/// # Errors
/// There is no such run, or another process has it open.
pub(crate) fn owned_run(config: &Config) -> Result<RunContext> {
    let run = config.this_run()?;
    if run.is_here() && !run.log().exists() {
        return Err(data_dir::no_run(&run));
    }
    let opened = data_dir::own(&run)?;
    RunContext::new(&config.run_spec()?, &run, &opened)
}
