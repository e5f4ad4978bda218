//! The materializer: collects a day's events in reading order and writes them to the views and
//! the lake when the day has closed.
//!
//! Invariants:
//! 1. A day is written whole, after its last marker. After a crash it may be written again, with
//!    the same result.
//! 2. Views use the settings under which the day's orders were decided.
//! 3. Closed days are put off while more input is at hand, until the first of another month: a month in one piece costs
//!    a fraction of its days. Two seconds and 20,000 events are the most. Their offsets are committed after they are
//!    written.

use schemas::events::Settings;
use schemas::role::{
    BadState, Cause, Context, Decision, EffectError, Machine, Role, restore_state, save_state,
};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Events above which no more days are put off: those of a month of a hundred stocks.
const MOST_EVENTS: usize = 20_000;

/// A day that has closed.
pub struct ClosedDay {
    /// The day.
    pub day: Day,
    /// The settings under which its orders were decided.
    pub settings: Settings,
    state: Arc<MaterializerState>,
}

impl ClosedDay {
    /// All of its events, bars first, models last.
    pub fn events(&self) -> &[Event] {
        &self.state.today
    }
}

/// The views and the lake, which days are written to.
pub trait Projections: Send + Sync {
    /// Writes days, in their order.
    ///
    /// # Errors
    /// What could not be written, where, and what to do.
    fn write_days(&self, days: &[ClosedDay]) -> Result<(), EffectError>;
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct MaterializerState {
    today: Vec<Event>,
    decided_under: i64,
}

/// The materializer's machine.
pub struct Materializer {
    projections: Arc<dyn Projections>,
    /// Shared with the days that are put off.
    state: Arc<MaterializerState>,
    put_off: Arc<Mutex<Vec<ClosedDay>>>,
}

impl Materializer {
    /// A machine that writes days to `projections`.
    pub fn new(projections: Arc<dyn Projections>) -> Materializer {
        Materializer { projections, state: Arc::default(), put_off: Arc::default() }
    }
}

fn held(days: &Mutex<Vec<ClosedDay>>) -> MutexGuard<'_, Vec<ClosedDay>> {
    days.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether these days are to be written now.
fn are_due(days: &[ClosedDay]) -> bool {
    let month = |day: &ClosedDay| day.day.to_string().chars().take(7).collect::<String>();
    days.first().map(month) != days.last().map(month)
        || days.iter().map(|day| day.events().len()).sum::<usize>() > MOST_EVENTS
}

fn write(projections: &dyn Projections, days: &mut Vec<ClosedDay>) -> Result<(), EffectError> {
    projections.write_days(days)?;
    days.clear();
    Ok(())
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
        let put_off = Arc::clone(&self.put_off);
        Decision {
            events: Vec::new(),
            effect: Some(Box::new(move |context| {
                let settings = context.settings(state.decided_under)?;
                let mut days = held(&put_off);
                days.push(ClosedDay { day, settings, state });
                if are_due(&days) {
                    write(&*projections, &mut days)?;
                }
                Ok(Vec::new())
            })),
        }
    }

    fn puts_off(&self) -> bool {
        !held(&self.put_off).is_empty()
    }

    fn carry_out(&self) -> Result<(), EffectError> {
        let mut days = held(&self.put_off);
        if days.is_empty() { Ok(()) } else { write(&*self.projections, &mut days) }
    }

    fn close_day(&mut self, _: Day) {
        let MaterializerState { today, decided_under } = &*self.state;
        // The next day is about as long.
        let (today, decided_under) = (Vec::with_capacity(today.len()), *decided_under);
        self.state = Arc::new(MaterializerState { today, decided_under });
    }

    fn save(&self) -> Vec<u8> {
        save_state(&*self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = Arc::new(restore_state(Role::Materializer, saved)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
