//! A machine driven by hand, as the shell drives it: one harness for the tests of every room that
//! has machines.

use crate::controls::ControlState;
use crate::role::{Cause, Context, Decision, Machine};
use crate::{Day, Event};

/// A machine and the controls it decides under.
pub struct Driven<M> {
    /// Under test.
    pub machine: M,
    /// As an operator left them.
    pub controls: ControlState,
    /// The day ended last.
    pub previous: Day,
}

impl<M: Machine> Driven<M> {
    /// Drives `machine` under the controls of a run without any.
    pub fn new(machine: M) -> Driven<M> {
        Driven { machine, controls: ControlState::default(), previous: Day::default() }
    }

    /// Applies events.
    pub fn take(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.machine.evolve(&event));
    }

    /// The decision on `cause`; panics if deciding changes the state.
    pub fn decide(&self, cause: Cause<'_>) -> Decision {
        let before = self.machine.save();
        let context = Context { controls: &self.controls, samples_end: &[] };
        let decision = self.machine.decide(cause, &context);
        assert_eq!(self.machine.save(), before, "deciding changes nothing");
        decision
    }

    /// The decision at the end of `day`, recorded under the controls' last offset.
    pub fn decide_day(&self, day: Day) -> Decision {
        let mut decision = self.decide(Cause::DayClosed { day, previous: self.previous });
        let offset = Some(self.controls.offset);
        decision.events.iter_mut().for_each(|event| event.control_offset = offset);
        decision
    }

    /// Ends `day` as the shell does: decides, applies what was decided, closes the day.
    pub fn end(&mut self, day: Day) -> Vec<Event> {
        let decided = self.decide_day(day).events;
        self.take(decided.clone());
        self.machine.close_day(day);
        self.previous = day;
        decided
    }

    /// Restarts the machine: `fresh` gets the saved state; panics unless it saves the same bytes.
    pub fn restart(&mut self, mut fresh: M) {
        let saved = self.machine.save();
        let restored = fresh.restore(&saved);
        assert!(restored.is_ok(), "{restored:?}");
        assert_eq!(fresh.save(), saved, "saving and restoring is the identity");
        self.machine = fresh;
    }
}
