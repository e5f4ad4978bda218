//! Where a unit's answers come from: decided live, read from the record (recovery, rebuild), or
//! both and compared (verification).

use crate::{
    controls::ControlBook, error::ShellError, recorded::Recorded, tail::Ends, unit::Unit, wire,
};
use eventlog::{Log, NewRecord};
use schemas::controls::ControlState;
use schemas::events::{Models, Settings};
use schemas::role::{Cause, Context, Role, World};
use schemas::{Body, Day, Event, EventId, Topic, codec};
use std::time::Duration;

/// A decision that came out otherwise than recorded.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Difference {
    /// Which unit.
    pub unit: String,
    /// The trading day.
    pub day: Day,
    /// In a sentence.
    pub what: String,
}

/// Where answers come from.
pub enum Voice<'a> {
    /// Decided now.
    Live {
        /// `controls`, read to its end before this batch.
        controls: &'a ControlState,
        /// For long work and the offsets it sees.
        log: &'a dyn Log,
        /// Ends of `samples` as last looked up.
        ends: &'a mut Ends,
    },
    /// Read from what was recorded.
    Recovery {
        /// Own outputs.
        recorded: &'a mut Recorded,
        /// For work whose results are no events.
        log: &'a dyn Log,
    },
    /// Decided again and compared with what was recorded.
    Verify {
        /// Own outputs.
        recorded: &'a mut Recorded,
        /// For the state at recorded offsets.
        controls: &'a mut ControlBook,
        /// What differs.
        differences: &'a mut Vec<Difference>,
        /// Decisions compared.
        compared: &'a mut u64,
    },
}

/// What is to be said.
pub struct Answer {
    pub(crate) events: Vec<Event>,
    /// Whether it is not on the log yet.
    pub(crate) fresh: bool,
    pub(crate) control_offset: i64,
}

impl Voice<'_> {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Voice::Live { .. })
    }

    pub(crate) fn answer(
        &mut self,
        unit: &Unit,
        cause: Cause<'_>,
        day: Day,
        id: EventId,
    ) -> Result<Answer, ShellError> {
        match self {
            Voice::Live { controls, log, ends } => {
                let closing = matches!(cause, Cause::DayClosed { .. });
                let samples_end = if closing && unit.role == Role::Retrainer {
                    samples_end(*log, unit.total, ends)?
                } else {
                    Vec::new()
                };
                let context = Context { controls, samples_end: &samples_end };
                let decision = unit.machine.decide(cause, &context);
                let mut events = decision.events;
                if let Some(effect) = decision.effect {
                    let world = LogWorld { log: *log, total: unit.total };
                    events.extend(
                        effect(&world).map_err(|cause| ShellError::Effect {
                            unit: unit.name.clone(),
                            cause,
                        })?,
                    );
                }
                let events = stamped(events, unit.total, id, controls.offset);
                Ok(Answer { events, fresh: true, control_offset: controls.offset })
            }
            Voice::Recovery { recorded, log } => {
                if unit.outputs.is_empty() {
                    let context = Context { controls: &ControlState::default(), samples_end: &[] };
                    if let Some(effect) = unit.machine.decide(cause, &context).effect {
                        let world = LogWorld { log: *log, total: unit.total };
                        effect(&world).map_err(|cause| ShellError::Effect {
                            unit: unit.name.clone(),
                            cause,
                        })?;
                    }
                    return Ok(Answer { events: Vec::new(), fresh: false, control_offset: -1 });
                }
                recorded.load(day)?;
                let events = recorded.take(id).into_iter().map(|(event, _)| event).collect();
                Ok(Answer { events, fresh: false, control_offset: -1 })
            }
            Voice::Verify { recorded, controls, differences, compared } => {
                recorded.load(day)?;
                let said = recorded.take(id);
                let marker = unit
                    .outputs
                    .first()
                    .and_then(|&(topic, partition)| recorded.marker(topic, partition));
                let offset = said
                    .first()
                    .or(marker)
                    .and_then(|(event, _)| event.control_offset)
                    .unwrap_or(-1);
                let context =
                    Context { controls: controls.at(offset), samples_end: &trained_on(&said) };
                let decision = unit.machine.decide(cause, &context);
                let has_effect = decision.effect.is_some();
                let decided = stamped(decision.events, unit.total, id, offset);
                **compared += 1;
                if let Some(what) = difference(&decided, &said, has_effect) {
                    differences.push(Difference { unit: unit.name.clone(), day, what });
                }
                let events = said.into_iter().map(|(event, _)| event).collect();
                Ok(Answer { events, fresh: false, control_offset: offset })
            }
        }
    }

    /// The record of the own marker, when it is to be published.
    pub(crate) fn marker(
        &mut self,
        unit: &Unit,
        topic: Topic,
        partition: u32,
        marker: &Event,
    ) -> Result<Option<NewRecord>, ShellError> {
        match self {
            Voice::Live { .. } => Ok(Some(wire::record(marker, unit.total, unit.role.name())?)),
            Voice::Recovery { .. } => Ok(None),
            Voice::Verify { recorded, differences, .. } => {
                let same = recorded
                    .marker(topic, partition)
                    .is_some_and(|(_, bytes)| codec::encode(marker).is_ok_and(|b| b == *bytes));
                if !same {
                    let what = format!("the {topic} marker of partition {partition} differs");
                    differences.push(Difference { unit: unit.name.clone(), day: marker.day, what });
                }
                Ok(None)
            }
        }
    }
}

