//! Where a unit stands, in one shape: from the board of the process that runs it, from what it
//! saved when it stopped, or over HTTP.

use anyhow::{Context, Result};
use run::data_dir::{self, RunDir};
use schemas::role::Role;
use schemas::{Day, NotADate, Topic};
use serde::{Deserialize, Serialize};
use shell::checkpoint::{CheckpointStore, KvCheckpoints, UnitCheckpoint};
use shell::cursor::{Counts, stages};
use shell::status_board::UnitStatus;
use web::fetch;

/// A day as JSON writes it: `"2018-06-29"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(pub Day);

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.0.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = NotADate;
    fn try_from(text: String) -> Result<Date, NotADate> {
        text.parse().map(Date)
    }
}

/// Where a unit stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnitProgress {
    /// Its role's name.
    pub role: String,
    /// Its own: the role's, with the partition where it has one alone.
    pub unit: String,
    /// The last day it closed.
    pub closed: Date,
    /// The day it reads, once an input has named it.
    pub current: Option<Date>,
    /// The topic it reads next, by its short name.
    pub topic: String,
    /// And the partition.
    pub partition: u32,
    /// The next offset it reads there.
    pub next_offset: u64,
    /// What it met.
    pub counts: Counts,
}

impl UnitProgress {
    /// As its board shows it.
    pub fn of(status: &UnitStatus) -> Option<UnitProgress> {
        let (topic, partition) = status.waits_for.rsplit_once('/')?;
        let topic: Topic = topic.parse().ok()?;
        Some(UnitProgress {
            role: status.role.clone(),
            unit: status.unit.clone(),
            closed: Date(status.closed),
            current: status.current.map(Date),
            topic: topic.dataset().to_owned(),
            partition: partition.parse().ok()?,
            next_offset: status.next_offset,
            counts: status.counts,
        })
    }

    /// As it was saved.
    fn saved(
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
            closed: Date(cursor.closed),
            current: cursor.current.map(Date),
            topic: stage.topic.dataset().to_owned(),
            partition: stage.partition,
            next_offset: *cursor.positions.get(cursor.stage)?,
            counts: cursor.counts,
        })
    }
}

/// The units of `role` where data topics have `partitions`: name and partitions held.
pub fn units_of(role: Role, partitions: u32) -> Vec<(String, Vec<u32>)> {
    if role.by_partition() {
        (0..partitions).map(|one| (format!("{role}-{one}"), vec![one])).collect()
    } else {
        vec![(role.name().to_owned(), (0..partitions).collect())]
    }
}

/// Every unit of a run that has said or saved where it stands, and the address of the process
/// that runs them: that of the log's `owner`, or of whoever holds the state folder.
pub fn all(
    run: &RunDir,
    owner: Option<String>,
    partitions: u32,
) -> Result<(Option<String>, Vec<UnitProgress>)> {
    let token = run.token.clone();
    let there = |endpoint: String| {
        let units = from_board(&endpoint, token.as_deref())?;
        Ok((Some(endpoint), units))
    };
    match owner {
        Some(endpoint) => there(endpoint),
        None if !run.state().exists() => Ok((None, Vec::new())),
        None => data_dir::of_state(run, there, |db| Ok((None, from_saved(db, partitions)?))),
    }
}

fn from_board(endpoint: &str, token: Option<&str>) -> Result<Vec<UnitProgress>> {
    #[derive(Deserialize)]
    struct Status {
        units: Vec<UnitProgress>,
    }
    let status: Status =
        serde_json::from_value(fetch(endpoint, "/status", token)?).with_context(|| {
            format!("{endpoint}/status cannot be read; run the same version on both sides")
        })?;
    Ok(status.units)
}

fn from_saved(db: &kv::Db, partitions: u32) -> Result<Vec<UnitProgress>> {
    let states = KvCheckpoints(db.tree("units")?);
    let mut found = Vec::new();
    for role in Role::ALL {
        for (unit, held) in units_of(role, partitions) {
            if let Some(saved) = states.load(&unit)? {
                found.extend(UnitProgress::saved(role, &unit, &held, &saved));
            }
        }
    }
    Ok(found)
}
