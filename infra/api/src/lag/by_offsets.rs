//! The progress of units that no process tells of, from what their groups have committed: the day of the last marker
//! before each committed offset is the last one that was read there to its end.

use super::log_ends::LogEnds;
use super::offsets::{Committed, GroupOffset};
use crate::unit_progress::UnitProgress;
use eventlog::{Log, LogError, TopicPartition};
use schemas::Day;
use schemas::role::Role;
use shell::cursor::{Counts, Stage, stages};
use shell::last_markers::{PlacedMarker, Stretch, Which, last_markers};
use shell::record_codec;
use std::collections::BTreeMap;

/// A unit that nobody tells of.
pub(crate) struct Untold {
    pub(crate) role: Role,
    pub(crate) unit: String,
    pub(crate) held: Vec<u32>,
}

/// What the offsets tell, or why they tell nothing.
pub(crate) type Told = Result<UnitProgress, String>;

/// Last markers, by the stretch of a partition.
pub(crate) type Markers = BTreeMap<Stretch, Result<Option<PlacedMarker>, LogError>>;

/// The progress of each of `units`, or why nothing tells it; `previous` is the day before the run's first.
pub(crate) fn progress(
    log: &dyn Log,
    partitions: u32,
    units: Vec<Untold>,
    committed: &Committed,
    ends: &LogEnds,
    previous: Day,
) -> Result<Vec<(Untold, Told)>, LogError> {
    let inputs: Vec<Inputs<'_>> =
        units.into_iter().map(|unit| Inputs::of(unit, committed, ends)).collect();
    let wanted = inputs.iter().filter(|of| of.begun).flat_map(|of| of.read.values().copied());
    let markers = last_markers(log, partitions, Which::Any, wanted)?;
    Ok(inputs.into_iter().map(|of| of.progress(&markers, previous)).collect())
}

/// A unit's inputs, as far as its group has read them.
struct Inputs<'a> {
    unit: Untold,
    stages: Vec<Stage>,
    /// What is read of each stage, by its number.
    read: BTreeMap<usize, Stretch>,
    offsets: BTreeMap<usize, &'a GroupOffset>,
    /// Whether the group has committed any of them.
    begun: bool,
}

