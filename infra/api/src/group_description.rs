//! One group in full: who is in it, and partition by partition what it has committed, how far that is from the end,
//! what the unit that reads it is doing, and what that unit has saved.

use crate::group_change::role_of;
use crate::lag::{LagReport, PartitionLag, UnitState, lag};
use crate::processes::{self, Process};
use crate::unit_progress::{saved_checkpoints, units_of};
use anyhow::{Result, bail};
use eventlog::{GroupMember, Log, TopicPartition};
use run::data_dir::{self, RunDir};
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::Serialize;
use shell::cursor::stages;
use shell::record_codec;
use std::collections::BTreeMap;

/// A group in full.
#[derive(Clone, Debug, Serialize)]
pub struct GroupDescription {
    /// Its name, as every client of the log knows it.
    pub group: String,
    /// Whose it is; none for the group of another program.
    pub role: Option<&'static str>,
    /// Its state in Kafka's words; `Empty` where the log does not list it.
    pub state: String,
    /// Its members.
    pub members: Vec<Member>,
    /// The processes on this machine that run the role.
    pub processes: Vec<Process>,
    /// Offsets from the committed ones to the ends, of all partitions.
    pub lag: u64,
    /// What is wrong with it, in words.
    pub problems: Vec<String>,
    /// Every partition.
    pub partitions: Vec<PartitionOfGroup>,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Member {
    /// Its id within the group.
    pub id: String,
    /// What it calls itself.
    pub client: String,
    /// Where it is; empty where the log does not say.
    pub host: String,
    /// The partitions that it holds, `topic/partition`.
    pub partitions: Vec<String>,
}

/// A partition that a group reads.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PartitionOfGroup {
    /// The topic's short name.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The committed offset.
    pub committed: Option<u64>,
    /// The first offset that is there.
    pub start: u64,
    /// The end.
    pub end: u64,
    /// Offsets there from the committed one to the end.
    pub lag: u64,
    /// The member that holds it, if the log says.
    pub member: Option<String>,
    /// The unit that reads it; none for the group of another program.
    pub unit: Option<String>,
    /// What that unit is doing.
    pub state: Option<UnitState>,
    /// The same in words.
    pub verdict: Option<String>,
    /// The offset in the unit's saved state; none where nothing is saved, or a process has it open.
    pub saved: Option<u64>,
    /// The last day that it had closed then.
    pub saved_closed: Option<Day>,
}

/// The group called `name` of `run`: a role's, or another program's.
///
/// # Errors
/// There is no such run or group, or the log does not answer.
pub fn describe(run: &RunDir, name: &str) -> Result<GroupDescription> {
    let opened = data_dir::reach(run)?;
    let log = &*opened.log;
    let admin = log.group_admin()?;
    let role = role_of(&*admin, name);
    let group = role.map_or_else(|| name.to_owned(), |role| admin.full_name(role.name()));
    let listed = admin.list()?.into_iter().find(|one| one.name == group);
    let members = admin.members(&group)?;
    let partitions = match role {
        Some(Role::Source) => bail!("the source reads a market and no topic, so it has no group"),
        Some(role) => {
            let owner = opened.owner.clone();
            // `lag` opens it again.
            drop(admin);
            drop(opened);
            return of_role(run, role, group, listed, &members, owner.as_ref());
        }
        None => of_another(log, &*admin, &group, &members)?,
    };
    if partitions.is_empty() && listed.is_none() {
        bail!(
            "there is no group {name:?} on this log; `butterquant groups list` shows the groups of this run's roles and those of others that read its topics"
        );
    }
    Ok(GroupDescription {
        group,
        role: None,
        state: state(listed),
        members: shown(&members),
        processes: Vec::new(),
        lag: partitions.iter().map(|one| one.lag).sum(),
        problems: Vec::new(),
        partitions,
    })
}

fn state(listed: Option<eventlog::GroupListing>) -> String {
    listed.map_or_else(|| "Empty".to_owned(), |one| one.state)
}

fn shown(members: &[GroupMember]) -> Vec<Member> {
    let short = |place: &TopicPartition| {
        let known = place.topic.parse::<Topic>();
        known.map_or_else(
            |_| place.to_string(),
            |topic| format!("{}/{}", topic.dataset(), place.partition),
        )
    };
    let member = |one: &GroupMember| Member {
        id: one.id.clone(),
        client: one.client.clone(),
        host: one.host.trim_start_matches('/').to_owned(),
        partitions: one.partitions.iter().map(short).collect(),
    };
    members.iter().map(member).collect()
}

