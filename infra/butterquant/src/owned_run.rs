//! A run that a verb owns while it works on it, or reads whole.

use anyhow::{Result, bail};
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

/// The configured run with its log, state and views, to read them; where its folder cannot be written,
/// from copies.
///
/// # Errors
/// There is no such run, or another process owns it.
pub(crate) fn read_run(config: &Config) -> Result<RunContext> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    if let (true, Some(owner)) = (run.is_here(), &opened.owner) {
        bail!("the process at {owner} owns run {}; stop it first", run.id);
    }
    RunContext::to_read(&config.run_spec()?, &run, &opened)
}
