//! The group of a role of this run. Its units go back to the end of a day that they have closed, each with the state
//! and the offsets that it had then.

use super::site::{Action, GroupChange, OffsetMove, Planned, Site, UnitMove};
use super::target::{Aim, TopicChoice};
use crate::unit_progress::units_of;
use anyhow::{Context, Result, bail};
use consumers::materializer::{ClosedDay, Materializer, Projections};
use eventlog::TopicPartition;
use run::context::RunContext;
use schemas::role::{EffectError, Machine, Role};
use schemas::{Day, Topic};
use shell::earlier_state::EarlierState;
use shell::instance::Env;
use shell::last_markers::{Stretch, Which, last_markers};
use shell::unit_identity::unit_of;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A unit that goes back.
struct Back {
    unit: String,
    held: Vec<u32>,
    closed: Option<Day>,
    to: Day,
}

/// Where the role's group stands.
struct Standing {
    committed: Vec<(TopicPartition, Option<u64>)>,
    ends: BTreeMap<TopicPartition, eventlog::Watermarks>,
    /// The last day that each unit has decided, by its number.
    closed: BTreeMap<u32, Day>,
    /// The last day that it has read, by its offsets.
    read: BTreeMap<u32, Day>,
    previous: Day,
}

impl Standing {
    fn of(site: &Site<'_>, role: Role) -> Result<Standing> {
        let (log, groups) = (site.log(), site.read()?);
        let of_role = |days: &shell::closed_days::ClosedDays| -> BTreeMap<u32, Day> {
            let own = days.iter().filter(|((of, _), _)| *of == role);
            own.map(|((_, unit), day)| (*unit, *day)).collect()
        };
        let read = of_role(&groups.read);
        let mut closed = of_role(&groups.closed);
        if role.outputs().is_empty() {
            let saved = site.folders.closed(role.name())?;
            closed.extend(saved.max(read.get(&0).copied()).map(|day| (0, day)));
        }
        let offsets = groups.committed.get(&role).map(Vec::as_slice).unwrap_or_default();
        let mut ends = BTreeMap::new();
        for (place, _) in offsets {
            ends.insert(place.clone(), log.watermarks(place)?);
        }
        let committed = offsets.iter().map(|(place, of)| (place.clone(), of.committed)).collect();
        let opened = shell::open::opened(log)?.ok_or(shell::ShellError::NotOpened)?;
        Ok(Standing { committed, ends, closed, read, previous: opened.previous_day })
    }
}

pub(super) fn plan(site: &Site<'_>, role: Role, action: &Action) -> Result<Planned> {
    let delete = matches!(action, Action::Delete);
    let standing = Standing::of(site, role)?;
    let backs = match action {
        Action::Seek { target, topics } => {
            let full_name = |group: &str| site.full_name_of(group);
            let aim = Aim::new(site.log(), target, site.partitions, &full_name)?;
            backs(site, role, &standing, &aim, topics)?
        }
        Action::Delete => {
            let all = units_of(role, site.partitions).into_iter();
            let back = |(unit, held): (String, Vec<u32>)| {
                let number = unit_of(role, held.first().copied().unwrap_or(0));
                let closed = standing.closed.get(&number).copied();
                Back { unit, held, closed, to: standing.previous }
            };
            all.map(back).collect()
        }
    };
    let units: Vec<String> = backs.iter().map(|back| back.unit.clone()).collect();
    let state_folders = site.folders.with_state_of(&units)?;
    let earlier = match delete {
        true => Vec::new(),
        false => earlier_states(site, role, &backs)?,
    };
    let after: BTreeMap<&TopicPartition, u64> =
        earlier.iter().flat_map(|one| &one.offsets).map(|(place, next)| (place, *next)).collect();
    let partitions = standing.committed.iter().map(|(place, before)| OffsetMove {
        topic: place.topic.parse::<Topic>().map_or("", Topic::dataset).to_owned(),
        partition: place.partition,
        before: *before,
        after: if delete { None } else { after.get(place).copied().or(*before) },
        end: standing.ends.get(place).map_or(0, |ends| ends.high),
    });
    let partitions = partitions.collect();
    let change = GroupChange {
        group: site.admin.full_name(role.name()),
        role: Some(role.name()),
        executed: false,
        partitions,
        units: moves(&backs, standing.previous),
        state_folders,
        left: site.folders.left.clone(),
        next: next(role, delete, backs.is_empty()),
    };
    let offsets = earlier.iter().flat_map(|one| one.offsets.clone());
    let offsets = (!delete).then(|| offsets.collect());
    Ok(Planned { change, offsets, earlier })
}

fn moves(backs: &[Back], previous: Day) -> Vec<UnitMove> {
    let moved = backs.iter().map(|back| UnitMove {
        unit: back.unit.clone(),
        closed: back.closed,
        back_to: Some(back.to).filter(|day| *day > previous),
    });
    moved.collect()
}

