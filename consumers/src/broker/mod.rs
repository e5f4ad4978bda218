//! The paper broker: it answers each order of the day before at the day's open, with the costs
//! that labels have.
//!
//! Invariants:
//! 1. An order id is used once; a second order under it is rejected.
//! 2. Under halt an order that opens is answered by a cancel that names the `controls` offset
//!    and uses its id up; an order that closes is always carried out.
//! 3. An order that closes works until its ticker has a bar; one that opens lives one day.
//! 4. A split cancels every order of its ticker: the strikes they name are there no more.

#[cfg(test)]
mod tests;

use quant::{Book, entry, mark};
use schemas::events::{
    Acknowledged, Action, Bars, Execution, Fills, OrderEnded, OrderIntent, Orders,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId, Money};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An order the broker has not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Working {
    ticker: String,
    intent: OrderIntent,
    event: EventId,
    acknowledged: bool,
    reused: bool,
    split: bool,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    book: Book,
    used: BTreeSet<i64>,
    /// By order id and intent event, so that a second use of an id has a place.
    working: BTreeMap<(i64, EventId), Working>,
}

/// The broker's answers.
#[derive(Default)]
pub struct PaperBroker(State);

impl PaperBroker {
    fn answer(&self, order: &Working, day: Day, context: &Context<'_>) -> Vec<Event> {
        let intent = &order.intent;
        let about = |what: &str| [order.event.to_string(), what.to_owned()];
        let say = |what: &str, said: Fills| {
            let about = about(what);
            Event::new(day, &order.ticker, &[&about[0], &about[1]], said)
                .about_candidate(intent.candidate)
        };
        let ended = |code: &str, reason: String| OrderEnded {
            broker_order_id: intent.broker_order_id,
            track: intent.track,
            action: intent.action,
            candidate: intent.candidate,
            code: code.to_owned(),
            reason,
        };
        if order.reused {
            let reason = format!("order id {} has been used before", intent.broker_order_id);
            return vec![say("rejected", Fills::OrderRejected(ended("ID_USED", reason)))];
        }
        if order.split {
            let reason =
                format!("{} was split before the order was carried out; order again", order.ticker);
            return vec![say("cancelled", Fills::OrderCancelled(ended("SPLIT", reason)))];
        }
        let opening = intent.action == Action::Open;
        if let (true, Some(offset)) = (opening, context.controls.halted.get(&intent.track)) {
            let reason = format!("{} was halted at controls offset {offset}", intent.track.name());
            return vec![say("cancelled", Fills::OrderCancelled(ended("HALTED", reason)))];
        }
        let mut said = Vec::new();
        if !order.acknowledged {
            let acknowledged =
                Acknowledged { broker_order_id: intent.broker_order_id, track: intent.track };
            said.push(say("acknowledged", Fills::OrderAcknowledged(acknowledged)));
        }
        match self.execute(order, day) {
            Ok(Some(execution)) => said.push(say("executed", Fills::OrderExecuted(execution))),
            Ok(None) => {}
            Err((code, reason)) => {
                said.push(say("cancelled", Fills::OrderCancelled(ended(code, reason))))
            }
        }
        said
    }

    /// The trade at the day's open; none for an order that goes on working.
    fn execute(
        &self,
        order: &Working,
        day: Day,
    ) -> Result<Option<Execution>, (&'static str, String)> {
        let intent = &order.intent;
        let Some(bar) = self.0.book.bar(&order.ticker, day) else {
            return match intent.action {
                Action::Open => Err(("NO_BAR", format!("{} has no bar on {day}", order.ticker))),
                Action::Close => Ok(None),
            };
        };
        let (butterfly, pricing) = ((&intent.structure).into(), (&intent.pricing).into());
        let at = entry(&butterfly, day, bar.open, intent.sigma, &pricing);
        if intent.action == Action::Open && !at.tradable {
            let reason = format!(
                "the capital at risk is {:.3} of the wing at the open, outside 0.05 to 0.95",
                at.max_loss
            );
            return Err(("NOT_TRADABLE", reason));
        }
        let now = mark(&butterfly, bar.open, intent.sigma, day, &pricing);
        let (Some(price), Some(fees)) =
            (Money::from_dollars(now.debit), Money::from_dollars(now.cost))
        else {
            return Err(("NO_PRICE", "the price is not a finite number".to_owned()));
        };
        Ok(Some(Execution {
            broker_order_id: intent.broker_order_id,
            track: intent.track,
            execution_id: format!("paper-{}", intent.broker_order_id),
            action: intent.action,
            candidate: intent.candidate,
            structure: intent.structure.clone(),
            quantity: intent.quantity,
            price,
            fees,
            spot: bar.open,
            sigma: intent.sigma,
            pricing: intent.pricing,
        }))
    }

    fn drop_order(&mut self, id: i64) {
        self.0.working.retain(|(order, _), _| *order != id);
    }
}

impl Machine for PaperBroker {
    fn evolve(&mut self, event: &Event) {
        self.0.book.take(event);
        match &event.body {
            Body::Bars(Bars::CorporateAction(action)) if action.split().is_some() => {
                let of_ticker =
                    self.0.working.values_mut().filter(|order| order.ticker == event.ticker);
                of_ticker.for_each(|order| order.split = true);
            }
            Body::Orders(Orders::OrderIntended(intent)) => {
                let reused = !self.0.used.insert(intent.broker_order_id);
                let working = Working {
                    ticker: event.ticker.clone(),
                    intent: intent.clone(),
                    event: event.id,
                    acknowledged: false,
                    reused,
                    split: false,
                };
                self.0.working.insert((intent.broker_order_id, event.id), working);
            }
            Body::Fills(Fills::OrderAcknowledged(said)) => {
                let id = said.broker_order_id;
                for (_, working) in self
                    .0
                    .working
                    .range_mut((id, EventId::default())..)
                    .take_while(|((order, _), _)| *order == id)
                {
                    working.acknowledged = true;
                }
            }
            Body::Fills(Fills::OrderRejected(said)) if said.code == "ID_USED" => {
                self.0.working.retain(|(order, _), working| {
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
        self.0
            .working
            .values()
            .flat_map(|order| self.answer(order, day, context))
            .collect::<Vec<_>>()
            .into()
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        save_state(&self.0)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.0 = restore_state(Role::Broker, saved)?;
        Ok(())
    }
}
