//! How far every role has read, and what it waits for. A unit that has closed the newest published day is caught up;
//! one that waits for the marker of a published day names the partition, and an open transaction that holds it back.
//!
//! 1. A verdict comes from the process that runs the unit, wherever on this machine it runs; where none can be asked,
//!    from the offsets that its group has committed. It never comes from another process.
//! 2. What neither tells is "not known".

mod by_offsets;
mod group_faults;
mod log_ends;
mod offsets;
mod verdict;

pub use group_faults::GroupFault;
pub(crate) use group_faults::{GroupsRead, SET_AHEAD, read_groups};
pub use log_ends::{HeldBack, held_back};
pub use offsets::{GroupOffset, OffsetState, group_offsets};
pub use verdict::{UnitLag, UnitState};

use crate::halt::Trading;
use crate::log_faults::LogFaults;
use crate::processes::{self, Asked, Process};
use crate::unit_progress::{self, UnitProgress, units_of};
use anyhow::Result;
use by_offsets::Untold;
use eventlog::Log;
use log_ends::LogEnds;
use offsets::Committed;
use run::data_dir::{self, RunDir};
use run::topic_settings::TopicFaults;
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::Serialize;
use shell::closed_days::closed_days;
use shell::controls::ControlBook;
use shell::cursor::stages;
use shell::holes::in_a_moment;
use shell::last_markers::{Stretch, Which, last_markers};
use shell::redrive::DeadLetterTally;
use shell::status_board::{SourceWait, StatusBoard};
use shell::unit_identity::unit_name;
use std::collections::{BTreeMap, BTreeSet};
use verdict::Published;

/// The progress of a run.
#[derive(Clone, Debug, Serialize)]
pub struct LagReport {
    /// The run's id.
    pub run: String,
    /// Address of the process that owns its log, or of the first that runs it; none where no process has one.
    pub running_at: Option<String>,
    /// The processes on this machine that have it open.
    pub processes: Vec<Process>,
    /// Groups with members in processes that cannot be asked.
    pub unasked: BTreeSet<String>,
    /// Groups that have members, in whichever process; none where the log does not say.
    pub active_groups: Option<BTreeSet<String>>,
    /// The newest day that the source has published completely.
    pub newest_day: Option<Day>,
    /// The day that the source does not publish yet, and why.
    pub source: Option<SourceWait>,
    /// Whether it opens positions.
    #[serde(flatten)]
    pub trading: Trading,
    /// Partitions that an open transaction holds back.
    pub held_back: Vec<HeldBack>,
    /// Every unit.
    pub units: Vec<UnitLag>,
    /// Every partition that a group reads.
    pub partitions: Vec<PartitionLag>,
    /// Open dead letters by reason.
    pub dead_letters: BTreeMap<String, u64>,
    /// What could not be read and would add to this.
    pub problems: Vec<String>,
    /// What is wrong with the log and with what its groups have committed.
    #[serde(flatten)]
    pub faults: LogFaults,
}

/// A partition that a group reads, and the unit that reads it.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionLag {
    /// What the group has committed.
    #[serde(flatten)]
    pub offset: GroupOffset,
    /// The unit that reads it.
    pub unit: String,
    /// What that unit is doing.
    pub state: UnitState,
    /// The same in words.
    pub verdict: String,
}

/// How far every role of `run` has read.
///
/// # Errors
/// The log or the process that owns it does not answer.
pub fn lag(run: &RunDir) -> Result<LagReport> {
    let opened = data_dir::reach(run)?;
    let mut letters = DeadLetterTally::default();
    lag_on(&*opened.log, run, opened.owner.as_ref(), &Known::default(), &mut letters)
}

/// What somebody knows who asks again and again.
#[derive(Default)]
pub(crate) struct Known<'a> {
    /// The faults of the log: they are not looked for then, nor is what stopped units have counted.
    pub(crate) faults: Option<&'a LogFaults>,
    /// The progress of the roles that he runs himself.
    pub(crate) own: Option<&'a StatusBoard>,
}

