//! The orders about a candidate on one track, what the broker answered, and the result.

use super::ages::trading_days;
use super::chains::{Answered, Chains, Ordered};
use super::place::At;
use super::prices::PriceFact;
use schemas::events::{Action, Bars, CorporateAction, Fills, OrderIntent, Orders, Track};
use schemas::{Body, Day, Event, EventId, Money, TradingCalendar};
use serde::Serialize;
use store::json::dollars;
use store::views::{ClosedTrade, PositionBook};

/// What the broker answered to an order.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Answer {
    /// It has the order.
    Acknowledged,
    /// It traded.
    Executed {
        /// Its id of the trade.
        execution_id: String,
        /// Contracts.
        quantity: i64,
        /// Mid value per share.
        #[serde(with = "dollars")]
        price: Money,
        /// Spread and commission per share.
        #[serde(with = "dollars")]
        fees: Money,
        /// The stock's price.
        spot: f64,
        /// Volatility used in pricing, a fraction a year.
        sigma: f64,
    },
    /// The order ended without a trade.
    Cancelled {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// The broker refused it.
    Rejected {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// Its fate is not known.
    Unknown {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
}

/// An order and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OrderStory {
    /// The intent.
    pub order: At<OrderIntent>,
    /// The answers, in the order of the log.
    pub answers: Vec<At<Answer>>,
}

/// A closed trade, or the closed part of one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TradeResult {
    /// The day it was entered.
    pub entry_day: Day,
    /// The day it was closed.
    pub exit_day: Day,
    /// Calendar days from one to the other.
    pub days_held: i32,
    /// Trading days from one to the other.
    pub trading_days_held: i32,
    /// Contracts closed.
    pub quantity: i64,
    /// Gain or loss.
    #[serde(with = "dollars")]
    pub pnl: Money,
    /// Capital at risk in them.
    #[serde(with = "dollars")]
    pub capital_at_risk: Money,
    /// `pnl` ÷ `capital_at_risk`.
    pub roi: f64,
    /// Why it was closed.
    pub reason: String,
}

/// What a track did about a candidate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrackTrade {
    /// The track.
    pub track: Track,
    /// Its orders about the candidate, in the order of the log.
    pub orders: Vec<OrderStory>,
    /// What was closed of it.
    pub results: Vec<TradeResult>,
    /// Contracts still held.
    pub held: i64,
}

impl Chains {
    /// What `track` did about a candidate; nothing if it gave no order.
    pub(super) fn trade(
        &self,
        track: Track,
        candidate: &EventId,
        calendar: TradingCalendar,
    ) -> Option<TrackTrade> {
        let orders = self.orders.get(candidate).into_iter().flatten();
        let own: Vec<&At<Ordered>> =
            orders.filter(|order| order.what.intent.track == track).collect();
        let ticker = &own.first()?.what.ticker;
        let mut book = PositionBook::default();
        let mut closed = Vec::new();
        for (day, events) in self.by_days(ticker, &own) {
            closed.extend(book.close_trades(day, &events));
        }
        let result = |trade: ClosedTrade| TradeResult {
            entry_day: trade.entry_day,
            exit_day: trade.exit_day,
            days_held: trade.exit_day - trade.entry_day,
            trading_days_held: trading_days(calendar, trade.entry_day, trade.exit_day),
            quantity: trade.quantity,
            pnl: trade.pnl,
            capital_at_risk: trade.capital_at_risk,
            roi: trade.roi,
            reason: trade.reason,
        };
        Some(TrackTrade {
            track,
            results: closed.into_iter().map(result).collect(),
            held: book.positions().map(|held| held.quantity).sum(),
            orders: own.iter().map(|order| self.story(order)).collect(),
        })
    }

    fn answers(&self, intent: &OrderIntent) -> impl Iterator<Item = &At<Answered>> {
        let all = self.fills.get(&(intent.track, intent.broker_order_id));
        let candidate = intent.candidate;
        all.into_iter()
            .flatten()
            .filter(move |at| about(&at.what.fill).is_none_or(|of| of == candidate))
    }

    fn story(&self, order: &At<Ordered>) -> OrderStory {
        let intent = &order.what.intent;
        let answers = self.answers(intent).filter_map(|at| Some(at.with(answer(&at.what.fill)?)));
        OrderStory { answers: answers.collect(), order: order.with(intent.clone()) }
    }

    /// Splits, fills and orders of a position by day, in the order in which a book takes them.
    fn by_days(&self, ticker: &str, orders: &[&At<Ordered>]) -> Vec<(Day, Vec<Event>)> {
        let event = |day: Day, body: Body| (day, Event::new(day, ticker, &[], body));
        let splits = self.prices.get(ticker).into_iter().flatten().filter_map(|at| match at.what {
            PriceFact::Split(effective_day, ratio) => {
                let split_ratio = Some(ratio);
                let action = CorporateAction { effective_day, split_ratio, dividend: None };
                Some(event(at.day, Bars::CorporateAction(action).into()))
            }
            _ => None,
        });
        let fills = orders.iter().flat_map(|order| {
            let answers = self.answers(&order.what.intent);
            answers.map(|at| event(at.day, at.what.fill.clone().into()))
        });
        let intents = orders.iter().map(|order| {
            let intent = order.what.intent.clone();
            event(order.day, Orders::OrderIntended(intent).into())
        });
        let mut all: Vec<(Day, Event)> = splits.chain(fills).chain(intents).collect();
        all.sort_by_key(|(day, _)| *day);
        let days = all.chunk_by(|a, b| a.0 == b.0);
        days.map(|day| (day[0].0, day.iter().map(|(_, event)| event.clone()).collect())).collect()
    }
}

/// The candidate that a fill names.
fn about(fill: &Fills) -> Option<EventId> {
    match fill {
        Fills::OrderExecuted(of) => Some(of.candidate),
        Fills::OrderCancelled(of) | Fills::OrderRejected(of) | Fills::OrderUnknown(of) => {
            Some(of.candidate)
        }
        Fills::OrderAcknowledged(_) | Fills::DayClosed(_) | Fills::Unknown => None,
    }
}

fn answer(fill: &Fills) -> Option<Answer> {
    Some(match fill {
        Fills::OrderAcknowledged(_) => Answer::Acknowledged,
        Fills::OrderExecuted(done) => Answer::Executed {
            execution_id: done.execution_id.clone(),
            quantity: done.quantity,
            price: done.price,
            fees: done.fees,
            spot: done.spot,
            sigma: done.sigma,
        },
        Fills::OrderCancelled(of) => {
            Answer::Cancelled { code: of.code.clone(), reason: of.reason.clone() }
        }
        Fills::OrderRejected(of) => {
            Answer::Rejected { code: of.code.clone(), reason: of.reason.clone() }
        }
        Fills::OrderUnknown(of) => {
            Answer::Unknown { code: of.code.clone(), reason: of.reason.clone() }
        }
        Fills::DayClosed(_) | Fills::Unknown => return None,
    })
}

impl TrackTrade {
    /// Its orders that do `action`.
    pub(super) fn orders_to(&self, action: Action) -> impl Iterator<Item = &OrderStory> {
        self.orders.iter().filter(move |of| of.order.what.action == action)
    }
}
