//! The run whose groups are changed, and a change as a value.

use super::saved_folders::SavedFolders;
use super::target::{Target, TopicChoice};
use crate::lag::{GroupsRead, read_groups};
use crate::processes;
use anyhow::{Result, bail};
use eventlog::{GroupAdmin, GroupListing, Log, TopicPartition};
use run::config::RunSpec;
use run::data_dir::{OpenLog, RunDir};
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use shell::earlier_state::EarlierState;
use std::cell::OnceCell;
use std::fmt::Write;

/// What is to be done with a group.
pub enum Action {
    /// Set it to another place.
    Seek {
        /// Where to.
        target: Target,
        /// The topics whose offsets are meant; none means all.
        topics: Vec<TopicChoice>,
    },
    /// Remove its offsets and its saved state.
    Delete,
}

/// A change of a group, carried out or only planned.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupChange {
    /// The group, as every client of the log knows it.
    pub group: String,
    /// Whose it is; none for the group of another program.
    pub role: Option<&'static str>,
    /// Whether it was carried out.
    pub executed: bool,
    /// Every partition of the group.
    pub partitions: Vec<OffsetMove>,
    /// The role's units of which saved state and offsets move.
    pub units: Vec<UnitMove>,
    /// The state folders in which saved state changes.
    pub state_folders: Vec<String>,
    /// State folders that are left as they are, and why.
    pub left: Vec<String>,
    /// What happens next.
    pub next: String,
}

/// A partition of a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OffsetMove {
    /// The topic's short name.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The committed offset before.
    pub before: Option<u64>,
    /// The one after.
    pub after: Option<u64>,
    /// The end of the partition.
    pub end: u64,
}

impl OffsetMove {
    /// Whether it is set.
    pub fn moves(&self) -> bool {
        self.before != self.after
    }
}

/// A unit of a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnitMove {
    /// Its name.
    pub unit: String,
    /// The last day that it has closed.
    pub closed: Option<Day>,
    /// The last day that it will have closed; none at the run's beginning.
    pub back_to: Option<Day>,
}

impl GroupChange {
    /// Whether anything changes.
    pub fn changes(&self) -> bool {
        !self.units.is_empty() || self.partitions.iter().any(OffsetMove::moves)
    }
}

/// The run whose groups are changed.
pub(super) struct Site<'a> {
    pub(super) spec: &'a RunSpec,
    pub(super) run: &'a RunDir,
    pub(super) opened: &'a OpenLog,
    pub(super) partitions: u32,
    pub(super) admin: Box<dyn GroupAdmin>,
    pub(super) folders: SavedFolders,
    /// Where the roles' groups stand, read when first needed.
    pub(super) read: OnceCell<GroupsRead>,
}

impl Site<'_> {
    pub(super) fn log(&self) -> &dyn Log {
        &*self.opened.log
    }

    pub(super) fn read(&self) -> Result<&GroupsRead> {
        match self.read.get() {
            Some(read) => Ok(read),
            None => {
                let read = read_groups(self.log(), self.partitions)?;
                Ok(self.read.get_or_init(|| read))
            }
        }
    }
}

/// A planned change, and what carries it out.
pub(super) struct Planned {
    pub(super) change: GroupChange,
    /// The offsets to set; none where the group is deleted.
    pub(super) offsets: Option<Vec<(TopicPartition, u64)>>,
    /// The role's units as they were then.
    pub(super) earlier: Vec<EarlierState>,
}

/// The role whose group `name` is: its own name, or that with the run's prefix.
pub(crate) fn role_of(admin: &dyn GroupAdmin, name: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.name() == name || admin.full_name(role.name()) == name)
}

impl Site<'_> {
    /// Fails where the group has members: they would go on from where they are, and commit that.
    pub(super) fn check_inactive(&self, group: &str, role: Option<Role>) -> Result<()> {
        let listed = self.admin.list()?;
        let found: Option<&GroupListing> = listed.iter().find(|one| one.name == group);
        let Some(found) = found.filter(|one| one.active) else { return Ok(()) };
        let mut who = String::new();
        if let Some(role) = role {
            let asked = processes::ask_all(self.run, self.opened.owner.as_ref());
            let own = asked.iter().filter(|one| one.process.roles.contains(role.name()));
            for one in own {
                let pid = one.process.pid.map(|pid| format!("process {pid} ")).unwrap_or_default();
                let _ = write!(who, "; {pid}{} runs it", one.process);
            }
        }
        if who.is_empty() {
            for member in self.admin.members(group)? {
                let host = member.host.trim_start_matches('/');
                let at = if host.is_empty() { String::new() } else { format!(" at {host}") };
                let _ = write!(who, "; member {}{at}", member.client);
            }
        }
        bail!(
            "group {group} has members ({}){who}: they would go on from where they are. Stop them, then try again; Kafka forgets a member that was killed after its session timeout",
            found.state
        )
    }

    /// A group as the log has it: a role's name means this run's.
    pub(super) fn full_name_of(&self, group: &str) -> String {
        match role_of(&*self.admin, group) {
            Some(role) => self.admin.full_name(role.name()),
            None => group.to_owned(),
        }
    }
}
