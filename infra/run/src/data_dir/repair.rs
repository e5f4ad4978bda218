//! The repair of a run's own folders: of the log what can be recovered whole or nothing, of the state
//! its removal, because the log makes it again.

use super::RunDir;
use anyhow::{Context, Result};
use eventlog::EmbeddedLog;
use std::path::PathBuf;

/// What a repair did.
#[derive(Debug)]
pub enum Repaired {
    /// The folder opens; nothing was to be done.
    Sound,
    /// It was recovered from its file `db` alone, and holds all that was acknowledged.
    WithoutSnapshots {
        /// Where the folder is kept as it was.
        kept: PathBuf,
        /// Writes acknowledged, all of them present.
        writes: u64,
    },
    /// It was moved away.
    SetAside {
        /// Where it is kept.
        kept: PathBuf,
        /// Why it did not open.
        reason: String,
    },
}

/// Recovers the log of `run` where it does not open: without its snapshots, on a copy, which takes the
/// log's place if every write that was acknowledged is in it and the sums over all entries hold.
///
/// # Errors
/// The log is in use, or damaged beyond that; it is left as it was.
pub fn repair_log(run: &RunDir) -> Result<Repaired> {
    let path = run.log();
    let fault = match EmbeddedLog::open(&path).and_then(|log| log.check_records()) {
        Ok(()) => return Ok(Repaired::Sound),
        Err(error) if is_damage(&error) => error,
        Err(error) => return Err(error.into()),
    };
    let recovered = || -> Result<(kv::Repair, u64)> {
        let repair = kv::Repair::without_snapshots(&path)?;
        let db = repair.db().context("the copy is closed")?.clone();
        let log = EmbeddedLog::over(db)?;
        log.check_records()?;
        Ok((repair, log.writes()))
    };
    // What the second try says is of less use than what was wrong at first.
    let Ok((repair, writes)) = recovered() else { return Err(fault.into()) };
    Ok(Repaired::WithoutSnapshots { kept: repair.keep()?, writes })
}

/// Moves the state folder of `run` away where it does not open or cannot be read whole.
///
/// # Errors
/// It is in use, or cannot be moved.
pub fn repair_state(run: &RunDir) -> Result<Repaired> {
    let path = run.state();
    match kv::Db::open(&path).and_then(|db| db.check_entries()) {
        Ok(()) => Ok(Repaired::Sound),
        Err(kv::KvError::Damaged { detail: reason, .. }) => {
            Ok(Repaired::SetAside { kept: kv::set_aside(&path)?, reason })
        }
        Err(error) => Err(error.into()),
    }
}

fn is_damage(error: &eventlog::LogError) -> bool {
    error.class == eventlog::ErrorClass::Fatal
}