impl<'a> Inputs<'a> {
    fn of(unit: Untold, committed: &'a Committed, ends: &LogEnds) -> Inputs<'a> {
        let stages = stages(unit.role, &unit.held);
        let group: BTreeMap<&TopicPartition, &GroupOffset> = committed
            .get(&unit.role)
            .into_iter()
            .flatten()
            .map(|(place, of)| (place, of))
            .collect();
        let mut read = BTreeMap::new();
        let mut offsets = BTreeMap::new();
        for (number, stage) in stages.iter().enumerate() {
            let Stage { topic, partition, .. } = *stage;
            let place: TopicPartition = record_codec::place(topic, partition);
            let (start, end) = (ends.start(&place), ends.end(&place));
            let offset = group.get(&place).copied();
            // A topic outside the group is read as far as it goes.
            let read_to = offset.map_or(end, |offset| offset.committed.unwrap_or(0).min(end));
            read.insert(number, Stretch { topic, partition, start, end: read_to.max(start) });
            offsets.extend(offset.map(|offset| (number, offset)));
        }
        let begun = offsets.values().any(|offset| offset.committed.is_some());
        Inputs { unit, stages, read, offsets, begun }
    }

    fn progress(self, markers: &Markers, previous: Day) -> (Untold, Told) {
        let found = self.place_in_the_day(markers, previous);
        (self.unit, found)
    }

    fn place_in_the_day(&self, markers: &Markers, previous: Day) -> Told {
        if !self.begun {
            return Err("its group has never committed".to_owned());
        }
        let mut days: BTreeMap<usize, Day> = BTreeMap::new();
        for (number, stretch) in &self.read {
            let day = match markers.get(stretch) {
                Some(Err(error)) => return Err(error.to_string()),
                Some(Ok(Some(marker))) => marker.day,
                Some(Ok(None)) | None => previous,
            };
            days.insert(*number, day);
        }
        let of_today = || days.iter().filter(|(number, _)| !self.stages[**number].day_before);
        let closed = of_today().map(|(_, day)| *day).min().unwrap_or(previous);
        let current = of_today().map(|(_, day)| *day).max().filter(|day| *day > closed);
        // The first stage in reading order whose marker has not been read.
        let due = days.iter().find(|(number, day)| match self.stages[**number].day_before {
            true => **day < closed,
            false => **day == closed,
        });
        let number = due.map_or(0, |(number, _)| *number);
        let stage = self.stages[number];
        let stretch = self.read.get(&number);
        let (start, end) = stretch.map_or((0, 0), |stretch| (stretch.start, stretch.end));
        let next = match self.offsets.get(&number) {
            Some(offset) => offset.committed.unwrap_or(0).max(start),
            None => end,
        };
        Ok(UnitProgress {
            role: self.unit.role.name().to_owned(),
            unit: self.unit.unit.clone(),
            closed,
            current,
            topic: stage.topic.dataset().to_owned(),
            partition: stage.partition,
            next_offset: next,
            counts: Counts::default(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::offsets;
    use super::*;
    use eventlog::{Batch, Consumed, MemoryLog};
    use schemas::events::DayClosed;
    use schemas::{Event, Topic};
    use shell::open;

    const FIRST: Day = Day(17_711);

    /// A log of one partition on which these days of these topics are closed, each by a marker alone.
    fn log(closed: &[(Topic, i32)]) -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        for (topic, day) in closed {
            let marker = DayClosed { previous_day: FIRST + (day - 1), ..DayClosed::default() };
            let marker = Event::marker(*topic, FIRST + *day, marker).unwrap();
            let records = vec![record_codec::record(&marker, 1, "test").unwrap()];
            let batch = Batch { records, ..Batch::default() };
            log.producer("test").unwrap().publish(batch, None).unwrap();
        }
        log
    }

    /// What the offsets tell of `role` when its group has committed these: its last closed day, the one it reads, the
    /// topic and the offset.
    fn told(
        log: &MemoryLog,
        role: Role,
        committed: &[(Topic, u64)],
    ) -> Result<(i32, i32, String), String> {
        let topics: Vec<String> =
            committed.iter().map(|(topic, _)| topic.name().to_owned()).collect();
        if !topics.is_empty() {
            let mut member = log.member(role.name(), "one", &topics).unwrap();
            while member.poll().unwrap().partitions.is_empty() {}
            let consumed = committed.iter().map(|(topic, next)| Consumed {
                tp: record_codec::place(*topic, 0),
                from: 0,
                next: *next,
            });
            let batch = Batch { consumed: consumed.collect(), ..Batch::default() };
            log.producer(role.name()).unwrap().publish(batch, Some(&*member)).unwrap();
        }
        let ends = LogEnds::read(log, 1).unwrap();
        let of_groups = offsets::against(offsets::ask(log, 1).unwrap(), &ends);
        let unit = Untold { role, unit: role.to_string(), held: vec![0] };
        let found = progress(log, 1, vec![unit], &of_groups, &ends, FIRST).unwrap();
        let found = found.into_iter().next().unwrap().1?;
        let days = (found.closed - FIRST, found.current.map_or(0, |day| day - FIRST));
        Ok((days.0, days.1, format!("{} from {}", found.topic, found.next_offset)))
    }

    #[test]
    fn the_last_markers_before_the_committed_offsets_tell_the_place_in_the_day() {
        let days = [(Topic::Bars, 1), (Topic::Bars, 2), (Topic::Scans, 1)];
        let check = |bars, scans, closed: i32, current: i32, reads: &str| {
            let committed = [(Topic::Bars, bars), (Topic::Scans, scans)];
            let found = told(&log(&days), Role::Labeler, &committed).unwrap();
            assert_eq!(found, (closed, current, reads.to_owned()), "{bars} {scans}");
        };
        check(0, 0, 0, 0, "bars from 0");
        check(1, 0, 0, 1, "scans from 0");
        check(1, 1, 1, 0, "bars from 1");
        check(2, 1, 1, 2, "scans from 1");
    }

    #[test]
    fn a_topic_outside_the_group_is_waited_for_where_its_day_is_not_there() {
        let days = [(Topic::Features, 1), (Topic::Features, 2), (Topic::Models, 1)];
        let found = told(&log(&days), Role::Scorer, &[(Topic::Features, 2)]).unwrap();
        assert_eq!(found, (2, 0, "models from 1".to_owned()));
        let found = told(&log(&days), Role::Scorer, &[(Topic::Features, 1)]).unwrap();
        assert_eq!(found, (1, 0, "features from 1".to_owned()));
    }

    #[test]
    fn a_group_that_has_never_committed_tells_nothing() {
        let found = told(&log(&[(Topic::Bars, 1)]), Role::Scanner, &[]);
        assert_eq!(found, Err("its group has never committed".to_owned()));
    }
}
