//! The status of every unit, for operators: the last day it closed and what it waits for.

use crate::cursor::Counts;
use crate::pulse::Pulses;
use parking_lot::{Mutex, MutexGuard};
use schemas::Day;
use schemas::role::Role;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use telemetry::metrics::Instruments;

/// A unit's status.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct UnitStatus {
    /// Its role's name.
    pub role: String,
    /// Its name.
    pub unit: String,
    /// The last day it closed, with all work done that the day asked for.
    pub closed: Day,
    /// The last day it has taken in; later than `closed` while work is put off.
    #[serde(skip)]
    pub taken_in: Day,
    /// The day it reads, once known.
    pub current: Option<Day>,
    /// The topic and partition it waits for.
    pub waits_for: String,
    /// The next offset it reads there.
    pub next_offset: u64,
    /// What it has read, by kind.
    pub counts: Counts,
}

/// A day of the market that the source does not publish yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceWait {
    /// The day.
    pub day: Day,
    /// Tickers that had a bar the day before and have none, `^VIX` among them; empty where only time has to pass.
    pub missing: Vec<String>,
    /// What it waits for, a sentence.
    pub waits_for: String,
}

/// A day that the source has published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PublishedDay {
    /// The day.
    pub day: Day,
    /// The one before it in this run.
    pub previous_day: Day,
}

/// The status of all units of this process.
#[derive(Default)]
pub struct StatusBoard {
    units: Mutex<BTreeMap<(Role, String), (u64, UnitStatus)>>,
    owners: AtomicU64,
    source: Mutex<Option<SourceWait>>,
    published: Mutex<Option<PublishedDay>>,
    roles: Mutex<BTreeSet<Role>>,
    instruments: Instruments,
    /// Signs of life of this process's threads.
    pub pulses: Pulses,
}

impl StatusBoard {
    fn held(&self) -> MutexGuard<'_, BTreeMap<(Role, String), (u64, UnitStatus)>> {
        self.units.lock()
    }

    /// Shows what the source waits for; `None` while it goes on.
    pub(crate) fn put_source(&self, waits: Option<SourceWait>) {
        *self.source.lock() = waits;
    }

    /// Shows the roles of this process, before any of their units has reported.
    pub(crate) fn put_roles(&self, roles: impl Iterator<Item = Role>) {
        *self.roles.lock() = roles.collect();
    }

    /// The roles that this process runs.
    pub fn roles(&self) -> BTreeSet<Role> {
        self.roles.lock().clone()
    }

    /// What the roles of this process measure.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    pub(crate) fn put_published(&self, published: PublishedDay) {
        self.instruments.day_published(published.day.0);
        *self.published.lock() = Some(published);
    }

    /// The last day that the source of this process has published since it was started.
    pub fn published(&self) -> Option<PublishedDay> {
        *self.published.lock()
    }

    /// What the source of this process waits for.
    pub fn source(&self) -> Option<SourceWait> {
        self.source.lock().clone()
    }

    /// A number for an instance that shows its units here.
    pub(crate) fn owner(&self) -> u64 {
        self.owners.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn put(&self, role: Role, owner: u64, status: UnitStatus) {
        let closed = status.closed.0;
        let before = self.held().insert((role, status.unit.clone()), (owner, status));
        // A unit that has just been taken up has closed nothing here.
        if let Some(before) = before.map(|(_, before)| before.closed.0).filter(|day| *day < closed)
        {
            self.instruments.day_closed(role.name(), before, closed);
        }
    }

    /// Removes a unit, unless another instance shows it already: after a rebalance the new holder is
    /// often quicker than the old one.
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

    /// The last day that all units have closed, if there are at least `units`.
    pub fn closed_by_all(&self, units: usize) -> Option<Day> {
        self.first_of_all(units, |status| status.closed)
    }

    /// The last day that all units have taken in, if there are at least `units`.
    pub(crate) fn taken_in_by_all(&self, units: usize) -> Option<Day> {
        self.first_of_all(units, |status| status.taken_in)
    }

    fn first_of_all(&self, units: usize, day: fn(&UnitStatus) -> Day) -> Option<Day> {
        let held = self.held();
        if held.len() < units {
            return None;
        }
        held.values().map(|(_, status)| day(status)).min()
    }
}
