//! The materializer: collects a day's events in reading order and writes them to the views and
//! the lake when the day closes.
//!
//! Invariants:
//! 1. A day is written whole, after its last marker. After a crash it may be written again, with
//!    the same result.
//! 2. Views use the settings under which the day's orders were decided.

use schemas::events::Settings;
use schemas::role::{
    BadState, Cause, Context, Decision, EffectError, Machine, Role, restore_state, save_state,
};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The views and the lake, which days are written to.
pub trait Projections: Send + Sync {
    /// Writes all events of `day`, bars first, models last.
    ///
    /// # Errors
    /// What could not be written, where, and what to do.
    fn write_day(&self, day: Day, events: &[Event], settings: &Settings)
    -> Result<(), EffectError>;
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct MaterializerState {
    today: Vec<Event>,
    decided_under: i64,
}

/// The materializer's machine.
pub struct Materializer {
    projections: Arc<dyn Projections>,
    /// Shared with the effect that writes the day.
    state: Arc<MaterializerState>,
}

impl Materializer {
    /// A machine that writes days to `projections`.
    pub fn new(projections: Arc<dyn Projections>) -> Materializer {
        Materializer { projections, state: Arc::default() }
    }
}

impl Machine for Materializer {
    fn evolve(&mut self, event: &Event) {
        let state = Arc::make_mut(&mut self.state);
        if let (Body::Orders(_), Some(_)) = (&event.body, event.body.marker()) {
            state.decided_under = event.control_offset.unwrap_or(-1);
        }
        state.today.push(event.clone());
    }

    fn decide(&self, cause: Cause<'_>, _: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let (projections, state) = (Arc::clone(&self.projections), Arc::clone(&self.state));
        Decision {
            events: Vec::new(),
            effect: Some(Box::new(move |context| {
                let settings = context.settings(state.decided_under)?;
                projections.write_day(day, &state.today, &settings)?;
                Ok(Vec::new())
            })),
        }
    }

    fn close_day(&mut self, _: Day) {
        Arc::make_mut(&mut self.state).today.clear();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&*self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = Arc::new(restore_state(Role::Materializer, saved)?);
        Ok(())
    }
}