/// The same over `log`, which the process at `owner` owns, if that is another one; `letters` are read on.
///
/// # Errors
/// The log does not answer.
pub(crate) fn lag_on(
    log: &dyn Log,
    run: &RunDir,
    owner: Option<&String>,
    known: &Known<'_>,
    letters: &mut DeadLetterTally,
) -> Result<LagReport> {
    let partitions = data_dir::partitions(log)?;
    let mut book = ControlBook::new(log)?;
    book.refresh(log)?;
    let mut asked = processes::ask_all(run, owner);
    asked.splice(0..0, known.own.map(Asked::oneself));
    let previous = book.latest().opened.as_ref().map(|opened| opened.previous_day);
    let first = previous.unwrap_or_default();
    // To be asked before the offsets.
    let closed =
        known.faults.is_none().then(|| closed_days(log, partitions, Role::ALL)).transpose()?;
    let answers = offsets::ask(log, partitions)?;
    let mut ends = LogEnds::read(log, partitions)?;
    let of_groups = offsets::against(answers, &ends);
    ends.look_behind(log, partitions)?;
    let (saved, problems) = match known.faults {
        Some(_) => Default::default(),
        None => unit_progress::saved(run, partitions),
    };
    let (of_groups, faults) = match (known.faults, closed) {
        (Some(known), _) => (of_groups, known.clone()),
        (None, closed) => {
            let closed = closed.unwrap_or_default();
            let asking = group_faults::Asked { log, partitions, closed: &closed, previous: first };
            let (of_groups, _, group_faults) = asking.check(of_groups, &ends)?;
            let gone = in_a_moment(log, partitions, first);
            let topics = TopicFaults::of(log, partitions)?;
            (of_groups, LogFaults { gone, topics, group_faults })
        }
    };
    let days = Days::read(log, partitions, &ends, previous, &asked)?;
    // A log that does not say who is there tells of nobody.
    let active = log.active_groups().ok().map(BTreeSet::from_iter);
    let (ends, active) = (&ends, active.as_ref());
    let all_asked = asked.iter().all(|one| one.status.is_some());
    let faulty: BTreeMap<&str, &str> =
        faults.group_faults.iter().map(|of| (&*of.unit, of.verdict)).collect();
    let view = View {
        log,
        partitions,
        ends,
        of_groups: &of_groups,
        days: &days,
        active,
        all_asked,
        faulty: &faulty,
    };
    let (mut units, unknown) = view.units(&asked, previous)?;
    count_saved(&mut units, &saved);
    let unasked = unasked(active, &asked);
    Ok(LagReport {
        run: run.id.clone(),
        running_at: owner.cloned().or_else(|| {
            asked.iter().find_map(|one| one.status.as_ref().and(one.process.endpoint.clone()))
        }),
        newest_day: days.complete,
        source: asked.iter().find_map(|one| one.status.as_ref()?.source.clone()),
        trading: Trading::by(log, &book)?,
        held_back: ends.held.values().cloned().collect(),
        partitions: by_partition(of_groups, &units, &unknown, &unasked, &faulty),
        units,
        unasked,
        active_groups: active.cloned(),
        processes: asked.into_iter().map(|one| one.process).collect(),
        dead_letters: dead_letters(log, letters)?,
        problems,
        faults,
    })
}

/// The days that the source has published.
struct Days {
    /// The newest one of which every partition can be read.
    complete: Option<Day>,
    published: Published,
}

impl Days {
    /// From the last markers of `bars`, and from what a source says that can be asked.
    fn read(
        log: &dyn Log,
        partitions: u32,
        ends: &LogEnds,
        previous: Option<Day>,
        asked: &[Asked],
    ) -> Result<Days> {
        let Some(previous) = previous else {
            return Ok(Days { complete: None, published: Published::default() });
        };
        let bars = (0..partitions).map(|partition| {
            let place = shell::record_codec::place(Topic::Bars, partition);
            let (start, end) = (ends.start(&place), ends.end(&place));
            Stretch { topic: Topic::Bars, partition, start, end }
        });
        let (mut complete, mut published) = (None::<Day>, Published::default());
        for marker in last_markers(log, partitions, Which::Any, bars)?.into_values() {
            let marker = marker?;
            let day = marker.map_or(previous, |marker| marker.day);
            complete = Some(complete.map_or(day, |oldest| oldest.min(day)));
            published.newest = published.newest.max(Some(day));
            published.next.extend(marker.map(|marker| (marker.previous_day, marker.day)));
        }
        // What it has published, a transaction that is older may hold back in every partition.
        for said in asked.iter().filter_map(|one| one.status.as_ref()?.published) {
            published.newest = published.newest.max(Some(said.day));
            published.next.insert(said.previous_day, said.day);
        }
        Ok(Days { complete: complete.or(Some(previous)), published })
    }
}

/// The log of a run, read once.
struct View<'a> {
    log: &'a dyn Log,
    partitions: u32,
    ends: &'a LogEnds,
    of_groups: &'a Committed,
    days: &'a Days,
    /// The groups that have members, where the log says so.
    active: Option<&'a BTreeSet<String>>,
    /// Whether every process that has the run open has answered.
    all_asked: bool,
    /// Units whose groups have lost their place, with what is wrong: their offsets tell nothing.
    faulty: &'a BTreeMap<&'a str, &'a str>,
}

