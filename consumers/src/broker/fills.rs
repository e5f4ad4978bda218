//! What an order comes to at the day's open, with the costs that labels have, and the events that
//! say what became of it.

use super::Working;
use quant::{PriceHistory, entry, mark};
use schemas::events::{Acknowledged, Action, Execution, Fills, OrderEnded};
use schemas::{Day, Event, Money};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A trade as it is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Trade {
    /// Mid value per share.
    pub price: Money,
    /// Spread and commission per share.
    pub fees: Money,
    /// The stock's price it is done at; text on the wire, so that every bit of it comes back.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub spot: f64,
}

fn as_text<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// What the day's market makes of an order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "terms", rename_all = "snake_case")]
pub enum Terms {
    /// It trades.
    Trade(Trade),
    /// It ends without a trade.
    Cancel {
        /// Short and stable: `NO_BAR`.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// It goes on working.
    Wait,
}

impl Terms {
    fn cancel(code: &str, reason: String) -> Terms {
        Terms::Cancel { code: code.to_owned(), reason }
    }

    /// Of `order` at the open of `day`.
    pub(super) fn of(order: &Working, day: Day, market: &PriceHistory) -> Terms {
        let intent = &order.intent;
        let Some(bar) = market.bar(&order.ticker, day) else {
            return match intent.action {
                Action::Open => {
                    Terms::cancel("NO_BAR", format!("{} has no bar on {day}", order.ticker))
                }
                Action::Close => Terms::Wait,
            };
        };
        let (butterfly, pricing) = ((&intent.structure).into(), (&intent.pricing).into());
        let at = entry(&butterfly, day, bar.open, intent.sigma, &pricing);
        if intent.action == Action::Open && !at.tradable {
            let reason = format!(
                "the capital at risk is {:.3} of the wing at the open, outside 0.05 to 0.95",
                at.max_loss
            );
            return Terms::cancel("NOT_TRADABLE", reason);
        }
        let now = mark(&butterfly, bar.open, intent.sigma, day, &pricing);
        match (Money::from_dollars(now.debit), Money::from_dollars(now.cost)) {
            (Some(price), Some(fees)) => Terms::Trade(Trade { price, fees, spot: bar.open }),
            _ => Terms::cancel("NO_PRICE", "the price is not a finite number".to_owned()),
        }
    }
}

/// The events about an order, each with an id of its own.
impl Working {
    fn say(&self, day: Day, what: &str, said: Fills) -> Event {
        Event::new(day, &self.ticker, &[&self.event.to_string(), what], said)
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

    /// The broker has it; said once.
    pub(super) fn acknowledge(&self, day: Day) -> Option<Event> {
        let (broker_order_id, track) = (self.intent.broker_order_id, self.intent.track);
        let said = || Fills::OrderAcknowledged(Acknowledged { broker_order_id, track });
        (!self.acknowledged).then(|| self.say(day, "acknowledged", said()))
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
        self.say(day, "executed", Fills::OrderExecuted(execution))
    }

    pub(super) fn cancel(&self, day: Day, code: &str, reason: &str) -> Event {
        self.say(day, "cancelled", Fills::OrderCancelled(self.ended(code, reason)))
    }

    pub(super) fn reject(&self, day: Day, code: &str, reason: &str) -> Event {
        self.say(day, "rejected", Fills::OrderRejected(self.ended(code, reason)))
    }

    /// Nobody knows what became of it; said once, and not of one that the broker is known to have.
    pub(super) fn doubt(&self, day: Day, reason: &str) -> Option<Event> {
        (!self.unknown && !self.acknowledged)
            .then(|| self.say(day, "unknown", Fills::OrderUnknown(self.ended("NO_ANSWER", reason))))
    }
}
