//! The broker role: it answers each order of the day before at the day's open. Where no broker is
//! outside, the answers are a pure function of the log; else they are what the outside said, and
//! recorded.
//!
//! Invariants:
//! 1. An order id is used once; a second order under it is rejected.
//! 2. Under halt an order that opens is answered by a cancel that names the `controls` offset
//!    and uses its id up; an order that closes is always carried out.
//! 3. An order that closes works until its ticker has a bar; one that opens lives one day.
//! 4. A split cancels every order of its ticker: the strikes they name are there no more.
//! 5. An order of unknown fate is never sent again.

mod fills;
#[cfg(test)]
mod tests;
mod venue;

pub use fills::{Terms, Trade};
pub use venue::{Order, Standing, Venue, VenueError};

use quant::PriceHistory;
use schemas::events::{Action, Bars, Fills, OrderIntent, Orders};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use venue::Errand;

/// An order the broker has not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Working {
    ticker: String,
    intent: OrderIntent,
    event: EventId,
    acknowledged: bool,
    unknown: bool,
    reused: bool,
    split: bool,
}

impl Working {
    fn used_before(&self, day: Day) -> Event {
        let id = self.intent.broker_order_id;
        self.reject(day, "ID_USED", &format!("order id {id} has been used before"))
    }

    fn split_reason(&self) -> String {
        format!("{} was split before the order was carried out; order again", self.ticker)
    }

    fn halted_by(&self, offset: i64) -> String {
        format!("{} was halted at controls offset {offset}", self.intent.track.name())
    }
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    book: PriceHistory,
    used: BTreeSet<i64>,
    /// By order id and intent event, so that a second use of an id has a place.
    working: BTreeMap<(i64, EventId), Working>,
}

/// The broker's answers.
#[derive(Default)]
pub struct Broker {
    state: State,
    venue: Option<Arc<dyn Venue>>,
}

impl Broker {
    /// Over a broker outside.
    pub fn at(venue: Arc<dyn Venue>) -> Broker {
        Broker { state: State::default(), venue: Some(venue) }
    }

    /// The answer where no broker is outside.
    fn answer(&self, order: &Working, day: Day, context: &Context<'_>) -> Vec<Event> {
        if order.reused {
            return vec![order.used_before(day)];
        }
        if order.unknown {
            return Vec::new(); // it went to a broker outside, which alone can settle it
        }
        if order.split {
            return vec![order.cancel(day, "SPLIT", &order.split_reason())];
        }
        let halted = context.controls.halted.get(&order.intent.track);
        if let Some(offset) = halted.filter(|_| order.intent.action == Action::Open) {
            return vec![order.cancel(day, "HALTED", &order.halted_by(*offset))];
        }
        let ended = match Terms::of(order, day, &self.state.book) {
            Terms::Trade(trade) => {
                let execution_id = format!("paper-{}", order.intent.broker_order_id);
                Some(order.execute(day, execution_id, &trade))
            }
            Terms::Cancel { code, reason } => Some(order.cancel(day, &code, &reason)),
            Terms::Wait => None,
        };
        order.acknowledge(day).into_iter().chain(ended).collect()
    }

    /// Every order of this id.
    fn of_id(&mut self, id: i64) -> impl Iterator<Item = &mut Working> {
        let orders = self.state.working.range_mut((id, EventId::default())..);
        orders.take_while(move |((order, _), _)| *order == id).map(|(_, working)| working)
    }

    fn drop_order(&mut self, id: i64) {
        self.state.working.retain(|(order, _), _| *order != id);
    }
}

impl Machine for Broker {
    fn evolve(&mut self, event: &Event) {
        self.state.book.apply(event);
        match &event.body {
            Body::Bars(Bars::CorporateAction(action)) if action.split().is_some() => {
                let of_ticker =
                    self.state.working.values_mut().filter(|order| order.ticker == event.ticker);
                of_ticker.for_each(|order| order.split = true);
            }
            Body::Orders(Orders::OrderIntended(intent)) => {
                let reused = !self.state.used.insert(intent.broker_order_id);
                let working = Working {
                    ticker: event.ticker.clone(),
                    intent: intent.clone(),
                    event: event.id,
                    acknowledged: false,
                    unknown: false,
                    reused,
                    split: false,
                };
                self.state.working.insert((intent.broker_order_id, event.id), working);
            }
            Body::Fills(Fills::OrderAcknowledged(said)) => {
                for working in self.of_id(said.broker_order_id) {
                    (working.acknowledged, working.unknown) = (true, false);
                }
            }
            Body::Fills(Fills::OrderUnknown(said)) => {
                self.of_id(said.broker_order_id).for_each(|working| working.unknown = true);
            }
            Body::Fills(Fills::OrderRejected(said)) if said.code == "ID_USED" => {
                self.state.working.retain(|(order, _), working| {
                    *order != said.broker_order_id || !working.reused
                });
            }
            Body::Fills(Fills::OrderExecuted(said)) => self.drop_order(said.broker_order_id),
            Body::Fills(Fills::OrderCancelled(said) | Fills::OrderRejected(said)) => {
                self.drop_order(said.broker_order_id)
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let orders = self.state.working.values();
        let Some(venue) = self.venue.clone().filter(|_| !self.state.working.is_empty()) else {
            return orders
                .flat_map(|order| self.answer(order, day, context))
                .collect::<Vec<_>>()
                .into();
        };
        let errands: Vec<Errand> = orders
            .map(|order| {
                let terms = Terms::of(order, day, &self.state.book);
                Errand { order: order.clone(), day, terms }
            })
            .collect();
        Decision {
            events: Vec::new(),
            effect: Some(Box::new(move |world| venue::see_to(&errands, &*venue, world))),
        }
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        save_state(&self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = restore_state(Role::Broker, saved)?;
        Ok(())
    }
}
