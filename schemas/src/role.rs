//! The roles, what each reads in which order and what it writes; and the one shape that every
//! role's decision has.
//!
//! A role's state changes only by events: those it reads and those it wrote. Its decisions are a
//! pure function of that state, so recovery is reading: inputs again, and its own recorded
//! outputs in the place of decisions.

use crate::controls::ControlState;
use crate::events::{DayClosed, Settings};
use crate::{Day, Event, Topic};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;
use std::str::FromStr;

/// A part of the system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Role {
    Source,
    Scanner,
    Scorer,
    Labeler,
    Executor,
    Broker,
    Retrainer,
    Materializer,
}

/// An input of a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input {
    /// What it reads.
    pub topic: Topic,
    /// Whether it reads the day before's: a decision of day D takes effect on D+1.
    pub day_before: bool,
}

const fn today(topic: Topic) -> Input {
    Input { topic, day_before: false }
}

const fn day_before(topic: Topic) -> Input {
    Input { topic, day_before: true }
}

impl Role {
    /// All of them, in the order of the day.
    pub const ALL: [Role; 8] = [
        Role::Source,
        Role::Scanner,
        Role::Scorer,
        Role::Labeler,
        Role::Executor,
        Role::Broker,
        Role::Retrainer,
        Role::Materializer,
    ];

    /// What it reads within a day, in this order.
    pub fn inputs(self) -> &'static [Input] {
        const SCANNER: &[Input] = &[today(Topic::Bars)];
        const SCORER: &[Input] = &[day_before(Topic::Models), today(Topic::Features)];
        const LABELER: &[Input] = &[today(Topic::Bars), today(Topic::Scans)];
        const EXECUTOR: &[Input] = &[
            today(Topic::Fills),
            today(Topic::Bars),
            today(Topic::Scans),
            today(Topic::Predictions),
        ];
        const BROKER: &[Input] = &[day_before(Topic::Orders), today(Topic::Bars)];
        const RETRAINER: &[Input] = &[
            today(Topic::Bars),
            today(Topic::Features),
            today(Topic::Predictions),
            today(Topic::Outcomes),
        ];
        const MATERIALIZER: &[Input] = &[
            today(Topic::Bars),
            today(Topic::Scans),
            today(Topic::Features),
            today(Topic::Predictions),
            today(Topic::Outcomes),
            today(Topic::Fills),
            today(Topic::Orders),
            today(Topic::Models),
        ];
        match self {
            Role::Source => &[],
            Role::Scanner => SCANNER,
            Role::Scorer => SCORER,
            Role::Labeler => LABELER,
            Role::Executor => EXECUTOR,
            Role::Broker => BROKER,
            Role::Retrainer => RETRAINER,
            Role::Materializer => MATERIALIZER,
        }
    }

    /// What it writes; its own day marker goes to every partition of each.
    pub fn outputs(self) -> &'static [Topic] {
        match self {
            Role::Source => &[Topic::Bars],
            Role::Scanner => &[Topic::Scans, Topic::Features],
            Role::Scorer => &[Topic::Predictions],
            Role::Labeler => &[Topic::Outcomes],
            Role::Executor => &[Topic::Orders],
            Role::Broker => &[Topic::Fills],
            Role::Retrainer => &[Topic::Models],
            Role::Materializer => &[],
        }
    }

    /// Whether instances share the partitions; otherwise one is active and reads all.
    pub fn by_partition(self) -> bool {
        matches!(self, Role::Scanner | Role::Scorer | Role::Labeler)
    }

    /// The name, which is also its group and transactional id.
    pub fn name(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Scanner => "scanner",
            Role::Scorer => "scorer",
            Role::Labeler => "labeler",
            Role::Executor => "executor",
            Role::Broker => "broker",
            Role::Retrainer => "retrainer",
            Role::Materializer => "materializer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No role has this name.
#[derive(Debug, thiserror::Error)]
#[error(
    "no role {0:?}; the roles are source, scanner, scorer, labeler, executor, broker, retrainer, materializer"
)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Role, UnknownRole> {
        Role::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// What a decision is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// This event, which the state has just taken in.
    Event(&'a Event),
    /// Every input of `day` has been read to its marker.
    DayClosed {
        /// The day.
        day: Day,
        /// The trading day before it.
        previous: Day,
    },
}

/// What a decision may know beside the machine's state. All of it is recorded with the decision.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// `controls` up to the recorded offset.
    pub controls: &'a ControlState,
    /// First offset of each `samples` partition not there yet.
    pub samples_end: &'a [i64],
}

