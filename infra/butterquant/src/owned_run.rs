//! A run that a verb owns while it works on all of it.

use anyhow::{Result, bail};
use run::config::Config;
use run::context::RunContext;
use run::data_dir;

/// The configured run with its log, state and views.
///
/// # Errors
/// There is no such run, or another process owns it.
pub(crate) fn owned_run(config: &Config) -> Result<RunContext> {
    let run = config.this_run()?;
    if run.is_here() && !run.log().exists() {
        bail!(
            "there is no run {:?} in {}; `butterquant runs` lists them",
            run.id,
            config.data_dir().display()
        );
    }
    let opened = data_dir::own(&run)?;
    RunContext::new(&config.run_spec()?, &run, &opened)
}
