//! What the role asks an external broker, and in which order, so that an intent is submitted at most
//! once whatever fails and when.
//!
//! Invariants:
//! 1. Nothing is submitted before the broker has answered that it does not know the order id.
//! 2. `controls` are read to their end after that answer and before the submission.
//! 3. An order that is neither confirmed nor denied is recorded as unknown and never submitted
//!    again: every later day asks for it, until the broker has it or has used its id up.
//! 4. An order that is given up has its id used up at the broker before the log says so.

use super::order::WorkingOrder;
use super::terms::Terms;
use super::venue::{Order, OrderStatus, Venue, VenueError};
use schemas::events::Action;
use schemas::role::{EffectContext, EffectError};
use schemas::{Day, Event};

/// A working order on the day it is handled.
pub(super) struct OrderTask {
    pub(super) order: WorkingOrder,
    pub(super) day: Day,
    pub(super) terms: Terms,
}

/// Handles the orders one after the other; the events that record the results.
pub(super) fn handle_all(
    tasks: &[OrderTask],
    venue: &dyn Venue,
    context: &dyn EffectContext,
) -> Result<Vec<Event>, EffectError> {
    let (mut events, mut sent) = (Vec::new(), false);
    for task in tasks {
        // Submitted orders are at the broker; the next attempt asks for them first and so gets
        // further each time.
        if context.overdue() && sent {
            let what = "the broker is slow; the role polls its group and continues".to_owned();
            return Err(EffectError { what, away: true, stuck: false });
        }
        events.extend(task.handle(venue, context, &mut sent)?);
    }
    Ok(events)
}

type Recorded = Result<Vec<Event>, EffectError>;

impl OrderTask {
    fn id(&self) -> i64 {
        self.order.intent.broker_order_id
    }

    /// Sets `sent` if an order is submitted.
    fn handle(&self, venue: &dyn Venue, context: &dyn EffectContext, sent: &mut bool) -> Recorded {
        if self.order.reused {
            return Ok(vec![self.order.used_before(self.day)]);
        }
        if context.overdue() {
            return Ok(self.unknown(
                "there was no time left to ask the broker: it took too long over other orders",
            ));
        }
        let status = match venue.ask(self.id()) {
            Err(VenueError::NoAnswer(why)) => return Ok(self.unknown(&why)),
            status => status?,
        };
        let was_sent = self.order.unknown || self.order.acknowledged;
        match status {
            OrderStatus::Nothing if was_sent => self.give_up(venue),
            OrderStatus::Nothing => {
                *sent = true;
                self.unless_halted(venue, context, || self.submit(venue))
            }
            OrderStatus::Working if self.terms != Terms::Wait => {
                self.unless_halted(venue, context, || self.amend(venue))
            }
            OrderStatus::Working if self.order.split => self.withdraw_split(venue),
            known => Ok(self.recorded(known)),
        }
    }

    /// Reads `controls` first; trades unless they halt the track.
    fn unless_halted(
        &self,
        venue: &dyn Venue,
        context: &dyn EffectContext,
        trade: impl FnOnce() -> Recorded,
    ) -> Recorded {
        if self.order.split {
            return self.withdraw_split(venue);
        }
        let controls = context.controls()?;
        let intent = &self.order.intent;
        let halted = controls.halted.get(&intent.track);
        let mut events = match halted.filter(|_| intent.action == Action::Open) {
            Some(offset) => {
                let reason = self.order.halted_by(*offset);
                self.withdraw(venue, "HALTED", &reason)?
            }
            None => trade()?,
        };
        events.iter_mut().for_each(|event| event.control_offset = Some(controls.offset));
        Ok(events)
    }

    fn amend(&self, venue: &dyn Venue) -> Recorded {
        match venue.amend(self.id(), &self.terms) {
            // The broker has the order; tomorrow's first call gives the result of today's terms.
            Err(VenueError::NoAnswer(_)) => Ok(self.recorded(OrderStatus::Working)),
            status => Ok(self.recorded(status?)),
        }
    }

    fn submit(&self, venue: &dyn Venue) -> Recorded {
        let order = Order {
            id: self.id(),
            ticker: self.order.ticker.clone(),
            track: self.order.intent.track,
            action: self.order.intent.action,
            candidate: self.order.intent.candidate,
            quantity: self.order.intent.quantity,
            terms: self.terms.clone(),
        };
        match venue.submit(&order) {
            Ok(status) => Ok(self.recorded(status)),
            Err(VenueError::Refused { code, reason }) => {
                Ok(vec![self.order.reject(self.day, &code, &reason)])
            }
            Err(VenueError::NoAnswer(_)) => match venue.ask(self.id()) {
                Err(VenueError::NoAnswer(why)) => Ok(self.unknown(&why)),
                Ok(OrderStatus::Nothing) => self.give_up(venue),
                status => Ok(self.recorded(status?)),
            },
            Err(other) => Err(other.into()),
        }
    }

    /// The order was submitted and the broker does not have it: make sure that it never will.
    fn give_up(&self, venue: &dyn Venue) -> Recorded {
        self.withdraw(
            venue,
            "LOST",
            "the broker never received the order; its id there is now used up",
        )
    }

    fn withdraw_split(&self, venue: &dyn Venue) -> Recorded {
        self.withdraw(venue, "SPLIT", &self.order.split_reason())
    }

    fn withdraw(&self, venue: &dyn Venue, code: &str, reason: &str) -> Recorded {
        match venue.withdraw(self.id(), code, reason) {
            Err(VenueError::NoAnswer(why)) => Ok(self.unknown(&why)),
            status => Ok(self.recorded(status?)),
        }
    }

    /// The broker's status as events.
    fn recorded(&self, status: OrderStatus) -> Vec<Event> {
        let (order, day) = (&self.order, self.day);
        let ended = match status {
            OrderStatus::Nothing => return Vec::new(),
            OrderStatus::Withdrawn { code, reason } => {
                return vec![order.cancel(day, &code, &reason)];
            }
            OrderStatus::Working => None,
            OrderStatus::Executed { execution_id, trade } => {
                Some(order.execute(day, execution_id, &trade))
            }
            OrderStatus::Cancelled { code, reason } => Some(order.cancel(day, &code, &reason)),
        };
        order.acknowledge(day).into_iter().chain(ended).collect()
    }

    fn unknown(&self, why: &str) -> Vec<Event> {
        self.order.report_unknown(self.day, why).into_iter().collect()
    }
}
