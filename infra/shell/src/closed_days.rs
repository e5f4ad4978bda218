//! How far each unit has closed days, by the markers that it has written.

use crate::last_markers::{Stretch, Which, last_markers};
use crate::unit_identity::unit_of;
use eventlog::{Log, LogError};
use schemas::Day;
use schemas::role::Role;
use std::collections::BTreeMap;

/// The last day that each unit has closed in every partition of its role's first output, by role and partition (0 where
/// the role has one unit). A unit that has closed none is left out, and so is a role that writes no topic.
pub type ClosedDays = BTreeMap<(Role, u32), Day>;

/// Of every one of `roles`, where data topics have `partitions`.
///
/// # Errors
/// The log's.
pub fn closed_days(
    log: &dyn Log,
    partitions: u32,
    roles: impl IntoIterator<Item = Role>,
) -> Result<ClosedDays, LogError> {
    let mut written: Vec<(Role, Stretch)> = Vec::new();
    for role in roles {
        let Some(&topic) = role.outputs().first() else { continue };
        for partition in 0..topic.partitions(partitions) {
            written.push((role, Stretch::whole(log, topic, partition)?));
        }
    }
    let stretches = written.iter().map(|(_, stretch)| *stretch);
    let markers = last_markers(log, partitions, Which::OfRoles, stretches)?;
    let mut closed: BTreeMap<(Role, u32), Option<Day>> = BTreeMap::new();
    for (role, stretch) in written {
        let last = match markers.get(&stretch) {
            Some(Ok(marker)) => marker.map(|marker| marker.day),
            Some(Err(error)) => return Err(error.clone()),
            None => None,
        };
        let unit = closed.entry((role, unit_of(role, stretch.partition))).or_insert(last);
        *unit = (*unit).min(last);
    }
    Ok(closed.into_iter().filter_map(|(unit, day)| Some((unit, day?))).collect())
}
