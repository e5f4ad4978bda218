//! Where a unit's decisions come from: made now, read from the record (recovery, rebuild), or both
//! and compared (verification).

use crate::{
    controls::ControlBook,
    decision_text::training_begins,
    effect_context::LogEffectContext,
    error::ShellError,
    last_record::Ends,
    record_codec,
    recorded::Recorded,
    score_comparison::{Comparison, ScoreComparison, TOLERANCE, near},
    unit_identity::UnitIdentity,
};
use eventlog::{Log, NewRecord};
use schemas::controls::ControlState;
use schemas::events::{Fills, Models, Predictions};
use schemas::role::{Cause, Context, Effect, Machine, Role};
use schemas::{Body, Day, Event, EventId, Topic, codec};

/// A decision that differs from the recorded one.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Difference {
    /// Which unit.
    pub unit: String,
    /// The trading day.
    pub day: Day,
    /// The difference, in a sentence.
    pub what: String,
}

/// Where decisions come from.
pub enum DecisionSource<'a> {
    /// Made now.
    Live {
        /// `controls`, read to its end before this batch.
        controls: &'a mut ControlBook,
        /// For effects and the offsets they see.
        log: &'a dyn Log,
        /// Ends of `samples` as last looked up.
        ends: &'a mut Ends,
    },
    /// Read from the record.
    Recovery {
        /// Own outputs.
        recorded: &'a mut Recorded,
        /// For effects whose results are not events.
        log: &'a dyn Log,
    },
    /// Made again and compared with the record.
    Verify {
        /// Own outputs.
        recorded: &'a mut Recorded,
        /// For the state at recorded offsets.
        controls: &'a mut ControlBook,
        /// The differences found.
        differences: &'a mut Vec<Difference>,
        /// Decisions compared.
        compared: &'a mut u64,
        /// Whose scores are repeated, and how they are compared.
        scores: &'a mut ScoreComparison,
    },
}

/// The events of a decision.
pub struct Decided {
    pub(crate) events: Vec<Event>,
    /// Whether they are still to be published.
    pub(crate) fresh: bool,
    pub(crate) control_offset: i64,
}