impl View<'_> {
    /// Every unit, and those that nothing tells of, with the reason.
    fn units(
        &self,
        asked: &[Asked],
        previous: Option<Day>,
    ) -> Result<(Vec<UnitLag>, BTreeMap<String, String>)> {
        let mut told: BTreeMap<&str, &UnitProgress> = BTreeMap::new();
        for unit in asked.iter().filter_map(|one| one.status.as_ref()).flat_map(|of| &of.units) {
            let known = told.entry(&unit.unit).or_insert(unit);
            // A unit that moves from one process to another may be told of by both.
            if (known.closed, known.next_offset) < (unit.closed, unit.next_offset) {
                *known = unit;
            }
        }
        let (mut units, mut untold) = (Vec::new(), Vec::new());
        for role in Role::ALL.into_iter().filter(|role| !role.inputs().is_empty()) {
            for (unit, held) in units_of(role, self.partitions) {
                match told.get(&*unit) {
                    Some(progress) => units.push(self.unit(role, &held, (*progress).clone(), true)),
                    None if self.faulty.contains_key(&*unit) => {}
                    None => untold.push(Untold { role, unit, held }),
                }
            }
        }
        let mut unknown = BTreeMap::new();
        let previous = previous.unwrap_or_default();
        let (log, partitions) = (self.log, self.partitions);
        let found =
            by_offsets::progress(log, partitions, untold, self.of_groups, self.ends, previous)?;
        for (Untold { role, unit, held }, progress) in found {
            match progress {
                Ok(progress) => units.push(self.unit(role, &held, progress, false)),
                Err(why) => _ = unknown.insert(unit, why),
            }
        }
        Ok((units, unknown))
    }

    fn unit(
        &self,
        role: Role,
        held: &[u32],
        progress: UnitProgress,
        from_process: bool,
    ) -> UnitLag {
        let (inputs, published) = (stages(role, held), &self.days.published);
        let mut unit = UnitLag::of(progress, from_process, &inputs, self.ends, published);
        if !from_process && unit.state != UnitState::CaughtUp {
            // A process that hangs has lost its place in the group, and may come back.
            let nobody = self.active.is_some_and(|active| !active.contains(role.name()));
            unit.verdict.push_str(match nobody && self.all_asked {
                true => "; no process runs it",
                false => ", by its committed offsets",
            });
        }
        unit
    }
}

/// Adds what units that are not running had counted when they were saved last.
fn count_saved(units: &mut [UnitLag], saved: &[UnitProgress]) {
    for unit in units.iter_mut().filter(|unit| !unit.from_process) {
        let own = saved.iter().filter(|saved| saved.unit == unit.progress.unit);
        if let Some(latest) = own.max_by_key(|saved| (saved.closed, saved.next_offset)) {
            unit.progress.counts = latest.counts;
        }
    }
}

/// The groups with members of which no process that can be asked says that it runs them.
fn unasked(active: Option<&BTreeSet<String>>, asked: &[Asked]) -> BTreeSet<String> {
    let told = |role: &str| asked.iter().any(|one| one.process.roles.contains(role));
    let roles = Role::ALL.iter().map(|role| role.name().to_owned());
    roles.filter(|role| active.is_some_and(|active| active.contains(role)) && !told(role)).collect()
}

fn by_partition(
    of_groups: Committed,
    units: &[UnitLag],
    unknown: &BTreeMap<String, String>,
    unasked: &BTreeSet<String>,
    faulty: &BTreeMap<&str, &str>,
) -> Vec<PartitionLag> {
    let mut lines = Vec::new();
    let all = of_groups
        .into_iter()
        .flat_map(|(role, group)| group.into_iter().map(move |(_, offset)| (role, offset)));
    for (role, offset) in all {
        let name = unit_name(role, offset.partition);
        let unit = units.iter().find(|unit| unit.progress.unit == name);
        let (state, mut verdict) = match (unit, faulty.get(&*name)) {
            (Some(unit), _) => (unit.state, unit.verdict.clone()),
            (None, Some(what)) => (UnitState::Unknown, format!("not known: {what}")),
            (None, None) => {
                let why = unknown.get(&name).map_or("", String::as_str);
                let verdict = match (unasked.contains(role.name()), offset.committed) {
                    (true, _) => format!("not known: {why}, and no process here runs it"),
                    (false, None) => "never ran".to_owned(),
                    (false, Some(_)) => format!("not known: {why}"),
                };
                (UnitState::Unknown, verdict)
            }
        };
        if state == UnitState::CaughtUp && offset.lag > 0 {
            verdict = format!("{verdict}; {} offsets of no closed day are unread", offset.lag);
        }
        if let Some(problem) = offset.problem().filter(|_| !faulty.contains_key(&*name)) {
            verdict = format!("{verdict}; {problem}");
        }
        lines.push(PartitionLag { offset, unit: name, state, verdict });
    }
    lines
}

fn dead_letters(log: &dyn Log, letters: &mut DeadLetterTally) -> Result<BTreeMap<String, u64>> {
    letters.read_on(log)?;
    let mut open = BTreeMap::new();
    for ((_, reason), count) in &letters.counts {
        if count.open > 0 {
            *open.entry(reason.clone()).or_default() += count.open;
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests;
