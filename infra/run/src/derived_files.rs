//! Checking the files that are derived from a run's log, byte by byte: the lake by its manifest, the model files by the
//! log itself, which has every byte of them.

use crate::data_dir::{self, RunDir};
use crate::projections::{self, read_all};
use crate::standing::RunStanding;
use anyhow::{Context, Result};
use eventlog::Log;
use schemas::events::Models;
use schemas::{Body, Day, Topic};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use store::manifest::{FileFault, FolderCheck, Wrong};
use store::{Lake, StoreError};
use success::Artifacts;

/// The lake of a run, compared.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LakeCheck {
    /// Its files.
    #[serde(flatten)]
    pub files: FolderCheck,
    /// The last day that the run has closed for good; none before the first, or where the log is out of reach.
    pub closed: Option<Day>,
    /// What is wrong with the lake as a whole, and the remedy.
    pub problem: Option<String>,
}

impl LakeCheck {
    /// Whether nothing was found.
    pub fn is_whole(&self) -> bool {
        self.files.faults.is_empty() && self.problem.is_none()
    }
}

/// Compares the lake of `run` with its manifest, and that with the log.
///
/// # Errors
/// The log's, and files that cannot be read at all.
pub fn check_lake(run: &RunDir) -> Result<LakeCheck> {
    let standing = {
        let reached = data_dir::reach(run)?;
        RunStanding::of(&*reached.log)?
    };
    let mut check =
        LakeCheck { closed: standing.as_ref().and_then(|of| of.closed), ..LakeCheck::default() };
    if !run.lake().exists() {
        check.problem = standing.filter(|of| of.closed.is_some()).map(|_| {
            let path = run.lake();
            format!("{} is gone; `butterquant rebuild --all` makes it from the log", path.display())
        });
        return Ok(check);
    }
    let lake = Lake::open(run.lake())?;
    match lake.check() {
        Ok(files) => check.files = files,
        Err(old @ StoreError::OldLake { .. }) => {
            check.problem = Some(old.to_string());
            return Ok(check);
        }
        Err(error) => return Err(error.into()),
    }
    // Where the manifest itself is damaged, that is the fault.
    let of_log = standing.map_or(Ok(()), |standing| standing.of_lake(&lake));
    match of_log {
        Ok(()) | Err(StoreError::DamagedManifest { .. }) => {}
        Err(error) => check.problem = Some(error.to_string()),
    }
    Ok(check)
}

/// Compares the model files in `folder` with the models on `log`; those trained after `closed` may not be written yet.
///
/// # Errors
/// The log's, and files that cannot be read at all.
pub fn check_model_files(
    log: &dyn Log,
    partitions: u32,
    folder: &Path,
    closed: Option<Day>,
) -> Result<Vec<FileFault>> {
    let mut wanted: BTreeMap<String, (Vec<u8>, bool)> = BTreeMap::new();
    for event in read_all(log, Topic::Models, partitions)? {
        let Body::Models(Models::ModelTrained(model)) = &event.body else { continue };
        let Some(files) = projections::model_files(model, event.day) else { continue };
        let due = closed.is_some_and(|closed| event.day <= closed);
        wanted.extend(files.into_iter().map(|(path, bytes)| (path, (bytes, due))));
    }
    let there = if folder.exists() { Artifacts::open(folder)?.files()? } else { BTreeMap::new() };
    let mut faults = Vec::new();
    for (name, (bytes, due)) in &wanted {
        let wrong = match there.get(name) {
            None => due.then_some(Wrong::Missing),
            Some(path) => {
                let found = std::fs::read(path).with_context(|| {
                    format!("{} cannot be read; check its permissions", path.display())
                })?;
                Wrong::between(bytes, &found)
            }
        };
        faults.extend(wrong.map(|wrong| FileFault::new(folder, name, wrong)));
    }
    let extra = there.keys().filter(|name| !wanted.contains_key(*name));
    faults.extend(extra.map(|name| FileFault::new(folder, name, Wrong::Extra)));
    faults.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(faults)
}
