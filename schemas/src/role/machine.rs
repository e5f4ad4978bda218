//! A role's machine: state that only events change, and decisions that are a pure function of it.
//! Recovery therefore is reading: inputs again, and recorded outputs in place of decisions.

use super::state::BadState;
use crate::controls::ControlState;
use crate::events::{DayClosed, Settings};
use crate::{Day, Event, Topic};

/// What a decision responds to.
#[derive(Clone, Copy, Debug)]
pub enum Cause<'a> {
    /// This event, which has just been applied to the state.
    Event(&'a Event),
    /// Every input of `day` has been read to its marker.
    DayClosed {
        /// The day.
        day: Day,
        /// The trading day before it.
        previous: Day,
    },
}

/// What a decision may use besides the machine's state; all of it is recorded with the decision.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// `controls` up to the recorded offset.
    pub controls: &'a ControlState,
    /// End offset of each `samples` partition.
    pub samples_end: &'a [i64],
}

/// What long work (a training) may ask for while it runs. Its result is events; a replay reads
/// these and does not repeat the work.
pub trait EffectContext {
    /// The rows of `samples` before these offsets, by partition.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only unreachable.
    fn samples(&self, end: &[i64]) -> Result<Vec<Event>, EffectError>;

    /// The settings in force at an offset of `controls`.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only unreachable.
    fn settings(&self, offset: i64) -> Result<Settings, EffectError>;

    /// `controls` up to their end now.
    ///
    /// # Errors
    /// What could not be read, and whether the log is only unreachable.
    fn controls(&self) -> Result<ControlState, EffectError>;

    /// Whether the work has taken so long that the group may soon reassign the role.
    fn overdue(&self) -> bool;
}

/// Long work failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct EffectError {
    /// What failed, in a sentence.
    pub what: String,
    /// Whether something the work needs is unreachable for now; the role then waits, however long.
    pub away: bool,
    /// Whether nothing that this process does again can succeed: what failed must be opened anew.
    pub stuck: bool,
}

impl From<String> for EffectError {
    fn from(what: String) -> EffectError {
        EffectError { what, away: false, stuck: false }
    }
}

/// Long work, done outside any transaction. A failure publishes nothing: the role reloads and
/// decides the same again. A result decided under another `controls` offset names that offset.
pub type Effect = Box<dyn FnOnce(&dyn EffectContext) -> Result<Vec<Event>, EffectError> + Send>;

/// A machine's decision.
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

/// A role's state and decisions: no clock, no random source, no I/O, no hash order.
pub trait Machine: Send {
    /// Applies an event: an input, or one of its own outputs.
    fn evolve(&mut self, event: &Event);

    /// Sees the events at hand before each is applied and decided on, for work that costs as much
    /// for many events as for one. Changes no state and no decision.
    fn prepare(&mut self, events: &[&Event], context: &Context<'_>) {
        let _ = (events, context);
    }

    /// The decision on `cause`. Changes nothing: published events come back through
    /// [`Machine::evolve`].
    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision;

    /// Whether it decides on single events of `topic`; otherwise only at the day's end.
    fn decides_on(&self, topic: Topic) -> bool {
        let _ = topic;
        false
    }

    /// Whether an effect of it has put off work of days that have closed, for that of the next ones. What is put off
    /// is no part of the state: it goes with the machine, and the days are decided again.
    fn puts_off(&self) -> bool {
        false
    }

    /// Carries out what is put off, as effects are: called when no more input is at hand, after two seconds, and before
    /// the offsets of those days are committed and the state is saved.
    ///
    /// # Errors
    /// As of an effect.
    fn carry_out(&self) -> Result<(), EffectError> {
        Ok(())
    }

    /// Adds this role's own fields to its day marker.
    fn note(&self, marker: &mut DayClosed) {
        let _ = marker;
    }

    /// Ends the day; its marker is published.
    fn close_day(&mut self, day: Day);

    /// The whole state; equal states give equal bytes.
    fn save(&self) -> Vec<u8>;

    /// Restores a saved state.
    ///
    /// # Errors
    /// [`BadState`] if the bytes are not a state of this machine.
    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState>;
}