fn next(role: Role, delete: bool, nothing: bool) -> String {
    let said = match (role.outputs().is_empty(), delete) {
        _ if nothing => "it is there already: nothing moves",
        (true, _) => {
            "its next start writes the days from there to the lake again; views have them already, and `butterquant rebuild --all` makes both from nothing"
        }
        (false, true) => {
            "its next start makes its state again from the log; what it has written says what it has decided, so nothing is decided twice. Until then `butterquant groups list` shows its offsets as gone"
        }
        (false, false) => {
            "its next start takes in again what it has decided since then; what it has written says what that is, so nothing is decided twice"
        }
    };
    said.to_owned()
}

/// The units that go back, each to the last day that lies whole before the offsets that are meant.
fn backs(
    site: &Site<'_>,
    role: Role,
    standing: &Standing,
    aim: &Aim<'_>,
    topics: &[TopicChoice],
) -> Result<Vec<Back>> {
    let mut backs = Vec::new();
    let mut any = false;
    for (unit, held) in units_of(role, site.partitions) {
        let number = unit_of(role, held.first().copied().unwrap_or(0));
        let closed = standing.closed.get(&number).copied();
        let mut wanted: Vec<(&TopicPartition, Option<u64>, u64)> = Vec::new();
        for (place, committed) in &standing.committed {
            let own = !role.by_partition() || held.contains(&place.partition);
            if !own || !TopicChoice::among(topics, place) {
                continue;
            }
            let Some(ends) = standing.ends.get(place) else { continue };
            let offset = aim.offset(place, *committed, *ends)?;
            wanted.extend(offset.map(|offset| (place, *committed, offset)));
        }
        if wanted.is_empty() {
            continue;
        }
        any = true;
        let day = last_day_before(site, standing, &wanted)?;
        let decided = closed.unwrap_or(standing.previous);
        let set_back = standing.read.get(&number).is_none_or(|read| *read < decided);
        let ahead = wanted.iter().find(|(_, committed, offset)| *offset > committed.unwrap_or(0));
        match ahead {
            Some((place, committed, offset)) if day > decided || (day == decided && !set_back) => {
                let from = committed.map_or("none".to_owned(), |at| at.to_string());
                bail!(
                    "{unit} has committed {from} of {place}, and {offset} lies ahead of what it has decided: it would skip events. A role takes in every event of its run; start it, and `butterquant lag` shows how it catches up"
                );
            }
            _ => {}
        }
        let stays = day == decided
            && !set_back
            && wanted.iter().all(|(_, committed, offset)| *committed == Some(*offset));
        if !stays {
            backs.push(Back { unit, held, closed, to: day });
        }
    }
    if !any {
        let read: Vec<&str> = role.inputs().iter().map(|input| input.topic.dataset()).collect();
        bail!("group {role} commits no offset of what was named; it reads {}", read.join(", "));
    }
    Ok(backs)
}

/// The last day whose markers all lie before these offsets.
fn last_day_before(
    site: &Site<'_>,
    standing: &Standing,
    wanted: &[(&TopicPartition, Option<u64>, u64)],
) -> Result<Day> {
    let mut stretches = Vec::with_capacity(wanted.len());
    for (place, _, offset) in wanted {
        let topic: Topic = place.topic.parse().context("a topic of another program")?;
        let start = standing.ends.get(*place).map_or(0, |ends| ends.low);
        stretches.push(Stretch { topic, partition: place.partition, start, end: *offset });
    }
    let markers = last_markers(site.log(), site.partitions, Which::Any, stretches)?;
    let mut day: Option<Day> = None;
    for marker in markers.into_values() {
        let last = marker?.map_or(standing.previous, |marker| marker.day);
        day = Some(day.map_or(last, |day| day.min(last)));
    }
    Ok(day.unwrap_or(standing.previous).max(standing.previous))
}

/// The units as they were then, made again from the log beside what is in use.
fn earlier_states(site: &Site<'_>, role: Role, backs: &[Back]) -> Result<Vec<EarlierState>> {
    if backs.is_empty() {
        return Ok(Vec::new());
    }
    let beside = tempfile::tempdir().context("a temporary folder cannot be created")?;
    let context = RunContext::with_state(site.spec, site.run, site.opened, beside.path())?;
    let env = writing_nowhere(&context.env);
    let all = backs.iter().map(|back| Ok(env.earlier_state(role, &back.held, back.to)?));
    all.collect()
}

/// Days that were written long ago.
struct Nowhere;

impl Projections for Nowhere {
    fn write_days(&self, _: &[ClosedDay]) -> Result<(), EffectError> {
        Ok(())
    }
}

/// The same environment, whose materializer writes no view and no file.
fn writing_nowhere(env: &Env) -> Env {
    let others = Arc::clone(&env.machines);
    let machines = move |role: Role| -> Option<Box<dyn Machine>> {
        match role {
            Role::Materializer => Some(Box::new(Materializer::new(Arc::new(Nowhere)))),
            other => others(other),
        }
    };
    Env { machines: Arc::new(machines), ..env.clone() }
}
