//! The materializer: every event of a day, in reading order, handed over to the views and the
//! lake when the day closes.
//!
//! Invariants:
//! 1. A day is handed over whole, after its last marker; the sink may see a day again after a
//!    crash and makes the same of it.
//! 2. Views are made under the settings the day's orders were decided under.

use schemas::events::Settings;
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where days go.
pub trait Sink: Send + Sync {
    /// Takes all events of `day`, bars first, models last.
    ///
    /// # Errors
    /// A sentence that says what could not be written, where, and what to do.
    fn day(&self, day: Day, events: &[Event], settings: &Settings) -> Result<(), String>;
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    today: Vec<Event>,
    decided_under: i64,
}

/// Collects days for a sink.
pub struct Materializer {
    sink: Arc<dyn Sink>,
    state: State,
}

impl Materializer {
    /// Hands days to `sink`.
    pub fn new(sink: Arc<dyn Sink>) -> Materializer {
        Materializer { sink, state: State::default() }
    }
}

impl Machine for Materializer {
    fn evolve(&mut self, event: &Event) {
        if let (Body::Orders(_), Some(_)) = (&event.body, event.body.marker()) {
            self.state.decided_under = event.control_offset.unwrap_or(-1);
        }
        self.state.today.push(event.clone());
    }

    fn decide(&self, cause: Cause<'_>, _: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let (sink, State { today, decided_under }) = (Arc::clone(&self.sink), self.state.clone());
        Decision {
            events: Vec::new(),
            effect: Some(Box::new(move |world| {
                sink.day(day, &today, &world.settings(decided_under)?)?;
                Ok(Vec::new())
            })),
        }
    }

    fn close_day(&mut self, _: Day) {
        self.state.today.clear();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = restore_state(Role::Materializer, saved)?;
        Ok(())
    }
}
