//! A track's book: positions, pending orders and their worth.

use quant::{MarkHistory, TRADABLE, mark};
use schemas::events::{
    Action, Execution, OrderEnded, OrderIntent, Pricing, SHARES_PER_CONTRACT, Settings, Structure,
};
use schemas::{Day, EventId, Money};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A butterfly in the book.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct HeldButterfly {
    pub(super) ticker: String,
    /// The day at whose open it was opened.
    opened: Day,
    structure: Structure,
    quantity: i64,
    pricing: Pricing,
    /// Capital at risk per share as paid: D + c.
    risk: f64,
    /// Last mark: mid D, cost c per share, and the volatility of that day.
    marked: (f64, f64, f64),
    /// Shares of one contract, which a split changes.
    shares: f64,
    closing: bool,
}

/// A contract's price for `dollars` per share.
pub(super) fn per_contract(dollars: f64) -> Money {
    Money::from_dollars(dollars).unwrap_or_default() * SHARES_PER_CONTRACT
}

/// The most that a contract with wings of `wing` dollars can cost at an open: above it the broker does not trade.
pub(super) fn highest_price(wing: f64) -> Money {
    per_contract(TRADABLE.end() * wing)
}

impl HeldButterfly {
    /// The worth of `contracts` at `dollars` per share.
    fn times_shares(&self, dollars: f64, contracts: i64) -> Money {
        Money::from_dollars(dollars * self.shares * contracts as f64).unwrap_or_default()
    }
}

/// An order to open that the broker has not answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct PendingOpen {
    pub(super) ticker: String,
    /// The most that it may still cost.
    highest_cost: Money,
}

/// The book of one track.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct TrackBook {
    pub(super) positions: BTreeMap<EventId, HeldButterfly>,
    /// Unanswered orders to open, by order id.
    pub(super) pending: BTreeMap<i64, PendingOpen>,
    /// Its worth when the track was last marked.
    pub(super) marked_worth: Money,
    /// Orders of unknown fate; the track opens nothing until all are settled.
    pub(super) unsettled: BTreeSet<i64>,
    cash: Money,
}

impl TrackBook {
    pub(super) fn intended(&mut self, ticker: &str, intent: &OrderIntent) {
        match intent.action {
            Action::Open => {
                let (ticker, wing) = (ticker.to_owned(), intent.structure.wing);
                let highest_cost = highest_price(wing) * intent.quantity;
                self.pending.insert(intent.broker_order_id, PendingOpen { ticker, highest_cost });
            }
            Action::Close => {
                if let Some(position) = self.positions.get_mut(&intent.candidate) {
                    position.closing = true;
                }
            }
        }
    }

    fn settled(&mut self, order_id: i64) {
        self.pending.remove(&order_id);
        self.unsettled.remove(&order_id);
    }

    pub(super) fn opened(&mut self, ticker: &str, day: Day, done: &Execution) {
        self.settled(done.broker_order_id);
        self.cash = self.cash
            - (done.price + done.fees) * done.quantity.saturating_mul(SHARES_PER_CONTRACT);
        let position = HeldButterfly {
            ticker: ticker.to_owned(),
            opened: day,
            structure: done.structure.clone(),
            quantity: done.quantity,
            pricing: done.pricing,
            risk: (done.price + done.fees).dollars(),
            marked: (done.price.dollars(), done.fees.dollars(), done.sigma),
            shares: SHARES_PER_CONTRACT as f64,
            closing: false,
        };
        self.positions.insert(done.candidate, position);
    }

    pub(super) fn closed(&mut self, done: &Execution) {
        self.settled(done.broker_order_id);
        if let Some(position) = self.positions.remove(&done.candidate) {
            // A butterfly is never worth less than nothing: it need not be sold.
            let per_share = (done.price - done.fees).max(Money::ZERO);
            self.cash += position.times_shares(per_share.dollars(), done.quantity);
        }
    }

    pub(super) fn ended(&mut self, ended: &OrderEnded) {
        self.settled(ended.broker_order_id);
        if ended.action == Action::Close
            && let Some(position) = self.positions.get_mut(&ended.candidate)
        {
            position.closing = false;
        }
    }

    /// Applies a split that takes effect before the open of `day`, to what was opened earlier:
    /// strikes and prices per share shrink, the number of shares grows.
    pub(super) fn split_before(&mut self, day: Day, ticker: &str, ratio: f64) {
        let old = |held: &&mut HeldButterfly| held.ticker == ticker && held.opened < day;
        for position in self.positions.values_mut().filter(old) {
            position.structure.centre /= ratio;
            position.structure.wing /= ratio;
            position.risk /= ratio;
            position.marked.0 /= ratio;
            position.marked.1 /= ratio;
            position.shares *= ratio;
        }
    }

    /// Marks every position whose ticker has a bar and a volatility on `day`; the others keep their
    /// last mark.
    pub(super) fn mark(&mut self, day: Day, market: &MarkHistory) {
        for position in self.positions.values_mut() {
            if let Some((close, sigma)) = market.close_and_sigma(&position.ticker, day) {
                let now = mark(
                    &(&position.structure).into(),
                    close,
                    sigma,
                    day,
                    &(&position.pricing).into(),
                );
                position.marked = (now.debit, now.cost, sigma);
            }
        }
    }

    /// What it took in less what it paid and what its orders to open may still cost.
    pub(super) fn cash(&self) -> Money {
        let pending = self.pending.values().map(|order| order.highest_cost);
        pending.fold(self.cash, |cash, cost| cash - cost)
    }

    /// Cash, and positions at mid.
    pub(super) fn worth(&self) -> Money {
        let held = self
            .positions
            .values()
            .map(|position| position.times_shares(position.marked.0, position.quantity));
        held.fold(self.cash, |sum, held| sum + held)
    }

    /// Orders to close: profit target reached, or no later trading day before the evaluation date.
    pub(super) fn exits(&self, day: Day, settings: &Settings) -> Vec<(String, OrderIntent)> {
        let mut exits: Vec<(String, OrderIntent)> = Vec::new();
        for (candidate, position) in self.positions.iter().filter(|(_, position)| !position.closing)
        {
            let (debit, cost, sigma) = position.marked;
            let gain = (debit - cost).max(0.0) - position.risk;
            let share = gain / (position.structure.wing - position.risk);
            let reason = if share >= settings.take_profit {
                format!("take profit: {:.0} % of the maximum profit", share * 100.0)
            } else if settings.calendar.next_expected(day) > position.structure.evaluation_day {
                format!("evaluation day {}", position.structure.evaluation_day)
            } else {
                continue;
            };
            let intent = OrderIntent {
                action: Action::Close,
                candidate: *candidate,
                structure: position.structure.clone(),
                quantity: position.quantity,
                sigma,
                pricing: position.pricing,
                reason,
                value: share,
                ..OrderIntent::default()
            };
            exits.push((position.ticker.clone(), intent));
        }
        exits.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.candidate.cmp(&b.1.candidate)));
        exits
    }

    /// Tickers held or on order.
    pub(super) fn tickers(&self) -> impl Iterator<Item = &str> {
        let held = self.positions.values().map(|position| position.ticker.as_str());
        held.chain(self.pending.values().map(|order| order.ticker.as_str()))
    }
}
