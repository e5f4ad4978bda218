//! What a unit is doing, from its place in the day and the ends of its inputs.

use super::log_ends::LogEnds;
use crate::unit_progress::UnitProgress;
use eventlog::TopicPartition;
use schemas::role::Role;
use schemas::{Day, Topic};
use serde::Serialize;
use shell::cursor::Stage;
use shell::record_codec;
use std::collections::BTreeMap;

/// What a unit is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// It has closed the newest published day, and nothing is held back.
    CaughtUp,
    /// It has events to read.
    Behind,
    /// It has read everything and its day is not complete, or an open transaction holds it back.
    Waiting,
    /// Nothing that can be asked tells.
    Unknown,
}

impl UnitState {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            UnitState::CaughtUp => "caught up",
            UnitState::Behind => "behind",
            UnitState::Waiting => "waiting",
            UnitState::Unknown => "not known",
        }
    }
}

/// A unit and what it waits for.
#[derive(Clone, Debug, Serialize)]
pub struct UnitLag {
    /// Its progress.
    #[serde(flatten)]
    pub progress: UnitProgress,
    /// The end of the partition it reads next.
    pub end_offset: u64,
    /// Whether the process that runs it tells; otherwise what its group has committed does.
    pub from_process: bool,
    /// What it is doing.
    pub state: UnitState,
    /// The same in words.
    pub verdict: String,
}

/// The days that the source has published.
#[derive(Default)]
pub(crate) struct Published {
    /// The newest day of which something can be read; none before a run is opened.
    pub(crate) newest: Option<Day>,
    /// The day that follows each day, as far as the last markers tell.
    pub(crate) next: BTreeMap<Day, Day>,
}

impl UnitLag {
    /// The verdict on a unit.
    pub(crate) fn of(
        progress: UnitProgress,
        from_process: bool,
        inputs: &[Stage],
        ends: &LogEnds,
        published: &Published,
    ) -> UnitLag {
        let topic: Option<Topic> = progress.topic.parse().ok();
        let place = topic.map(|topic| record_codec::place(topic, progress.partition));
        let end_offset = place.as_ref().map_or(0, |place| ends.end(place));
        let (state, verdict) = if published.newest.is_none_or(|newest| newest <= progress.closed) {
            at_rest(&progress, inputs, ends)
        } else if progress.next_offset < end_offset {
            let left = end_offset - progress.next_offset;
            (UnitState::Behind, format!("behind: {left} of {} to read", name(&progress)))
        } else {
            let day = day(&progress, topic, published);
            let held = place.is_some_and(|place| ends.held.contains_key(&place));
            let why = if held { HELD } else { "" };
            (UnitState::Waiting, format!("waits for {} of {day}{why}", name(&progress)))
        };
        UnitLag { progress, end_offset, from_process, state, verdict }
    }
}

const HELD: &str = ": an open transaction holds it back";

/// Every day that can be read is closed. What is held back may be another one.
fn at_rest(progress: &UnitProgress, inputs: &[Stage], ends: &LogEnds) -> (UnitState, String) {
    let held = inputs.iter().find(|stage| {
        let place: TopicPartition = record_codec::place(stage.topic, stage.partition);
        ends.held.contains_key(&place)
    });
    match held {
        None => (UnitState::CaughtUp, "caught up".to_owned()),
        Some(stage) => {
            let place = format!("{}/{}", stage.topic.dataset(), stage.partition);
            let day = format!("the day after {}", progress.closed);
            (UnitState::Waiting, format!("waits for {place} of {day}{HELD}"))
        }
    }
}

fn name(progress: &UnitProgress) -> String {
    format!("{}/{}", progress.topic, progress.partition)
}

/// The day whose marker it waits for.
fn day(progress: &UnitProgress, topic: Option<Topic>, published: &Published) -> String {
    let role = Role::ALL.into_iter().find(|role| role.name() == progress.role);
    let inputs = role.map_or(&[][..], Role::inputs);
    if inputs.iter().any(|input| Some(input.topic) == topic && input.day_before) {
        return progress.closed.to_string();
    }
    let next = progress.current.or_else(|| published.next.get(&progress.closed).copied());
    next.map_or_else(|| format!("the day after {}", progress.closed), |day| day.to_string())
}