/// The outside, for work that takes long (a training): what it makes are events, and these, not
/// the work, are what a replay reads.
pub trait EffectContext {
    /// The rows of `samples` before these offsets, by partition.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only away.
    fn samples(&self, end: &[i64]) -> Result<Vec<Event>, EffectError>;

    /// The settings in force at an offset of `controls`.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only away.
    fn settings(&self, offset: i64) -> Result<Settings, EffectError>;

    /// `controls` up to the end asked for now.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only away.
    fn controls(&self) -> Result<ControlState, EffectError>;

    /// Whether the work has taken so long that the group may soon give the role to another.
    fn overdue(&self) -> bool;
}

/// Why long work could not be done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct EffectError {
    /// A sentence.
    pub what: String,
    /// Whether what the work needs is away for now: it is waited for, however long.
    pub away: bool,
}

impl From<String> for EffectError {
    fn from(what: String) -> EffectError {
        EffectError { what, away: false }
    }
}

/// Long work, done outside any transaction. A failure publishes nothing: the role reloads and
/// comes to the same decision again. A result that was decided under a `controls` offset of its
/// own names it.
pub type Effect = Box<dyn FnOnce(&dyn EffectContext) -> Result<Vec<Event>, EffectError> + Send>;

/// What a machine decided.
#[derive(Default)]
pub struct Decision {
    /// Events to publish.
    pub events: Vec<Event>,
    /// Work to do first; its events are published after `events`, in the same transaction.
    pub effect: Option<Effect>,
}

impl From<Vec<Event>> for Decision {
    fn from(events: Vec<Event>) -> Decision {
        Decision { events, effect: None }
    }
}

/// Saved state that this program cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the saved state of {role} cannot be read: {cause}; `butterquant rebuild` makes it again")]
pub struct BadState {
    /// Whose.
    pub role: Role,
    /// What the decoder found.
    pub cause: String,
}

/// The bytes of a machine's state; equal states have equal bytes.
pub fn save_state<S: Serialize>(state: &S) -> Vec<u8> {
    // Plain data in growable memory: there is nothing that could fail.
    postcard::to_stdvec(state).unwrap_or_default()
}

/// The state in `saved`.
///
/// # Errors
/// [`BadState`] when the bytes are no state of this shape.
pub fn restore_state<S: DeserializeOwned>(role: Role, saved: &[u8]) -> Result<S, BadState> {
    postcard::from_bytes(saved).map_err(|cause| BadState { role, cause: cause.to_string() })
}

/// A role's decisions: no clock, no random source, no I/O, no hash order.
pub trait Machine: Send {
    /// Takes an event in: an input, or one of its own outputs.
    fn evolve(&mut self, event: &Event);

    /// Looks at the events that are at hand and come next, before each is taken in and decided on:
    /// what costs as much for many as for one may be done here. It changes no state and no answer.
    fn prepare(&mut self, events: &[&Event], context: &Context<'_>) {
        let _ = (events, context);
    }

    /// What is to be said because of `cause`. It changes nothing: what is published comes back
    /// through [`Machine::evolve`].
    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision;

    /// Whether it decides anything for single events of `topic`; for others only the day's end
    /// asks it.
    fn decides_on(&self, topic: Topic) -> bool {
        let _ = topic;
        false
    }

    /// Adds what only this role knows to its own day marker.
    fn note(&self, marker: &mut DayClosed) {
        let _ = marker;
    }

    /// The day is over: its marker is out.
    fn close_day(&mut self, day: Day);

    /// The whole state, the same bytes for the same state.
    fn save(&self) -> Vec<u8>;

    /// Puts a saved state back.
    ///
    /// # Errors
    /// [`BadState`] when the bytes are no state of this machine.
    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState>;
}
