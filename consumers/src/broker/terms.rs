//! The result of an order at the day's open, with the same costs as labels.

use super::order::WorkingOrder;
use super::trade::Trade;
use quant::{LastBars, Mark, entry, mark};
use schemas::events::Action;
use schemas::{Day, Money};
use serde::{Deserialize, Serialize};

/// The result of an order in the day's market.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "terms", rename_all = "snake_case")]
pub enum Terms {
    /// It trades.
    Trade(Trade),
    /// Its stock has stopped trading and its time is up: it ends at the last close, without a market.
    Settle(Trade),
    /// It ends without a trade.
    Cancel {
        /// Short and stable: `NO_BAR`.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// It keeps working.
    Wait,
}

impl Terms {
    fn cancel(code: &str, reason: String) -> Terms {
        Terms::Cancel { code: code.to_owned(), reason }
    }

    /// The terms of `order` at the open of `day`. A close waits for a bar until its evaluation day is
    /// over; then the position is settled, because nothing is held for longer.
    pub(super) fn of(order: &WorkingOrder, day: Day, market: &LastBars) -> Terms {
        let intent = &order.intent;
        let Some(bar) = market.bar(&order.ticker, day) else {
            return match intent.action {
                Action::Open => {
                    Terms::cancel("NO_BAR", format!("{} has no bar on {day}", order.ticker))
                }
                Action::Close if day > intent.structure.evaluation_day => {
                    Terms::settlement(order, market).unwrap_or(Terms::Wait)
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
        Terms::at(&now, bar.open, Terms::Trade)
    }

    /// The worth at the last known close, as of its day, with the last known volatility; a label
    /// ends there too.
    fn settlement(order: &WorkingOrder, market: &LastBars) -> Option<Terms> {
        let intent = &order.intent;
        let last = market.window(&order.ticker)?.last()?;
        let (butterfly, pricing) = ((&intent.structure).into(), (&intent.pricing).into());
        let then = mark(&butterfly, last.close, intent.sigma, last.day, &pricing);
        Some(Terms::at(&then, last.close, Terms::Settle))
    }

    fn at(mark: &Mark, spot: f64, terms: fn(Trade) -> Terms) -> Terms {
        match (Money::from_dollars(mark.debit), Money::from_dollars(mark.cost)) {
            (Some(price), Some(fees)) => terms(Trade { price, fees, spot }),
            _ => Terms::cancel("NO_PRICE", "the price is not a finite number".to_owned()),
        }
    }
}
