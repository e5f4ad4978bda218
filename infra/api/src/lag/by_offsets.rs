//! The progress of units that no process tells of, from what their groups have committed: the day of the last marker
//! before each committed offset is the last one that was read there to its end.

use super::log_ends::LogEnds;
use super::offsets::{Committed, GroupOffset};
use crate::unit_progress::UnitProgress;
use eventlog::{Log, LogError, TopicPartition};
use schemas::Day;
use schemas::role::Role;
use shell::cursor::{Counts, Stage, stages};
use shell::last_markers::{PlacedMarker, Stretch, last_markers};
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
    let markers = last_markers(log, partitions, wanted)?;
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
        let offset = match self.offsets.get(&number) {
            Some(offset) => offset.committed,
            None => self.read.get(&number).map(|stretch| stretch.end),
        };
        Ok(UnitProgress {
            role: self.unit.role.name().to_owned(),
            unit: self.unit.unit.clone(),
            closed,
            current,
            topic: stage.topic.dataset().to_owned(),
            partition: stage.partition,
            next_offset: offset.unwrap_or(0),
            counts: Counts::default(),
        })
    }
}
