//! An external broker for every fourth seed: it keeps the orders it accepted while roles die, stall
//! and are replaced around their calls to it. It loses answers, never orders, so the log must be the
//! same as without it.

use super::faults::{Actor, Fault, held};
use super::planted::Planted;
use consumers::broker::{Broker, Order, OrderStatus, Terms, Venue, VenueError};
use schemas::role::{Machine, Role};
use shell::instance::Machines;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Books {
    orders: BTreeMap<i64, OrderStatus>,
    last_session: u64,
    violation: Option<String>,
}

/// The broker.
#[derive(Clone, Default)]
pub struct Outside(Arc<Mutex<Books>>);

impl Outside {
    /// The broker of a seed, if it has one; none where an operator intervenes, because an order
    /// submitted before a halt may be recorded after it.
    pub fn of_seed(seed: u64) -> Option<Outside> {
        (seed % 4 == 1).then(Outside::default)
    }

    /// The same machines for one instance, its broker role over this broker.
    pub fn machines(&self, machines: Machines, actor: &Arc<Actor>, planted: Planted) -> Machines {
        let (outside, actor) = (self.clone(), Arc::clone(actor));
        Arc::new(move |role| -> Option<Box<dyn Machine>> {
            if role != Role::Broker {
                return machines(role);
            }
            Some(Box::new(Broker::with_venue(Arc::new(Session {
                outside: outside.clone(),
                actor: Arc::clone(&actor),
                planted,
                number: Mutex::new(None),
            }))))
        })
    }

    /// The first violation: an order submitted twice.
    pub fn violation(&self) -> Option<String> {
        held(&self.0).violation.clone()
    }
}

struct Session {
    outside: Outside,
    actor: Arc<Actor>,
    planted: Planted,
    number: Mutex<Option<u64>>,
}

impl Session {
    /// One call; no other is carried out in between, but anything may happen before and after it.
    fn call(&self, id: i64, carry_out: impl FnOnce(&mut Books)) -> Result<OrderStatus, VenueError> {
        self.lives()?;
        self.actor.stalls(Fault::StallAtBroker);
        let standing = {
            let mut books = held(&self.outside.0);
            let mut number = held(&self.number);
            let number = *number.get_or_insert_with(|| {
                books.last_session += 1;
                books.last_session
            });
            if number != books.last_session {
                return Err(VenueError::Displaced(format!("by {}", books.last_session)));
            }
            carry_out(&mut books);
            books.orders.get(&id).cloned().unwrap_or(OrderStatus::Nothing)
        };
        self.actor.dies(Fault::CrashAfterCall);
        self.lives()?;
        self.actor.stalls(Fault::StallAtBroker);
        Ok(standing)
    }

    fn lives(&self) -> Result<(), VenueError> {
        self.actor.lives().map_err(|error| VenueError::NoAnswer(error.to_string()))
    }
}

impl Venue for Session {
    fn ask(&self, id: i64) -> Result<OrderStatus, VenueError> {
        let standing = self.call(id, |_| {})?;
        Ok(if self.planted == Planted::Unasked { OrderStatus::Nothing } else { standing })
    }

    fn submit(&self, order: &Order) -> Result<OrderStatus, VenueError> {
        let standing = self.call(order.id, |books| {
            if books.orders.contains_key(&order.id) {
                books.violation = Some(format!("order {} was submitted twice", order.id));
                return;
            }
            books.orders.insert(order.id, OrderStatus::by_terms(order.id, &order.terms));
        })?;
        if self.actor.weather.strikes(Fault::AcknowledgementLost) {
            return Err(VenueError::NoAnswer("lost on the way".to_owned()));
        }
        Ok(standing)
    }

    fn amend(&self, id: i64, terms: &Terms) -> Result<OrderStatus, VenueError> {
        self.call(id, |books| {
            if books.orders.get(&id) == Some(&OrderStatus::Working) {
                books.orders.insert(id, OrderStatus::by_terms(id, terms));
            }
        })
    }

    fn withdraw(&self, id: i64, code: &str, reason: &str) -> Result<OrderStatus, VenueError> {
        self.call(id, |books| {
            let standing = books.orders.entry(id).or_insert(OrderStatus::Nothing);
            if matches!(standing, OrderStatus::Nothing | OrderStatus::Working) {
                let (code, reason) = (code.to_owned(), reason.to_owned());
                *standing = OrderStatus::Withdrawn { code, reason };
            }
        })
    }
}