impl DecisionSource<'_> {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, DecisionSource::Live { .. })
    }

    /// The own outputs that it reads.
    pub(crate) fn recorded(&mut self) -> Option<&mut Recorded> {
        match self {
            DecisionSource::Live { .. } => None,
            DecisionSource::Recovery { recorded, .. } | DecisionSource::Verify { recorded, .. } => {
                Some(recorded)
            }
        }
    }

    /// The controls that the next decisions see, where these are made now or again; of the latter the last one's, which
    /// are likely theirs.
    pub(crate) fn controls_now(&self) -> Option<&ControlState> {
        match self {
            DecisionSource::Live { controls, .. } => Some(controls.latest()),
            DecisionSource::Verify { controls, .. } => Some(controls.asked_last()),
            DecisionSource::Recovery { .. } => None,
        }
    }

    pub(crate) fn decide(
        &mut self,
        unit: &UnitIdentity,
        machine: &dyn Machine,
        cause: Cause<'_>,
        day: Day,
        id: EventId,
    ) -> Result<Decided, ShellError> {
        match self {
            DecisionSource::Live { controls, log, ends } => {
                let closing = matches!(cause, Cause::DayClosed { .. });
                let samples_end = if closing && unit.role == Role::Retrainer {
                    samples_end(*log, unit.total, ends)?
                } else {
                    Vec::new()
                };
                let offset = controls.latest().offset;
                let context = Context { controls: controls.latest(), samples_end: &samples_end };
                let decision = machine.decide(cause, &context);
                let mut events = decision.events;
                if let Some(effect) = decision.effect {
                    if let Some(said) = training_begins(&events) {
                        tracing::info!(role = unit.role.name(), "{said}");
                    }
                    events.extend(carried_out(effect, unit, *log, controls)?);
                }
                let events = stamped(events, unit.total, id, offset);
                Ok(Decided { events, fresh: true, control_offset: offset })
            }
            DecisionSource::Recovery { recorded, log } => {
                if unit.outputs.is_empty() {
                    let context = Context { controls: &ControlState::default(), samples_end: &[] };
                    if let Some(effect) = machine.decide(cause, &context).effect {
                        carried_out(effect, unit, *log, recorded.controls(*log)?)?;
                    }
                    return Ok(Decided { events: Vec::new(), fresh: false, control_offset: -1 });
                }
                recorded.load(day)?;
                let events = recorded.take(id).into_iter().map(|(event, _)| event).collect();
                Ok(Decided { events, fresh: false, control_offset: -1 })
            }
            DecisionSource::Verify { recorded, controls, differences, compared, scores } => {
                recorded.load(day)?;
                let past = recorded.take(id);
                let marker = unit
                    .outputs
                    .first()
                    .and_then(|&(topic, partition)| recorded.marker(topic, partition));
                let offset = past
                    .iter()
                    .find(|(event, _)| !result_of_effect(event))
                    .or(marker)
                    .and_then(|(event, _)| event.control_offset)
                    .unwrap_or(-1);
                let context =
                    Context { controls: controls.at(offset), samples_end: &trained_on(&past) };
                let decision = machine.decide(cause, &context);
                let has_effect = decision.effect.is_some();
                let decided = stamped(decision.events, unit.total, id, offset);
                let how = scores.how(&decided, &past);
                if how != Comparison::Later {
                    **compared += 1;
                    scores.count(how, &decided, &past);
                    if let Some(what) = difference(&decided, &past, has_effect, how) {
                        differences.push(Difference { unit: unit.name.clone(), day, what });
                    }
                }
                let events = past.into_iter().map(|(event, _)| event).collect();
                Ok(Decided { events, fresh: false, control_offset: offset })
            }
        }
    }

    /// The record of the own marker, if it is to be published.
    pub(crate) fn marker(
        &mut self,
        unit: &UnitIdentity,
        topic: Topic,
        partition: u32,
        marker: &Event,
    ) -> Result<Option<NewRecord>, ShellError> {
        match self {
            DecisionSource::Live { .. } => {
                Ok(Some(record_codec::record(marker, unit.total, unit.role.name())?))
            }
            // The marker was published with the committed offsets; state without the day's events
            // would be wrong.
            DecisionSource::Recovery { recorded, .. }
                if recorded.marker(topic, partition).is_none() =>
            {
                Err(record_codec::gave_nothing(&record_codec::place(topic, partition)).into())
            }
            DecisionSource::Recovery { .. } => Ok(None),
            DecisionSource::Verify { scores, .. } if !scores.first_pass() => Ok(None),
            DecisionSource::Verify { recorded, differences, .. } => {
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

/// Carries out a decision's effect.
fn carried_out(
    effect: Effect,
    unit: &UnitIdentity,
    log: &dyn Log,
    controls: &mut ControlBook,
) -> Result<Vec<Event>, ShellError> {
    effect(&LogEffectContext::new(log, controls))
        .map_err(|cause| ShellError::Effect { unit: unit.name.clone(), cause })
}

/// Adds the cause and the control offset, and sorts by topic and partition, the order in which the
/// events can be read back.
fn stamped(mut events: Vec<Event>, total: u32, cause: EventId, control_offset: i64) -> Vec<Event> {
    for event in &mut events {
        event.causation = Some(cause);
        event.control_offset.get_or_insert(control_offset);
    }
    events.sort_by_key(|event| (event.topic(), record_codec::partition(event, total)));
    events
}

fn difference(
    decided: &[Event],
    past: &[(Event, Vec<u8>)],
    has_effect: bool,
    how: Comparison,
) -> Option<String> {
    let mut past = past.iter().filter(|(event, _)| !(has_effect && result_of_effect(event)));
    for event in decided {
        let Some((recorded, bytes)) = past.next() else {
            return Some(format!(
                "{} {} is decided now and was not recorded",
                event.body.kind(),
                event.ticker
            ));
        };
        let same = codec::encode(event).ok().as_ref() == Some(bytes);
        if !(same || how == Comparison::Near && near(recorded, bytes, event)) {
            return Some(format!(
                "{} {} was recorded, {} {} is decided now{}{}",
                recorded.body.kind(),
                recorded.ticker,
                event.body.kind(),
                event.ticker,
                if recorded.id == event.id { " with other figures" } else { "" },
                providers(recorded, bytes, event)
            ));
        }
    }
    past.next().map(|(event, _)| {
        format!("{} {} was recorded and is not decided now", event.body.kind(), event.ticker)
    })
}

/// What the providers of a score have to do with its difference.
fn providers(recorded: &Event, bytes: &[u8], now: &Event) -> String {
    match (&recorded.body, &now.body) {
        (
            Body::Predictions(Predictions::CandidateScored(then)),
            Body::Predictions(Predictions::CandidateScored(score)),
        ) if then.provider != score.provider => format!(
            ": {} scored it, {} scores now, and they differ by more than {TOLERANCE:e}",
            then.provider, score.provider
        ),
        _ if near(recorded, bytes, now) => format!(
            ", within {TOLERANCE:e}: another version of the provider, or another kind of processor, scored it"
        ),
        _ => String::new(),
    }
}

/// Whether a training or the broker may have produced it. Where a decision has an effect, such
/// events are taken as recorded.
fn result_of_effect(event: &Event) -> bool {
    match &event.body {
        Body::Fills(fill) => !matches!(fill, Fills::DayClosed(_)),
        Body::Models(model) => matches!(
            model,
            Models::ModelTrained(_) | Models::ModelRefused(_) | Models::ModelPromoted(_)
        ),
        _ => false,
    }
}

fn trained_on(past: &[(Event, Vec<u8>)]) -> Vec<i64> {
    past.iter()
        .find_map(|(event, _)| match &event.body {
            Body::Models(Models::RetrainTriggered(triggered)) => {
                Some(triggered.samples_end.clone())
            }
            Body::Models(Models::TrainingDeferred(deferred)) => Some(deferred.samples_end.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

/// The offsets after the last row of each partition of `samples`.
fn samples_end(log: &dyn Log, total: u32, ends: &mut Ends) -> Result<Vec<i64>, ShellError> {
    (0..total)
        .map(|partition| {
            Ok(ends.behind_last_record(log, &record_codec::place(Topic::Samples, partition))?
                as i64)
        })
        .collect()
}
