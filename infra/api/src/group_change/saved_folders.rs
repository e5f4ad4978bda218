//! The state folders of a run on this machine, in which a unit may have saved state: one of each process that runs its
//! roles.

use anyhow::{Context, Result};
use run::data_dir::{self, RunDir};
use shell::checkpoint::{CheckpointStore, KvCheckpoints, UnitCheckpoint};
use std::path::PathBuf;

/// The folders that can be changed, opened, and those that another process has open.
#[derive(Default)]
pub(super) struct SavedFolders {
    opened: Vec<(PathBuf, kv::Db, KvCheckpoints)>,
    /// Left as they are, with the reason.
    pub(super) left: Vec<String>,
}

impl SavedFolders {
    /// Opens those of `run`; with `begin` also the run's own that does not exist yet.
    pub(super) fn open(run: &RunDir, begin: bool) -> Result<SavedFolders> {
        let mut folders = data_dir::folders_of_processes(run);
        folders.retain(|folder| *folder != run.log());
        if begin && !folders.contains(&run.state()) {
            folders.push(run.state());
        }
        let mut found = SavedFolders { opened: Vec::new(), left: Vec::new() };
        for folder in folders {
            let shown = folder.display();
            if let Some(owner) = data_dir::living_owner(&folder) {
                let pid = owner.pid;
                found.left.push(format!(
                    "{shown}: process {pid} has it open; state of this group there, if any, is older than the change and is made again from the log"
                ));
                continue;
            }
            if !folder.exists() {
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("{shown} cannot be created"))?;
            }
            let db = kv::Db::open(&folder)
                .with_context(|| format!("the state folder {shown} cannot be opened"))?;
            let states = KvCheckpoints::of(db.plain_tree("units")?);
            found.opened.push((folder, db, states));
        }
        Ok(found)
    }

    /// Where any of `units` has saved state.
    pub(super) fn with_state_of(&self, units: &[String]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (folder, _, states) in &self.opened {
            let saved = states.units()?;
            if units.iter().any(|unit| saved.contains(unit)) {
                found.push(folder.display().to_string());
            }
        }
        Ok(found)
    }

    /// Puts these in place of what is saved of the units, wherever something is.
    pub(super) fn replace(&self, units: &[(String, Option<UnitCheckpoint>)]) -> Result<()> {
        for (_, db, states) in &self.opened {
            let saved = states.units()?;
            let there = units.iter().filter(|(unit, _)| saved.contains(unit)).cloned();
            states.replace(&there.collect::<Vec<_>>())?;
            db.flush()?;
        }
        Ok(())
    }

    /// Removes what is saved of the units, and notes that their group was deleted on the log of this identity.
    pub(super) fn mark_deleted(&self, units: &[String], log_identity: &str) -> Result<()> {
        for (_, db, states) in &self.opened {
            states.mark_deleted(units, log_identity)?;
            db.flush()?;
        }
        Ok(())
    }

    /// Whether a role that writes no topic has closed a day by what it has saved.
    pub(super) fn closed(&self, unit: &str) -> Result<Option<schemas::Day>> {
        let mut closed = None;
        for (_, _, states) in &self.opened {
            closed = closed.max(states.load(unit)?.map(|saved| saved.cursor.closed));
        }
        Ok(closed)
    }
}
