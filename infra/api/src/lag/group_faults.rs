//! Groups whose committed offsets contradict what their roles have written: gone, beyond the end, or set back.

use super::by_offsets::{self, Untold};
use super::log_ends::LogEnds;
use super::offsets::{self, Committed, OffsetState};
use crate::unit_progress::units_of;
use anyhow::Result;
use eventlog::Log;
use schemas::Day;
use schemas::role::Role;
use serde::Serialize;
use shell::closed_days::{ClosedDays, closed_days};
use shell::open;
use shell::unit_identity::unit_of;
use std::time::Duration;

/// Kafka shows the markers of a transaction some milliseconds before its offsets, or after them.
const SHOWN_LATER: Duration = Duration::from_millis(500);

/// Offsets that no adoption need set: what a role has decided stands on the log, and it decides the rest.
pub(crate) const SET_AHEAD: &str = "its offsets were set ahead";

/// A unit whose group has lost its place.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupFault {
    /// The group: the role's name.
    pub group: &'static str,
    /// The unit.
    pub unit: String,
    /// What is wrong with the offsets that it has committed.
    pub what: String,
    /// The same in a few words.
    pub verdict: &'static str,
}

/// Where the groups of a run stand.
pub(crate) struct GroupsRead {
    /// What they have committed.
    pub(crate) committed: Committed,
    /// The last day that each unit has closed by its own markers.
    pub(crate) closed: ClosedDays,
    /// The last day that each unit has read to its end, by its offsets.
    pub(crate) read: ClosedDays,
    /// The units whose group has lost its place.
    pub(crate) faults: Vec<GroupFault>,
}

/// Where the groups of the run on `log` stand, where data topics have `partitions`.
///
/// # Errors
/// The log's.
pub(crate) fn read_groups(log: &dyn Log, partitions: u32) -> Result<GroupsRead> {
    let closed = closed_days(log, partitions, Role::ALL)?;
    let answers = offsets::ask(log, partitions)?;
    let ends = LogEnds::read(log, partitions)?;
    let committed = offsets::against(answers, &ends);
    let previous = open::opened(log)?.map_or(Day::default(), |opened| opened.previous_day);
    let (committed, read, faults) =
        Asked { log, partitions, closed: &closed, previous }.check(committed, &ends)?;
    Ok(GroupsRead { committed, closed, read, faults })
}

/// The log, and the days that its units have closed by their own markers. Those are asked for before the offsets, and
/// the offsets before the ends: then none seems to be behind or beyond because it is older or newer than the rest.
pub(crate) struct Asked<'a> {
    pub(crate) log: &'a dyn Log,
    pub(crate) partitions: u32,
    pub(crate) closed: &'a ClosedDays,
    /// The day before the run's first.
    pub(crate) previous: Day,
}

impl Asked<'_> {
    /// The units whose group has lost its place, and the days that all have read. Offsets that seem to be wrong are
    /// asked for again.
    ///
    /// # Errors
    /// The log's.
    pub(crate) fn check(
        &self,
        committed: Committed,
        ends: &LogEnds,
    ) -> Result<(Committed, ClosedDays, Vec<GroupFault>)> {
        let (read, faults) = self.look(&committed, ends, self.closed)?;
        if faults.is_empty() {
            return Ok((committed, read, faults));
        }
        std::thread::sleep(SHOWN_LATER);
        let answers = offsets::ask(self.log, self.partitions)?;
        let ends = LogEnds::read(self.log, self.partitions)?;
        let committed = offsets::against(answers, &ends);
        let later = closed_days(self.log, self.partitions, Role::ALL)?;
        let (read, faults) = self.look(&committed, &ends, &later)?;
        Ok((committed, read, faults))
    }

    /// `later` are the days closed after the offsets were asked for.
    fn look(
        &self,
        committed: &Committed,
        ends: &LogEnds,
        later: &ClosedDays,
    ) -> Result<(ClosedDays, Vec<GroupFault>)> {
        let mut units = Vec::new();
        for role in committed.keys().copied() {
            let all = units_of(role, self.partitions).into_iter();
            units.extend(all.map(|(unit, held)| Untold { role, unit, held }));
        }
        let told =
            by_offsets::progress(self.log, self.partitions, units, committed, ends, self.previous)?;
        let (mut read, mut faults) = (ClosedDays::new(), Vec::new());
        for (Untold { role, unit, held }, told) in told {
            let number = unit_of(role, held.first().copied().unwrap_or(0));
            let through = told.ok().map(|progress| progress.closed);
            read.extend(through.map(|day| ((role, number), day)));
            let closed = self.closed.get(&(role, number)).copied();
            let later = later.get(&(role, number)).copied();
            let what = fault(role, &held, committed, [closed, later, through], self.previous);
            let group = role.name();
            faults.extend(what.map(|(verdict, what)| GroupFault { group, unit, what, verdict }));
        }
        Ok((read, faults))
    }
}