/// With the cause and the control offset each was decided under, in the order of topic and
/// partition, which is the order in which they can be read back.
fn stamped(mut events: Vec<Event>, total: u32, cause: EventId, control_offset: i64) -> Vec<Event> {
    for event in &mut events {
        event.causation = Some(cause);
        event.control_offset = Some(control_offset);
    }
    events.sort_by_key(|event| (event.topic(), wire::partition(event, total)));
    events
}

fn difference(decided: &[Event], said: &[(Event, Vec<u8>)], has_effect: bool) -> Option<String> {
    let mut said = said.iter().filter(|(event, _)| !(has_effect && result_of_training(event)));
    for event in decided {
        let Some((recorded, bytes)) = said.next() else {
            return Some(format!(
                "{} {} is decided now and was not recorded",
                event.body.kind(),
                event.ticker
            ));
        };
        if codec::encode(event).ok().as_ref() != Some(bytes) {
            return Some(format!(
                "{} {} was recorded, {} {} is decided now{}",
                recorded.body.kind(),
                recorded.ticker,
                event.body.kind(),
                event.ticker,
                if recorded.id == event.id { " with other figures" } else { "" }
            ));
        }
    }
    said.next().map(|(event, _)| {
        format!("{} {} was recorded and is not decided now", event.body.kind(), event.ticker)
    })
}

fn result_of_training(event: &Event) -> bool {
    matches!(
        event.body,
        Body::Models(Models::ModelTrained(_) | Models::ModelRefused(_) | Models::ModelPromoted(_))
    )
}

fn trained_on(said: &[(Event, Vec<u8>)]) -> Vec<i64> {
    said.iter()
        .find_map(|(event, _)| match &event.body {
            Body::Models(Models::RetrainTriggered(triggered)) => {
                Some(triggered.samples_end.clone())
            }
            _ => None,
        })
        .unwrap_or_default()
}

/// Behind the last row of each partition of `samples`.
fn samples_end(log: &dyn Log, total: u32, ends: &mut Ends) -> Result<Vec<i64>, ShellError> {
    (0..total)
        .map(|partition| {
            Ok(ends.behind_last_record(log, &wire::place(Topic::Samples, partition))? as i64)
        })
        .collect()
}

/// The outside, as the log shows it.
pub struct LogWorld<'a> {
    /// The log.
    pub log: &'a dyn Log,
    /// Partitions of a data topic.
    pub total: u32,
}

impl LogWorld<'_> {
    fn read(&self, end: &[i64]) -> Result<Vec<Event>, ShellError> {
        let mut reader = self.log.reader()?;
        let mut events = Vec::new();
        for (partition, &end) in end.iter().enumerate() {
            let (place, end) = (wire::place(Topic::Samples, partition as u32), end.max(0) as u64);
            let mut next = 0;
            while next < end {
                let fetched =
                    reader.poll(&[(place.clone(), next)], 2_000, Duration::from_secs(5))?;
                let fetched =
                    fetched.into_iter().next().ok_or_else(|| wire::gave_nothing(&place))?;
                let before_end = fetched.records.iter().filter(|record| record.offset < end);
                events.extend(
                    before_end.filter_map(|record| wire::event(Topic::Samples, record).ok()),
                );
                next = fetched.position;
            }
        }
        Ok(events)
    }
}

impl World for LogWorld<'_> {
    fn samples(&self, end: &[i64]) -> Result<Vec<Event>, String> {
        self.read(end).map_err(|error| format!("the samples cannot be read: {error}"))
    }

    fn settings(&self, offset: i64) -> Result<Settings, String> {
        let mut book = ControlBook::new(self.log).map_err(|error| error.to_string())?;
        book.refresh(self.log).map_err(|error| error.to_string())?;
        Ok(book.at(offset).settings.clone())
    }
}
