//! Removing a run that no process works on.

use super::open_log::remove_topics;
use super::run_dir::RunDir;
use anyhow::{Context, Result, bail};
use eventlog::{KafkaLog, Log};
use std::fs;

/// Deletes the run, with its topics where it is on Kafka.
///
/// # Errors
/// A process has it open, or it cannot be deleted.
pub fn remove_run(run: &RunDir) -> Result<()> {
    let held = hold(run)?;
    ensure_idle(run)?;
    remove_topics(run)?;
    let failed = || format!("{} cannot be deleted", run.path.display());
    if run.path.is_dir() {
        // Who opens the run from here on finds none, rather than one whose files vanish.
        let aside = run.data_dir.join("runs").join(format!(".removed-{}", run.id));
        if aside.exists() {
            fs::remove_dir_all(&aside).with_context(failed)?;
        }
        fs::rename(&run.path, &aside).with_context(failed)?;
        drop(held);
        fs::remove_dir_all(&aside).with_context(failed)
    } else if run.path.exists() {
        fs::remove_file(&run.path).with_context(failed)
    } else {
        Ok(())
    }
}

/// Fails where a group of the run on Kafka has members: on another machine no folder shows who works on it.
fn ensure_idle(run: &RunDir) -> Result<()> {
    let Some(settings) = run.on_kafka() else { return Ok(()) };
    let active = KafkaLog::connect(settings)?.active_groups()?;
    if !active.is_empty() {
        bail!(
            "processes work on run {}: its groups {} have members; stop them first, or wait a minute for Kafka to notice that they have ended",
            run.id,
            active.join(", ")
        );
    }
    Ok(())
}

/// Holds the log and the state folders of the run, of which `run --name` makes several, so that no process opens them.
///
/// # Errors
/// A process has one open.
pub fn hold(run: &RunDir) -> Result<Vec<kv::Db>> {
    let mut held = Vec::new();
    let Ok(entries) = fs::read_dir(&run.path) else { return Ok(held) };
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", run.path.display()))?.path();
        if kv::owner(&path).is_none() {
            continue; // no store
        }
        match kv::Db::open(&path) {
            Ok(db) => held.push(db),
            Err(kv::KvError::Locked { owner, .. }) => {
                let process =
                    owner.map_or_else(|| "another process".to_owned(), |one| one.to_string());
                bail!("{process} has run {} open; stop it first", run.id);
            }
            Err(_) => {} // damaged: nobody works on it
        }
    }
    Ok(held)
}
