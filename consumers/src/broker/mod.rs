//! The broker role: answers each order of the previous day at the day's open. Without an external
//! broker the answers are a pure function of the log; with one they are its recorded answers.
//!
//! Invariants:
//! 1. An order id is used once; a second order under it is rejected.
//! 2. Under halt an opening order is answered by a cancel that names the `controls` offset and uses
//!    its id up; a closing order is always carried out.
//! 3. A closing order works until its ticker has a bar, or until the evaluation day is over: then it
//!    is settled at the last close. An opening order lives one day.
//! 4. A split cancels every order of its ticker: their strikes no longer exist.
//! 5. An order of unknown fate is never sent again.

mod order;
mod submission;
mod terms;
#[cfg(test)]
mod tests;
mod trade;
mod venue;

pub use terms::Terms;
pub use trade::Trade;
pub use venue::{Order, OrderStatus, Venue, VenueError};

use order::WorkingOrder;
use quant::LastBars;
use schemas::events::{Action, Bars, Fills, Orders};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use submission::OrderTask;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct BrokerState {
    book: LastBars,
    used: BTreeSet<i64>,
    /// By order id and intent event: an id may be used twice.
    working: BTreeMap<(i64, EventId), WorkingOrder>,
}

/// The broker's machine.
#[derive(Default)]
pub struct Broker {
    state: BrokerState,
    venue: Option<Arc<dyn Venue>>,
}

impl Broker {
    /// A broker role whose orders go to `venue`.
    pub fn with_venue(venue: Arc<dyn Venue>) -> Broker {
        Broker { state: BrokerState::default(), venue: Some(venue) }
    }

    /// The answer without an external broker.
    fn answer(&self, order: &WorkingOrder, day: Day, context: &Context<'_>) -> Vec<Event> {
        if order.reused {
            return vec![order.used_before(day)];
        }
        if order.unknown {
            return Vec::new(); // only the external broker that got it can settle it
        }
        if order.split {
            return vec![order.cancel(day, "SPLIT", &order.split_reason())];
        }
        let halted = context.controls.halted.get(&order.intent.track);
        if let Some(offset) = halted.filter(|_| order.intent.action == Action::Open) {
            return vec![order.cancel(day, "HALTED", &order.halted_by(*offset))];
        }
        let terms = Terms::of(order, day, &self.state.book);
        let ended = match OrderStatus::by_terms(order.intent.broker_order_id, &terms) {
            OrderStatus::Executed { execution_id, trade } => {
                Some(order.execute(day, execution_id, &trade))
            }
            OrderStatus::Cancelled { code, reason } => Some(order.cancel(day, &code, &reason)),
            OrderStatus::Nothing | OrderStatus::Working | OrderStatus::Withdrawn { .. } => None,
        };
        order.acknowledge(day).into_iter().chain(ended).collect()
    }

    /// Every order with this id.
    fn of_id(&mut self, id: i64) -> impl Iterator<Item = &mut WorkingOrder> {
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
                let before = |order: &&mut WorkingOrder| {
                    order.ticker == event.ticker && order.decided < action.effective_day
                };
                let old = self.state.working.values_mut().filter(before);
                old.for_each(|order| order.split = true);
            }
            Body::Orders(Orders::OrderIntended(intent)) => {
                let reused = !self.state.used.insert(intent.broker_order_id);
                let working = WorkingOrder {
                    ticker: event.ticker.clone(),
                    intent: intent.clone(),
                    decided: event.day,
                    event: event.id,
                    acknowledged: false,
                    unknown: false,
                    reused,
                    split: false,
                };
                self.state.working.insert((intent.broker_order_id, event.id), working);
            }
            Body::Fills(Fills::OrderAcknowledged(order)) => {
                for working in self.of_id(order.broker_order_id) {
                    (working.acknowledged, working.unknown) = (true, false);
                }
            }
            Body::Fills(Fills::OrderUnknown(order)) => {
                self.of_id(order.broker_order_id).for_each(|working| working.unknown = true);
            }
            Body::Fills(Fills::OrderRejected(ended)) if ended.code == "ID_USED" => {
                self.state.working.retain(|(order, _), working| {
                    *order != ended.broker_order_id || !working.reused
                });
            }
            Body::Fills(Fills::OrderExecuted(done)) => self.drop_order(done.broker_order_id),
            Body::Fills(Fills::OrderCancelled(ended) | Fills::OrderRejected(ended)) => {
                self.drop_order(ended.broker_order_id)
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
        let tasks: Vec<OrderTask> = orders
            .map(|order| {
                let terms = Terms::of(order, day, &self.state.book);
                OrderTask { order: order.clone(), day, terms }
            })
            .collect();
        Decision {
            events: Vec::new(),
            effect: Some(Box::new(move |context| submission::handle_all(&tasks, &*venue, context))),
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
