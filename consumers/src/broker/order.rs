//! An order that the broker has not ended, and the events that record what became of it.

use super::trade::Trade;
use schemas::events::{Acknowledged, Execution, Fills, OrderEnded, OrderIntent};
use schemas::{Day, Event, EventId};
use serde::{Deserialize, Serialize};

/// An order that the broker has not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct WorkingOrder {
    pub(super) ticker: String,
    pub(super) intent: OrderIntent,
    /// The day at whose close it was decided.
    pub(super) decided: Day,
    /// The intent's event.
    pub(super) event: EventId,
    pub(super) acknowledged: bool,
    /// Its fate at the broker is unknown.
    pub(super) unknown: bool,
    /// An earlier order has the same id.
    pub(super) reused: bool,
    /// Its stock was split after the order was decided.
    pub(super) split: bool,
}

impl WorkingOrder {
    pub(super) fn used_before(&self, day: Day) -> Event {
        let id = self.intent.broker_order_id;
        self.reject(day, "ID_USED", &format!("order id {id} has been used before"))
    }

    pub(super) fn split_reason(&self) -> String {
        format!("{} was split before the order was carried out; order again", self.ticker)
    }

    pub(super) fn halted_by(&self, offset: i64) -> String {
        format!("{} was halted at controls offset {offset}", self.intent.track.name())
    }
}

/// The events about an order, each with an id of its own.
impl WorkingOrder {
    fn event(&self, day: Day, what: &str, fill: Fills) -> Event {
        Event::new(day, &self.ticker, &[&self.event.to_string(), what], fill)
            .about_candidate(self.intent.candidate)
    }

    fn ended(&self, code: &str, reason: &str) -> OrderEnded {
        OrderEnded {
            broker_order_id: self.intent.broker_order_id,
            track: self.intent.track,
            action: self.intent.action,
            candidate: self.intent.candidate,
            code: code.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The broker has the order; written once.
    pub(super) fn acknowledge(&self, day: Day) -> Option<Event> {
        let (broker_order_id, track) = (self.intent.broker_order_id, self.intent.track);
        let fill = || Fills::OrderAcknowledged(Acknowledged { broker_order_id, track });
        (!self.acknowledged).then(|| self.event(day, "acknowledged", fill()))
    }

    pub(super) fn execute(&self, day: Day, execution_id: String, trade: &Trade) -> Event {
        let intent = &self.intent;
        let execution = Execution {
            broker_order_id: intent.broker_order_id,
            track: intent.track,
            execution_id,
            action: intent.action,
            candidate: intent.candidate,
            structure: intent.structure.clone(),
            quantity: intent.quantity,
            price: trade.price,
            fees: trade.fees,
            spot: trade.spot,
            sigma: intent.sigma,
            pricing: intent.pricing,
        };
        self.event(day, "executed", Fills::OrderExecuted(execution))
    }

    pub(super) fn cancel(&self, day: Day, code: &str, reason: &str) -> Event {
        self.event(day, "cancelled", Fills::OrderCancelled(self.ended(code, reason)))
    }

    pub(super) fn reject(&self, day: Day, code: &str, reason: &str) -> Event {
        self.event(day, "rejected", Fills::OrderRejected(self.ended(code, reason)))
    }

    /// The order's fate is unknown; written once, and never for an order the broker is known to have.
    pub(super) fn report_unknown(&self, day: Day, reason: &str) -> Option<Event> {
        (!self.unknown && !self.acknowledged).then(|| {
            self.event(day, "unknown", Fills::OrderUnknown(self.ended("NO_ANSWER", reason)))
        })
    }
}