fn of_role(
    run: &RunDir,
    role: Role,
    group: String,
    listed: Option<eventlog::GroupListing>,
    members: &[GroupMember],
    owner: Option<&String>,
) -> Result<GroupDescription> {
    let report: LagReport = lag(run)?;
    let own = |one: &&PartitionLag| one.offset.group == role.name();
    let total = report.partitions.iter().filter(|one| one.offset.topic == Topic::Bars.dataset());
    let total = total.map(|one| one.offset.partition + 1).max().unwrap_or(1);
    let saved = saved_positions(run, role, total);
    let holder = |topic: &str, partition: u32| {
        // The one active instance of a role holds `controls`, and reads everything.
        let holds = |member: &&GroupMember| {
            let of = |place: &TopicPartition| {
                let named: Option<Topic> = place.topic.parse().ok();
                !role.by_partition()
                    || place.partition == partition
                        && named.is_some_and(|named| named.dataset() == topic)
            };
            member.partitions.iter().any(of)
        };
        members.iter().find(holds).map(|member| member.client.clone())
    };
    let line = |one: &PartitionLag| {
        let PartitionLag { offset, unit, state, verdict } = one;
        let at = saved.get(&(offset.topic.to_owned(), offset.partition));
        PartitionOfGroup {
            topic: offset.topic.to_owned(),
            partition: offset.partition,
            committed: offset.committed,
            start: offset.start,
            end: offset.end,
            lag: offset.lag,
            member: holder(offset.topic, offset.partition),
            unit: Some(unit.clone()),
            state: Some(*state),
            verdict: Some(verdict.clone()),
            saved: at.map(|(offset, _)| *offset),
            saved_closed: at.map(|(_, day)| *day),
        }
    };
    let partitions: Vec<PartitionOfGroup> =
        report.partitions.iter().filter(own).map(line).collect();
    let faults = report.faults.group_faults.iter().filter(|fault| fault.group == role.name());
    let asked = processes::ask_all(run, owner).into_iter().map(|one| one.process);
    Ok(GroupDescription {
        group,
        role: Some(role.name()),
        state: state(listed),
        members: shown(members),
        processes: asked.filter(|one| one.roles.contains(role.name())).collect(),
        lag: partitions.iter().map(|one| one.lag).sum(),
        problems: faults.map(|fault| format!("{}: {}", fault.unit, fault.what)).collect(),
        partitions,
    })
}

/// By topic and partition, the offset in the saved state of the unit that reads it, and the day it had closed; of
/// several folders the newest.
fn saved_positions(run: &RunDir, role: Role, total: u32) -> BTreeMap<(String, u32), (u64, Day)> {
    let mut found: BTreeMap<(String, u32), (u64, Day)> = BTreeMap::new();
    let units: BTreeMap<String, Vec<u32>> = units_of(role, total).into_iter().collect();
    for (unit, saved) in saved_checkpoints(run, &units) {
        let held = units.get(&unit).map(Vec::as_slice).unwrap_or_default();
        let stages = stages(role, held).into_iter();
        for (stage, position) in stages.zip(saved.cursor.positions) {
            let at = (stage.topic.dataset().to_owned(), stage.partition);
            let newest = found.entry(at).or_insert((position, saved.cursor.closed));
            *newest = (*newest).max((position, saved.cursor.closed));
        }
    }
    found
}

fn of_another(
    log: &dyn Log,
    admin: &dyn eventlog::GroupAdmin,
    group: &str,
    members: &[GroupMember],
) -> Result<Vec<PartitionOfGroup>> {
    let mut lines: BTreeMap<(Topic, u32), Option<u64>> = BTreeMap::new();
    for (place, offset) in admin.offsets(group)? {
        lines
            .extend(place.topic.parse().ok().map(|topic| ((topic, place.partition), Some(offset))));
    }
    for place in members.iter().flat_map(|member| &member.partitions) {
        if let Ok(topic) = place.topic.parse() {
            lines.entry((topic, place.partition)).or_insert(None);
        }
    }
    let line = |((topic, partition), committed): ((Topic, u32), Option<u64>)| {
        let place = record_codec::place(topic, partition);
        let ends = log.watermarks(&place)?;
        let holds = |member: &&GroupMember| member.partitions.contains(&place);
        let from = committed.unwrap_or(ends.low).max(ends.low);
        Ok(PartitionOfGroup {
            topic: topic.dataset().to_owned(),
            partition,
            committed,
            start: ends.low,
            end: ends.high,
            lag: ends.high.saturating_sub(from),
            member: members.iter().find(holds).map(|member| member.client.clone()),
            unit: None,
            state: None,
            verdict: None,
            saved: None,
            saved_closed: None,
        })
    };
    lines.into_iter().map(line).collect()
}
