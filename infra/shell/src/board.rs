//! What every unit is doing, for operators: which day it closed last and what it waits for.

use crate::cursor::Counts;
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;

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
pub struct Board(Mutex<BTreeMap<(Role, String), UnitStatus>>);

impl Board {
    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Role, String), UnitStatus>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn put(&self, role: Role, status: UnitStatus) {
        self.held().insert((role, status.unit.clone()), status);
    }

    pub(crate) fn forget(&self, role: Role, unit: &str) {
        self.held().remove(&(role, unit.to_owned()));
    }

    /// Every unit, by role.
    pub fn all(&self) -> Vec<UnitStatus> {
        self.held().values().cloned().collect()
    }

    /// The earliest last-closed day of all units, when there are at least `units`.
    pub fn closed_by_all(&self, units: usize) -> Option<Day> {
        let held = self.held();
        if held.len() < units {
            return None;
        }
        held.values().map(|status| status.closed).min()
    }
}
