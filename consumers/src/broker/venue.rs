//! A broker that is really outside: what the role asks it, and in which order, so that an intent
//! is submitted at most once whoever dies when.
//!
//! Invariants:
//! 1. Nothing is submitted before the broker has said that it does not know the order id.
//! 2. `controls` are read to their end after that and before the submission.
//! 3. What is neither confirmed nor denied is recorded as unknown and never submitted again: it
//!    is asked for on every later day, until the broker has it, or has used its id up.
//! 4. An order that is given up has its id used up at the broker before the log says so.

use super::Working;
use super::fills::{Terms, Trade};
use schemas::events::{Action, Track};
use schemas::role::{EffectContext, EffectError};
use schemas::{Day, Event, EventId};
use serde::{Deserialize, Serialize};

/// An order as it is submitted. It carries what the market will make of it: a paper market has no
/// prices of its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Used once.
    pub id: i64,
    /// The stock.
    pub ticker: String,
    /// Whose book.
    pub track: Track,
    /// Open or close.
    pub action: Action,
    /// The scan event.
    pub candidate: EventId,
    /// Contracts.
    pub quantity: i64,
    /// What comes of it.
    #[serde(flatten)]
    pub terms: Terms,
}

/// What the broker says of an order id.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum OrderStatus {
    /// It has never heard of it.
    Nothing,
    /// It has the order, which has not ended.
    Working,
    /// It traded.
    Executed {
        /// Its own id of the trade.
        execution_id: String,
        /// The trade.
        trade: Trade,
    },
    /// It had the order, which ended without a trade.
    Cancelled {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// The id was used up by this role without an order, or the order taken back.
    Withdrawn {
        /// As the role gave it.
        code: String,
        /// As the role gave it.
        reason: String,
    },
}

/// A call that came to nothing.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum VenueError {
    /// Nobody is there: the broker has not seen the call.
    #[error("the broker cannot be reached: {0}")]
    Away(String),
    /// It may or may not have carried the call out.
    #[error("the broker gave no answer: {0}")]
    NoAnswer(String),
    /// A newer session has this one's place: another instance is the active one.
    #[error("the broker refuses this session: {0}")]
    Displaced(String),
    /// It did not take the order.
    #[error("the broker refused the order: {code}, {reason}")]
    Refused {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// It does not understand the call.
    #[error("the broker and this program do not understand each other: {0}")]
    Foreign(String),
}

impl From<VenueError> for EffectError {
    fn from(error: VenueError) -> EffectError {
        EffectError { what: error.to_string(), away: matches!(error, VenueError::Away(_)) }
    }
}

/// A broker, in one session under the run's fixed client id.
pub trait Venue: Send + Sync {
    /// What it says of an order id.
    ///
    /// # Errors
    /// As [`VenueError`] says, here and below.
    fn ask(&self, id: i64) -> Result<OrderStatus, VenueError>;

    /// Submits an order, once.
    ///
    /// # Errors
    /// [`VenueError::NoAnswer`] also where the id was used in between.
    fn submit(&self, order: &Order) -> Result<OrderStatus, VenueError>;

    /// Gives a working order today's terms.
    ///
    /// # Errors
    /// As above.
    fn amend(&self, id: i64, terms: &Terms) -> Result<OrderStatus, VenueError>;

    /// Uses an id up, or takes a working order back; what has ended stays as it is.
    ///
    /// # Errors
    /// As above.
    fn withdraw(&self, id: i64, code: &str, reason: &str) -> Result<OrderStatus, VenueError>;
}

/// An order to be seen to on a day.
pub(super) struct Errand {
    pub(super) order: Working,
    pub(super) day: Day,
    pub(super) terms: Terms,
}

/// Sees to all of them, one after the other; what came of it.
pub(super) fn see_to(
    errands: &[Errand],
    venue: &dyn Venue,
    context: &dyn EffectContext,
) -> Result<Vec<Event>, EffectError> {
    let (mut said, mut sent) = (Vec::new(), false);
    for errand in errands {
        // What was submitted is at the broker and is asked for first when the work goes on; so it
        // goes on at once, as long as it comes further each time.
        if context.overdue() && sent {
            let what = "the broker is slow; the role shows that it lives and goes on".to_owned();
            return Err(EffectError { what, away: true });
        }
        said.extend(errand.see_to(venue, context, &mut sent)?);
    }
    Ok(said)
}

type Said = Result<Vec<Event>, EffectError>;

impl Errand {
    fn id(&self) -> i64 {
        self.order.intent.broker_order_id
    }

