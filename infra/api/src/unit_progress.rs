//! A unit's progress as one type, wherever it comes from: the status board of this process, the
//! unit's last checkpoint, the offsets its group has committed, or HTTP.

use crate::halt::Trading;
use anyhow::Result;
use run::data_dir::{self, RunDir};
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::{Deserialize, Serialize};
use shell::checkpoint::{CheckpointStore, KvCheckpoints, UnitCheckpoint};
use shell::cursor::{Counts, stages};
use shell::status_board::{PublishedDay, SourceWait, StatusBoard, UnitStatus};
use shell::unit_identity::unit_name;
use std::collections::{BTreeMap, BTreeSet};

/// A unit's progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnitProgress {
    /// Its role's name.
    pub role: String,
    /// Its name: the role's, with the partition where the role is by partition.
    pub unit: String,
    /// The last day it closed.
    pub closed: Day,
    /// The day it reads, once an input has named it.
    pub current: Option<Day>,
    /// The topic it reads next, by its short name.
    pub topic: String,
    /// And the partition.
    pub partition: u32,
    /// The next offset it reads there.
    pub next_offset: u64,
    /// What it has read, by kind.
    pub counts: Counts,
}

impl UnitProgress {
    /// From the status board.
    pub fn of(status: &UnitStatus) -> Option<UnitProgress> {
        let (topic, partition) = status.waits_for.rsplit_once('/')?;
        let topic: Topic = topic.parse().ok()?;
        Some(UnitProgress {
            role: status.role.clone(),
            unit: status.unit.clone(),
            closed: status.closed,
            current: status.current,
            topic: topic.dataset().to_owned(),
            partition: partition.parse().ok()?,
            next_offset: status.next_offset,
            counts: status.counts,
        })
    }

    /// From the unit's checkpoint.
    fn of_checkpoint(
        role: Role,
        unit: &str,
        partitions: &[u32],
        saved: &UnitCheckpoint,
    ) -> Option<UnitProgress> {
        let cursor = &saved.cursor;
        let stage = *stages(role, partitions).get(cursor.stage)?;
        Some(UnitProgress {
            role: role.name().to_owned(),
            unit: unit.to_owned(),
            closed: cursor.closed,
            current: cursor.current,
            topic: stage.topic.dataset().to_owned(),
            partition: stage.partition,
            next_offset: *cursor.positions.get(cursor.stage)?,
            counts: cursor.counts,
        })
    }
}

/// The units of `role` where data topics have `partitions`: name and partitions held.
pub(crate) fn units_of(role: Role, partitions: u32) -> Vec<(String, Vec<u32>)> {
    if role.by_partition() {
        (0..partitions).map(|one| (unit_name(role, one), vec![one])).collect()
    } else {
        vec![(unit_name(role, 0), (0..partitions).collect())]
    }
}

/// What a process that runs a run serves under `/status`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProcessStatus {
    /// The roles it runs, by name.
    #[serde(default)]
    pub roles: BTreeSet<String>,
    /// The progress of its units.
    pub units: Vec<UnitProgress>,
    /// What its source waits for, if it has one that waits.
    pub source: Option<SourceWait>,
    /// The last day that its source has published, and the day before it.
    #[serde(default)]
    pub published: Option<PublishedDay>,
    /// Whether the run opens positions, as this process knows it.
    #[serde(flatten)]
    pub trading: Trading,
}

impl ProcessStatus {
    /// Of this process.
    pub fn of(board: &StatusBoard, trading: Trading) -> ProcessStatus {
        ProcessStatus {
            roles: board.roles().into_iter().map(|role| role.name().to_owned()).collect(),
            units: board.all().iter().filter_map(UnitProgress::of).collect(),
            source: board.source(),
            published: board.published(),
            trading,
        }
    }
}

/// The saved progress of the units of a run, from the state folders that no process has open, and what cannot be
/// read of them.
pub(crate) fn saved(run: &RunDir, partitions: u32) -> (Vec<UnitProgress>, Vec<String>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for folder in data_dir::folders_of_processes(run) {
        if folder == run.log() || data_dir::living_owner(&folder).is_some() {
            continue;
        }
        let read = kv::Db::open_to_read(&folder).map_err(anyhow::Error::from);
        match read.and_then(|db| of_checkpoints(&db, partitions)) {
            Ok(units) => found.extend(units),
            Err(error) => problems.push(format!("{}: {error:#}", folder.display())),
        }
    }
    (found, problems)
}

/// What units of `wanted` have saved, in every state folder that no process has open; what cannot be read is left out.
pub(crate) fn saved_checkpoints(
    run: &RunDir,
    wanted: &BTreeMap<String, Vec<u32>>,
) -> Vec<(String, UnitCheckpoint)> {
    let mut found = Vec::new();
    for folder in data_dir::folders_of_processes(run) {
        if folder == run.log() || data_dir::living_owner(&folder).is_some() {
            continue;
        }
        let tree = kv::Db::open_to_read(&folder).and_then(|db| db.plain_tree("units"));
        let Ok(states) = tree.map(KvCheckpoints::of) else { continue };
        for unit in wanted.keys() {
            let saved = states.load(unit).ok().flatten();
            found.extend(saved.map(|saved| (unit.clone(), saved)));
        }
    }
    found
}

fn of_checkpoints(db: &kv::Db, partitions: u32) -> Result<Vec<UnitProgress>> {
    let states = KvCheckpoints::of(db.plain_tree("units")?);
    let mut found = Vec::new();
    for role in Role::ALL {
        for (unit, held) in units_of(role, partitions) {
            if let Some(saved) = states.load(&unit)? {
                found.extend(UnitProgress::of_checkpoint(role, &unit, &held, &saved));
            }
        }
    }
    Ok(found)
}
