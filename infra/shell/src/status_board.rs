//! What every unit is doing, for operators: which day it closed last and what it waits for.

use crate::cursor::Counts;
use parking_lot::{Mutex, MutexGuard};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A unit as seen from outside.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct UnitStatus {
    /// Its role's name.
    pub role: String,
    /// Its name.
    pub unit: String,
    /// The last day it closed.
    pub closed: Day,
    /// The day it reads, once known.
    pub current: Option<Day>,
    /// Topic and partition it waits for.
    pub waits_for: String,
    /// The next offset it reads there.
    pub next_offset: u64,
    /// What it met.
    pub counts: Counts,
}

/// All units of this process.
#[derive(Default)]
pub struct StatusBoard {
    units: Mutex<BTreeMap<(Role, String), (u64, UnitStatus)>>,
    owners: AtomicU64,
}

impl StatusBoard {
    fn held(&self) -> MutexGuard<'_, BTreeMap<(Role, String), (u64, UnitStatus)>> {
        self.units.lock()
    }

    /// A number for an instance that will show its units here.
    pub(crate) fn owner(&self) -> u64 {
        self.owners.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn put(&self, role: Role, owner: u64, status: UnitStatus) {
        self.held().insert((role, status.unit.clone()), (owner, status));
    }

    /// Takes a unit down, unless another instance shows it by now: after a rebalance the new
    /// holder is often quicker than the old one.
    pub(crate) fn forget(&self, role: Role, owner: u64, unit: &str) {
        let mut held = self.held();
        let place = (role, unit.to_owned());
        if held.get(&place).is_some_and(|(shown_by, _)| *shown_by == owner) {
            held.remove(&place);
        }
    }

    /// Every unit, by role.
    pub fn all(&self) -> Vec<UnitStatus> {
        self.held().values().map(|(_, status)| status.clone()).collect()
    }

    /// The earliest last-closed day of all units, when there are at least `units`.
    pub fn closed_by_all(&self, units: usize) -> Option<Day> {
        let held = self.held();
        if held.len() < units {
            return None;
        }
        held.values().map(|(_, status)| status.closed).min()
    }
}