    /// `sent` becomes true where an order was submitted.
    fn see_to(&self, venue: &dyn Venue, context: &dyn EffectContext, sent: &mut bool) -> Said {
        if self.order.reused {
            return Ok(vec![self.order.used_before(self.day)]);
        }
        if context.overdue() {
            return Ok(self.doubted("the broker took too long over other orders to be asked"));
        }
        let status = match venue.ask(self.id()) {
            Err(VenueError::NoAnswer(why)) => return Ok(self.doubted(&why)),
            status => status?,
        };
        let was_sent = self.order.unknown || self.order.acknowledged;
        match status {
            OrderStatus::Nothing if was_sent => self.give_up(venue),
            OrderStatus::Nothing => {
                *sent = true;
                self.allowed(venue, context, || self.submit(venue))
            }
            OrderStatus::Working if self.terms != Terms::Wait => {
                self.allowed(venue, context, || self.amend(venue))
            }
            OrderStatus::Working if self.order.split => self.withdraw_split(venue),
            known => Ok(self.recorded(known)),
        }
    }

    /// The operator's word first, then what trades.
    fn allowed(
        &self,
        venue: &dyn Venue,
        context: &dyn EffectContext,
        trade: impl FnOnce() -> Said,
    ) -> Said {
        if self.order.split {
            return self.withdraw_split(venue);
        }
        let controls = context.controls()?;
        let intent = &self.order.intent;
        let halted = controls.halted.get(&intent.track);
        let mut said = match halted.filter(|_| intent.action == Action::Open) {
            Some(offset) => {
                let reason = self.order.halted_by(*offset);
                self.withdraw(venue, "HALTED", &reason)?
            }
            None => trade()?,
        };
        said.iter_mut().for_each(|event| event.control_offset = Some(controls.offset));
        Ok(said)
    }

    fn amend(&self, venue: &dyn Venue) -> Said {
        match venue.amend(self.id(), &self.terms) {
            // It has the order; what came of today's terms is asked for tomorrow.
            Err(VenueError::NoAnswer(_)) => Ok(self.recorded(OrderStatus::Working)),
            status => Ok(self.recorded(status?)),
        }
    }

    fn submit(&self, venue: &dyn Venue) -> Said {
        let order = Order {
            id: self.id(),
            ticker: self.order.ticker.clone(),
            track: self.order.intent.track,
            action: self.order.intent.action,
            candidate: self.order.intent.candidate,
            quantity: self.order.intent.quantity,
            terms: self.terms.clone(),
        };
        match venue.submit(&order) {
            Ok(status) => Ok(self.recorded(status)),
            Err(VenueError::Refused { code, reason }) => {
                Ok(vec![self.order.reject(self.day, &code, &reason)])
            }
            Err(VenueError::NoAnswer(_)) => match venue.ask(self.id()) {
                Err(VenueError::NoAnswer(why)) => Ok(self.doubted(&why)),
                Ok(OrderStatus::Nothing) => self.give_up(venue),
                status => Ok(self.recorded(status?)),
            },
            Err(other) => Err(other.into()),
        }
    }

    /// It was submitted and the broker has not got it: now it never will.
    fn give_up(&self, venue: &dyn Venue) -> Said {
        self.withdraw(venue, "LOST", "the broker never got the order; its id is used up there")
    }

    fn withdraw_split(&self, venue: &dyn Venue) -> Said {
        self.withdraw(venue, "SPLIT", &self.order.split_reason())
    }

    fn withdraw(&self, venue: &dyn Venue, code: &str, reason: &str) -> Said {
        match venue.withdraw(self.id(), code, reason) {
            Err(VenueError::NoAnswer(why)) => Ok(self.doubted(&why)),
            status => Ok(self.recorded(status?)),
        }
    }

    /// What the broker said, as events.
    fn recorded(&self, status: OrderStatus) -> Vec<Event> {
        let (order, day) = (&self.order, self.day);
        let ended = match status {
            OrderStatus::Nothing => return Vec::new(),
            OrderStatus::Withdrawn { code, reason } => {
                return vec![order.cancel(day, &code, &reason)];
            }
            OrderStatus::Working => None,
            OrderStatus::Executed { execution_id, trade } => {
                Some(order.execute(day, execution_id, &trade))
            }
            OrderStatus::Cancelled { code, reason } => Some(order.cancel(day, &code, &reason)),
        };
        order.acknowledge(day).into_iter().chain(ended).collect()
    }

    fn doubted(&self, why: &str) -> Vec<Event> {
        self.order.doubt(self.day, why).into_iter().collect()
    }
}
