//! `runs remove`: deletes a run.

use crate::consent::confirm;
use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use run::config::Config;
use run::data_dir::{self, RunDir};
use serde_json::json;
use std::fs;

/// Arguments of `runs remove`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Id of the run
    pub id: String,
    /// Delete without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// Deletes the run.
///
/// # Errors
/// There is no such run, a process has it open, the user cannot be asked, or it cannot be deleted.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.run_dir(&args.id)?;
    if !run.path.exists() {
        return Err(data_dir::no_run(&run));
    }
    if let Some(pid) = user_of(&run)? {
        bail!("process {pid} has run {} open; stop it first", run.id);
    }
    if !args.yes && !confirm(&format!("Delete run {} in {}?", run.id, run.path.display()))? {
        printer::show(config.output()?, &json!({ "removed": null }), |_| {
            printer::line("nothing was deleted");
        })?;
        return Ok(Found::Nothing);
    }
    data_dir::remove_topics(&run)?;
    let removed =
        if run.path.is_dir() { fs::remove_dir_all(&run.path) } else { fs::remove_file(&run.path) };
    removed.with_context(|| format!("{} cannot be deleted", run.path.display()))?;
    printer::show(config.output()?, &json!({ "removed": run.id }), |_| {
        printer::line(format!("run {} is deleted", run.id));
    })?;
    Ok(Found::Nothing)
}

/// The process that holds the log of the run or a state folder in it; `run --name` makes several.
fn user_of(run: &RunDir) -> Result<Option<u32>> {
    let Ok(entries) = fs::read_dir(&run.path) else { return Ok(None) };
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", run.path.display()))?.path();
        let Some(owner) = data_dir::living_owner(&path) else { continue };
        // The id may have passed to another process since: the lock decides.
        if matches!(kv::Db::open(&path), Err(kv::KvError::Locked { .. })) {
            return Ok(Some(owner.pid));
        }
    }
    Ok(None)
}
