//! The places of the roles' groups: what they have committed, held against the ends of the log and against what the
//! roles have written.

use anyhow::Result;
use eventlog::Log;
use run::data_dir::{self, RunDir};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use shell::offsets::of_group;

/// A role's group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupPlace {
    /// Its name: the role's.
    pub group: &'static str,
    /// Partitions that it reads and commits.
    pub partitions: usize,
    /// Those without a committed offset.
    pub uncommitted: usize,
    /// Those whose committed offset is behind the last record, and how many offsets that is in all.
    pub behind: usize,
    /// Offsets between the two.
    pub lag: u64,
    /// Committed offsets that no record has had: `topic/partition offset > end`.
    pub beyond_end: Vec<String>,
    /// The last day that the role has closed by its own markers; none for a role that writes no topic.
    pub closed: Option<Day>,
    /// What is wrong with it, in words.
    pub problem: Option<&'static str>,
}

/// Every role's group in `run`.
///
/// # Errors
/// There is no such run, or its log or the process that owns it does not answer.
pub fn groups(run: &RunDir) -> Result<Vec<GroupPlace>> {
    let opened = data_dir::reach(run)?;
    let log = &*opened.log;
    let partitions = data_dir::partitions(log)?;
    let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
    roles.map(|role| place_of(log, role, partitions)).collect()
}

fn place_of(log: &dyn Log, role: Role, partitions: u32) -> Result<GroupPlace> {
    let offsets = of_group(log, role, partitions)?;
    let mut place = GroupPlace {
        group: role.name(),
        partitions: offsets.len(),
        uncommitted: 0,
        behind: 0,
        lag: 0,
        beyond_end: Vec::new(),
        closed: shell::replay::closed_by(log, role, partitions)?,
        problem: None,
    };
    for (tp, committed) in offsets {
        let end = log.watermarks(&tp)?.high;
        let at = committed.unwrap_or(0);
        place.uncommitted += usize::from(committed.is_none());
        place.behind += usize::from(at < end);
        place.lag += end.saturating_sub(at);
        if at > end {
            place.beyond_end.push(format!("{tp} {at} > {end}"));
        }
    }
    place.problem = match (place.uncommitted, place.closed) {
        (1.., Some(_)) => Some("its offsets are gone, and it has closed days"),
        _ if !place.beyond_end.is_empty() => Some("its offsets are beyond the end"),
        _ => None,
    };
    Ok(place)
}
