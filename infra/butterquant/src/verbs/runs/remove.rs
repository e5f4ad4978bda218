//! `runs remove`: deletes a run.

use crate::consent::ask;
use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use run::config::Config;
use run::data_dir;

/// Which run.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The run's id
    pub id: String,
    /// Delete without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// Deletes it, unless a process runs it.
///
/// # Errors
/// There is no such run, a process has it, nobody consents, or it cannot be deleted.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.run_dir(&args.id)?;
    if !run.path.exists() {
        return Err(data_dir::no_run(&run));
    }
    let owner = [run.log(), run.state()].iter().find_map(|path| data_dir::living_owner(path));
    if let Some(owner) = owner {
        bail!("process {} has run {} open; stop it first", owner.pid, run.id);
    }
    if !args.yes && !ask(&format!("Delete run {} in {}?", run.id, run.path.display()))? {
        printer::line("nothing was deleted");
        return Ok(Found::Nothing);
    }
    data_dir::remove_topics(&run)?;
    std::fs::remove_dir_all(&run.path)
        .with_context(|| format!("{} cannot be deleted", run.path.display()))?;
    printer::show(config.output()?, &serde_json::json!({ "removed": run.id }), |_| {
        printer::line(format!("run {} is deleted", run.id));
    })?;
    Ok(Found::Nothing)
}