/// What is wrong with the offsets of the unit of `role` that holds the partitions `held`: the last day that it had closed
/// by its own markers before they were asked for, the one after that, and the one that they say. The run begins after
/// `previous`.
fn fault(
    role: Role,
    held: &[u32],
    committed: &Committed,
    [closed, later, read]: [Option<Day>; 3],
    previous: Day,
) -> Option<(&'static str, String)> {
    let own = committed.get(&role)?.iter().map(|(place, offset)| (place, offset));
    let own = own.filter(|(place, _)| !role.by_partition() || held.contains(&place.partition));
    let beyond = own.clone().find(|(_, offset)| offset.offset_state == OffsetState::BeyondEnd);
    if let Some((place, offset)) = beyond {
        let (committed, end) = (offset.committed.unwrap_or(0), offset.end);
        let what = format!("its offset {committed} of {place} lies beyond the end {end}");
        return Some(("its offsets lie beyond the end", what));
    }
    let ahead = read.filter(|read| !role.outputs().is_empty() && *read > later.unwrap_or(previous));
    if let Some(read) = ahead {
        let closed = later.map_or("no day".to_owned(), |day| day.to_string());
        let what = format!(
            "it has closed {closed} by its own markers, and {read} by its offsets: they were set ahead, and its next start puts them right"
        );
        return Some((SET_AHEAD, what));
    }
    let closed = closed?;
    let gone = own.filter(|(_, offset)| offset.committed.is_none()).count();
    if gone > 0 {
        let what = format!("it has closed {closed}, and {gone} of its offsets are gone");
        return Some(("its offsets are gone", what));
    }
    let read = read.filter(|read| *read < closed)?;
    let what = format!(
        "it has closed {closed} by its own markers, and only {read} by its offsets: they were set back, and its next start puts them right"
    );
    Some(("its offsets were set back", what))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use eventlog::{Batch, Consumed, MemoryLog};
    use schemas::events::DayClosed;
    use schemas::{Event, EventId, Topic};
    use shell::record_codec;

    const FIRST: Day = Day(17_711);

    /// A log of one partition on which the inputs of the labeler have two days, and it has closed `own` of them.
    fn log(own: i32) -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        for (topic, days) in [(Topic::Bars, 2), (Topic::Scans, 2), (Topic::Outcomes, own)] {
            for day in 1..=days {
                let marker = DayClosed { previous_day: FIRST + (day - 1), ..DayClosed::default() };
                let marker = Event::marker(topic, FIRST + day, marker).unwrap();
                let marker = Event { causation: Some(EventId::default()), ..marker };
                let records = vec![record_codec::record(&marker, 1, "test").unwrap()];
                let batch = Batch { records, ..Batch::default() };
                log.producer("test").unwrap().publish(batch, None).unwrap();
            }
        }
        log
    }

    fn commit(log: &MemoryLog, offsets: &[(Topic, u64)]) {
        let topics: Vec<String> =
            offsets.iter().map(|(topic, _)| topic.name().to_owned()).collect();
        let mut member = log.member("labeler", "one", &topics).unwrap();
        while member.poll().unwrap().partitions.is_empty() {}
        let consumed = offsets.iter().map(|(topic, next)| Consumed {
            tp: record_codec::place(*topic, 0),
            from: 0,
            next: *next,
        });
        let batch = Batch { consumed: consumed.collect(), ..Batch::default() };
        log.producer("labeler").unwrap().publish(batch, Some(&*member)).unwrap();
    }

    #[test]
    fn offsets_are_held_against_what_a_role_has_written() {
        let check = |own, offsets: &[(Topic, u64)], says: Option<&str>| {
            let log = log(own);
            if !offsets.is_empty() {
                commit(&log, offsets);
            }
            let found = read_groups(&log, 1).unwrap().faults;
            let own_faults = found.iter().filter(|fault| fault.group == "labeler");
            let verdicts: Vec<&str> = own_faults.map(|fault| fault.verdict).collect();
            assert_eq!(verdicts, Vec::from_iter(says), "{own} {offsets:?}: {found:?}");
        };
        let both = |bars, scans| [(Topic::Bars, bars), (Topic::Scans, scans)];
        check(0, &[], None);
        check(2, &both(2, 2), None);
        check(1, &both(2, 1), None);
        check(2, &both(1, 2), Some("its offsets were set back"));
        check(1, &both(0, 1), Some("its offsets were set back"));
        check(1, &both(2, 2), Some("its offsets were set ahead"));
        check(0, &both(1, 1), Some("its offsets were set ahead"));
        check(1, &[], Some("its offsets are gone"));
        check(1, &both(2, 2)[..1], Some("its offsets are gone"));
    }
}
