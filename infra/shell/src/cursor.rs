//! A unit's place in the day: which input it reads next, and how it takes each event there. Pure;
//! checkpoints hold all of it.
//!
//! Invariants:
//! 1. Inputs are read in the role's order, partitions ascending, each to its day's marker.
//! 2. An event of a closed day is late: counted, never applied; the day is never reopened.
//! 3. Within a day the first event of an id stands: the same event again is dropped, another one
//!    with that id is a conflict.
//! 4. A day closes only when every input's marker has been read; no timer closes it.
//! 5. The first marker that follows the last closed day decides which day it is, whatever events
//!    came before it: one event of a wrong day stops no unit.

use schemas::role::Role;
use schemas::{Day, Event, EventId, Topic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One partition of one input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: u32,
    /// Whether it is read for the day before.
    pub day_before: bool,
    /// Whether it is the day's first stage: its marker decides which day it is.
    pub first: bool,
}

/// The stages of a unit of `role` that holds `partitions`.
pub fn stages(role: Role, partitions: &[u32]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = role
        .inputs()
        .iter()
        .flat_map(|input| {
            let held = if input.topic.single() { &[0][..] } else { partitions };
            held.iter().map(|&partition| Stage {
                topic: input.topic,
                partition,
                day_before: input.day_before,
                first: false,
            })
        })
        .collect();
    if let Some(first) = stages.iter_mut().find(|stage| !stage.day_before) {
        first.first = true;
    }
    stages
}

/// Records read, by kind; shown to operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Events taken in.
    pub applied: u64,
    /// The same event again: dropped.
    pub duplicates: u64,
    /// Another event with an id already seen: a dead letter.
    pub conflicts: u64,
    /// Events of a closed day.
    pub late: u64,
    /// Kinds this program does not know: skipped.
    pub unknown: u64,
    /// Records that hold no event, or none that can be taken in: a dead letter.
    pub undecodable: u64,
}

impl Counts {
    /// All of them: the records that were read and taken in or judged, day markers among them.
    pub fn all(&self) -> u64 {
        let Counts { applied, duplicates, conflicts, late, unknown, undecodable } = self;
        applied + duplicates + conflicts + late + unknown + undecodable
    }
}

/// How a unit takes an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// To be applied.
    Apply,
    /// To be applied; closes the stage.
    Marker,
    /// The same as one already applied.
    Duplicate,
    /// Another event with the id of an applied one.
    Conflict,
    /// Of a closed day.
    Late,
    /// Of a day that has not begun, or a marker that does not follow the last day.
    OutOfOrder,
}

/// A unit's place in the day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// The last day closed.
    pub closed: Day,
    /// The day being read, once an input has named it.
    pub current: Option<Day>,
    /// Which stage is read.
    pub stage: usize,
    /// Next offset of each stage.
    pub positions: Vec<u64>,
    /// Records read, by kind.
    pub counts: Counts,
    /// The day before the run's first: its events opened the run and are not late.
    begun: Day,
    seen: Vec<BTreeMap<EventId, u64>>,
}

impl Cursor {
    /// At the start of a run; `previous` is the day before its first.
    pub fn new(previous: Day, stages: usize) -> Cursor {
        Cursor {
            closed: previous,
            current: None,
            stage: 0,
            positions: vec![0; stages],
            counts: Counts::default(),
            begun: previous,
            seen: vec![BTreeMap::new(); stages],
        }
    }

    /// How `stage` takes `event`, whose bytes have `fingerprint`; remembers its id.
    pub fn admit(&mut self, stage: Stage, event: &Event, fingerprint: u64) -> Verdict {
        let late =
            if stage.day_before { event.day < self.closed } else { event.day <= self.closed };
        if late {
            self.counts.late += u64::from(event.day > self.begun);
            return Verdict::Late;
        }
        if !self.in_order(stage, event) {
            return Verdict::OutOfOrder;
        }
        match self.seen[self.stage].get(&event.id) {
            Some(known) if *known == fingerprint => {
                self.counts.duplicates += 1;
                return Verdict::Duplicate;
            }
            Some(_) => {
                self.counts.conflicts += 1;
                return Verdict::Conflict;
            }
            None => {}
        }
        self.seen[self.stage].insert(event.id, fingerprint);
        self.counts.applied += 1;
        if !stage.day_before {
            self.current = Some(event.day);
        }
        if event.body.marker().is_some() { Verdict::Marker } else { Verdict::Apply }
    }

