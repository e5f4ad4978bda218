//! Groups set to another place, or deleted. Offsets and saved state move together: a role goes back to the beginning of
//! a day, with the state that it had then, and its next start takes in again what it has decided since, deciding nothing
//! twice. Ahead of what it has decided it cannot be set, because events would be skipped. A group of another program
//! has offsets alone, and is set wherever its operator says.

mod other_group;
mod role_group;
mod saved_folders;
mod site;
mod target;

pub(crate) use site::role_of;
pub use site::{Action, GroupChange, OffsetMove, UnitMove};
pub use target::{Target, TopicChoice};

use anyhow::{Result, bail};
use run::config::RunSpec;
use run::data_dir::{self, RunDir};
use saved_folders::SavedFolders;
use schemas::role::Role;
use shell::instance::identity_of;
use site::{Planned, Site};
use std::cell::OnceCell;

/// Plans `action` on the groups called `names` of `run`, and carries all of it out with `execute`.
///
/// # Errors
/// There is no such run or group, a group has members, or a role would skip events. Nothing is changed then.
pub fn change(
    spec: &RunSpec,
    run: &RunDir,
    names: &[String],
    action: &Action,
    execute: bool,
) -> Result<Vec<GroupChange>> {
    let opened = data_dir::reach(run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let admin = opened.log.group_admin()?;
    let roles = names.iter().any(|name| role_of(&*admin, name).is_some());
    let marks = execute && matches!(action, Action::Delete);
    let folders = if roles { SavedFolders::open(run, marks)? } else { SavedFolders::default() };
    let read = OnceCell::new();
    let site = Site { spec, run, opened: &opened, partitions, admin, folders, read };
    if let Action::Seek { topics, .. } = action {
        TopicChoice::check(topics, partitions)?;
    }
    let planned = names.iter().map(|name| plan(&site, name, action));
    let planned: Vec<Planned> = planned.collect::<Result<_>>()?;
    let mut changes = Vec::with_capacity(planned.len());
    for one in planned {
        if execute {
            carry_out(&site, &one)?;
        }
        changes.push(GroupChange { executed: execute, ..one.change });
    }
    Ok(changes)
}

/// State first: a change that is interrupted leaves state that is behind the offsets, which every start puts right.
fn carry_out(site: &Site<'_>, one: &Planned) -> Result<()> {
    let units: Vec<String> = one.change.units.iter().map(|unit| unit.unit.clone()).collect();
    match &one.offsets {
        None => {
            if one.change.role.is_some() {
                site.folders.mark_deleted(&units, &identity_of(site.log())?)?;
            }
            site.admin.delete(&one.change.group)?;
        }
        Some(offsets) => {
            let states = one.earlier.iter().map(|of| (of.unit.clone(), of.checkpoint.clone()));
            site.folders.replace(&states.collect::<Vec<_>>())?;
            site.admin.set_offsets(&one.change.group, offsets)?;
        }
    }
    Ok(())
}

fn plan(site: &Site<'_>, name: &str, action: &Action) -> Result<Planned> {
    match role_of(&*site.admin, name) {
        Some(Role::Source) => bail!(
            "the source reads a market and no topic, so it has no group; it goes on after the last day on `bars`"
        ),
        Some(role) => {
            site.check_inactive(&site.admin.full_name(role.name()), Some(role))?;
            role_group::plan(site, role, action)
        }
        None => {
            site.check_inactive(name, None)?;
            other_group::plan(site, name, action)
        }
    }
}
