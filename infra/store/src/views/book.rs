//! Positions, pending orders and the trade journal: a fold of `orders` and `fills`.
//!
//! Invariants:
//! 1. Money stays [`Money`]; what is paid for a position is released in whole by its closes,
//!    to the millionth, also when it is filled or closed in parts.
//! 2. A close never makes a position short: the excess is counted as unmatched.
//! 3. A split divides strikes and prices per share, and multiplies the shares of a contract: what was paid stays.
//! 4. An order is pending until it is executed in full, cancelled or rejected; one of
//!    unknown fate stays.

use super::rankings::champion_scores;
use super::trades::{ClosedTrade, OpenPosition, OrderState, PendingOrder};
use schemas::events::{
    Action, Bars, CorporateAction, Execution, Fills, Orders, SHARES_PER_CONTRACT, Track,
};
use schemas::{Body, Day, Event, EventId, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Open positions and pending orders of both tracks.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Entries", into = "Entries")]
pub struct PositionBook {
    positions: BTreeMap<(Track, EventId), OpenPosition>,
    pending: BTreeMap<(Track, i64), PendingOrder>,
}

/// The book as it is stored: lists, which every format can hold and which contain the keys.
#[derive(Serialize, Deserialize)]
struct Entries {
    positions: Vec<OpenPosition>,
    pending: Vec<PendingOrder>,
}

impl From<PositionBook> for Entries {
    fn from(book: PositionBook) -> Entries {
        Entries {
            positions: book.positions.into_values().collect(),
            pending: book.pending.into_values().collect(),
        }
    }
}

impl From<Entries> for PositionBook {
    fn from(entries: Entries) -> PositionBook {
        let position = |p: OpenPosition| ((p.track, p.candidate), p);
        let pending = |o: PendingOrder| ((o.intent.track, o.intent.broker_order_id), o);
        PositionBook {
            positions: entries.positions.into_iter().map(position).collect(),
            pending: entries.pending.into_iter().map(pending).collect(),
        }
    }
}

/// A day's additions to the journal.
#[derive(Default)]
pub(super) struct DayJournal {
    pub(super) closed: Vec<ClosedTrade>,
    /// Fills without a position, or above its quantity.
    pub(super) unmatched: u64,
}

impl PositionBook {
    /// The open positions, by track, then candidate.
    pub fn positions(&self) -> impl Iterator<Item = &OpenPosition> {
        self.positions.values()
    }

    /// The orders that have not ended, by track, then the broker's order id.
    pub fn pending(&self) -> impl Iterator<Item = &PendingOrder> {
        self.pending.values()
    }

    /// Applies the orders, fills and splits of a day; the trades that they close, as the journal has them.
    pub fn close_trades(&mut self, day: Day, events: &[Event]) -> Vec<ClosedTrade> {
        self.apply(day, events).closed
    }

    pub(super) fn apply(&mut self, day: Day, events: &[Event]) -> DayJournal {
        let scores = champion_scores(day, events);
        let mut journal = DayJournal::default();
        for event in events {
            match &event.body {
                Body::Fills(fill) => self.fill(day, event, fill, &mut journal),
                Body::Bars(Bars::CorporateAction(action)) => self.split(&event.ticker, action),
                Body::Orders(Orders::OrderIntended(intent)) => {
                    let opens_ai = intent.track == Track::ButterAI && intent.action == Action::Open;
                    let score = scores.get(&intent.candidate).filter(|_| opens_ai);
                    let pending = PendingOrder {
                        ticker: event.ticker.clone(),
                        decided_on: event.day,
                        intent: intent.clone(),
                        state: OrderState::Intended,
                        model_version: score.map(|score| score.model_version),
                        expected_roi: score.map(|score| score.expected_roi),
                    };
                    self.pending.insert((intent.track, intent.broker_order_id), pending);
                }
                _ => {}
            }
        }
        journal
    }

    /// Applies a split to the positions opened before it; a dividend changes nothing.
    fn split(&mut self, ticker: &str, action: &CorporateAction) {
        let Some(ratio) = action.split() else { return };
        let old = |held: &&mut OpenPosition| {
            held.ticker == ticker && held.entry_day < action.effective_day
        };
        for position in self.positions.values_mut().filter(old) {
            position.structure.centre /= ratio;
            position.structure.wing /= ratio;
            position.shares *= ratio;
            for price in [&mut position.entry_price, &mut position.entry_fees] {
                *price = Money::from_dollars(price.dollars() / ratio).unwrap_or(*price);
            }
        }
    }

    fn fill(&mut self, day: Day, event: &Event, fill: &Fills, journal: &mut DayJournal) {
        match fill {
            Fills::OrderAcknowledged(order) => {
                self.set_state((order.track, order.broker_order_id), OrderState::Acknowledged);
            }
            Fills::OrderUnknown(order) => {
                self.set_state((order.track, order.broker_order_id), OrderState::Unknown);
            }
            Fills::OrderCancelled(order) | Fills::OrderRejected(order) => {
                self.pending.remove(&(order.track, order.broker_order_id));
            }
            Fills::OrderExecuted(done) => self.execute(day, event, done, journal),
            Fills::DayClosed(_) | Fills::Unknown => {}
        }
    }

    fn set_state(&mut self, order: (Track, i64), state: OrderState) {
        if let Some(pending) = self.pending.get_mut(&order) {
            pending.state = state;
        }
    }

    fn execute(&mut self, day: Day, event: &Event, done: &Execution, journal: &mut DayJournal) {
        if done.quantity <= 0 {
            journal.unmatched += 1;
            return;
        }
        let order = self.take_pending(done);
        match done.action {
            Action::Open => self.open(day, event, done, order),
            Action::Close => self.close(day, done, order, journal),
        }
    }

    /// The order that an execution belongs to; its executed quantity is taken off.
    fn take_pending(&mut self, done: &Execution) -> Option<PendingOrder> {
        let key = (done.track, done.broker_order_id);
        let pending = self.pending.get_mut(&key)?;
        let order = pending.clone();
        pending.intent.quantity = pending.intent.quantity.saturating_sub(done.quantity);
        pending.state = OrderState::Acknowledged;
        if pending.intent.quantity <= 0 {
            self.pending.remove(&key);
        }
        Some(order)
    }

    fn open(&mut self, day: Day, event: &Event, done: &Execution, order: Option<PendingOrder>) {
        let paid = (done.price + done.fees) * SHARES_PER_CONTRACT.saturating_mul(done.quantity);
        let position =
            self.positions.entry((done.track, done.candidate)).or_insert_with(|| OpenPosition {
                track: done.track,
                ticker: event.ticker.clone(),
                candidate: done.candidate,
                structure: done.structure.clone(),
                quantity: 0,
                shares: SHARES_PER_CONTRACT as f64,
                entry_day: day,
                entry_price: Money::ZERO,
                entry_fees: Money::ZERO,
                capital_at_risk: Money::ZERO,
                model_version: order.as_ref().and_then(|order| order.model_version),
                expected_roi: order.as_ref().and_then(|order| order.expected_roi),
                reason: order.map(|order| order.intent.reason).unwrap_or_default(),
            });
        let (held, added) = (position.quantity, done.quantity);
        let mean = |old: Money, new: Money| {
            let all = |one: Money, many: i64| i128::from(one.0) * i128::from(many);
            let sum = all(old, held) + all(new, added);
            let mean = sum / (i128::from(held) + i128::from(added));
            Money(i64::try_from(mean).unwrap_or(old.0)) // it lies between the two prices
        };
        position.entry_price = mean(position.entry_price, done.price);
        position.entry_fees = mean(position.entry_fees, done.fees);
        position.quantity = held.saturating_add(added);
        position.capital_at_risk += paid;
    }

    fn close(
        &mut self,
        day: Day,
        done: &Execution,
        order: Option<PendingOrder>,
        journal: &mut DayJournal,
    ) {
        let key = (done.track, done.candidate);
        let Some(position) = self.positions.get_mut(&key) else {
            journal.unmatched += 1;
            return;
        };
        if done.quantity > position.quantity {
            journal.unmatched += 1;
        }
        let quantity = done.quantity.min(position.quantity);
        let released = if quantity == position.quantity {
            position.capital_at_risk
        } else {
            share(position.capital_at_risk, quantity, position.quantity)
        };
        let received = worth((done.price - done.fees).max(Money::ZERO), quantity, position.shares);
        let pnl = received - released;
        journal.closed.push(ClosedTrade {
            track: done.track,
            ticker: position.ticker.clone(),
            candidate: done.candidate,
            structure: position.structure.clone(),
            quantity,
            shares: position.shares,
            entry_day: position.entry_day,
            entry_price: position.entry_price,
            entry_fees: position.entry_fees,
            exit_day: day,
            exit_price: done.price,
            exit_fees: done.fees,
            pnl,
            capital_at_risk: released,
            roi: if released > Money::ZERO { pnl.dollars() / released.dollars() } else { 0.0 },
            reason: order.map(|order| order.intent.reason).unwrap_or_default(),
            model_version: position.model_version,
            expected_roi: position.expected_roi,
        });
        position.quantity -= quantity;
        position.capital_at_risk = position.capital_at_risk - released;
        if position.quantity == 0 {
            self.positions.remove(&key);
        }
    }
}

/// `quantity` contracts of `shares` shares at `price`; to the millionth where no split has made the shares a fraction.
fn worth(price: Money, quantity: i64, shares: f64) -> Money {
    let whole = shares as i64;
    if whole as f64 == shares {
        return price * whole.saturating_mul(quantity);
    }
    Money::from_dollars(price.dollars() * shares * quantity as f64).unwrap_or(Money(i64::MAX))
}

/// `part` of `whole` parts of `amount`, rounded towards zero.
fn share(amount: Money, part: i64, whole: i64) -> Money {
    let micros = i128::from(amount.0) * i128::from(part) / i128::from(whole.max(1));
    Money(i64::try_from(micros).unwrap_or(amount.0))
}