    fn in_order(&self, stage: Stage, event: &Event) -> bool {
        if stage.day_before {
            return event.day == self.closed;
        }
        let same_day = self.current.is_none_or(|current| current == event.day);
        match event.body.marker() {
            Some(marker) => marker.previous_day == self.closed && (same_day || stage.first),
            None => same_day,
        }
    }

    /// Goes on to the next stage; true after the last one of the day.
    pub fn stage_done(&mut self) -> bool {
        self.stage += 1;
        self.stage == self.positions.len()
    }

    /// Closes `day`: back to the first stage.
    pub fn close_day(&mut self, day: Day) {
        self.closed = day;
        self.current = None;
        self.stage = 0;
        for ids in &mut self.seen {
            ids.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Bar, Bars, DayClosed};

    const DAY: Day = Day(100);
    const STAGE: Stage = Stage { topic: Topic::Bars, partition: 0, day_before: false, first: true };

    fn bar(day: Day, ticker: &str) -> Event {
        let bar = Bar { bar_day: day, ..Bar::default() };
        Event::new(day, ticker, &[ticker, &day.to_string()], Bars::BarClosed(bar))
    }

    fn marker(day: Day, previous_day: Day) -> Event {
        let marker = DayClosed { previous_day, ..DayClosed::default() };
        Event::marker(Topic::Bars, day, marker).unwrap()
    }

    fn check(events: &[(Event, u64)], expect: &[Verdict]) {
        let mut cursor = Cursor::new(DAY + -1, 1);
        let found: Vec<Verdict> = events
            .iter()
            .map(|(event, fingerprint)| {
                let verdict = cursor.admit(STAGE, event, *fingerprint);
                if verdict == Verdict::Marker && cursor.stage_done() {
                    cursor.close_day(event.day);
                }
                verdict
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn within_a_day_the_first_of_an_id_stands() {
        use Verdict::*;
        check(
            &[(bar(DAY, "A"), 1), (bar(DAY, "A"), 1), (bar(DAY, "A"), 2), (bar(DAY, "B"), 1)],
            &[Apply, Duplicate, Conflict, Apply],
        );
    }

    #[test]
    fn a_closed_day_stays_closed() {
        use Verdict::*;
        let close = marker(DAY, DAY + -1);
        check(
            &[(close.clone(), 1), (bar(DAY, "A"), 1), (close, 9), (bar(DAY + 1, "A"), 1)],
            &[Marker, Late, Late, Apply],
        );
    }

    #[test]
    fn one_event_of_a_wrong_day_does_not_stop_the_day() {
        use Verdict::*;
        check(
            &[
                (bar(DAY + 400, "A"), 1),
                (bar(DAY, "B"), 1),
                (marker(DAY, DAY + -1), 1),
                (bar(DAY + 1, "A"), 1),
            ],
            &[Apply, OutOfOrder, Marker, Apply],
        );
        let mut later = Cursor::new(DAY + -1, 2);
        later.admit(STAGE, &marker(DAY, DAY + -1), 1);
        assert!(!later.stage_done());
        let second = Stage { partition: 1, first: false, ..STAGE };
        assert_eq!(later.admit(second, &marker(DAY + 7, DAY + -1), 1), OutOfOrder);
    }

    #[test]
    fn days_follow_one_another() {
        use Verdict::*;
        check(
            &[
                (marker(DAY + 1, DAY), 1),
                (bar(DAY, "A"), 1),
                (bar(DAY + 1, "A"), 1),
                (marker(DAY, DAY + -1), 1),
                (marker(DAY + 3, DAY), 1),
            ],
            &[OutOfOrder, Apply, OutOfOrder, Marker, Marker],
        );
    }
}
