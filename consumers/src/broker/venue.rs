//! An external broker, as the role sees it.

use super::terms::Terms;
use super::trade::Trade;
use schemas::EventId;
use schemas::events::{Action, Track};
use schemas::role::EffectError;
use serde::{Deserialize, Serialize};

/// An order as submitted. It carries its own result, because a paper market has no prices.
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
    /// Its result in the day's market.
    #[serde(flatten)]
    pub terms: Terms,
}

/// The broker's status of an order id.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum OrderStatus {
    /// The broker does not know the id.
    Nothing,
    /// The order has not ended.
    Working,
    /// The order traded.
    Executed {
        /// The broker's id of the trade.
        execution_id: String,
        /// The trade.
        trade: Trade,
    },
    /// The order ended without a trade.
    Cancelled {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// The role used the id up without an order, or withdrew the order.
    Withdrawn {
        /// As the role gave it.
        code: String,
        /// As the role gave it.
        reason: String,
    },
}

impl OrderStatus {
    /// The status that `terms` bring an order to where nothing else decides: without an external
    /// broker, and at the paper broker. The execution's id tells a settlement from a trade.
    pub fn by_terms(id: i64, terms: &Terms) -> OrderStatus {
        let executed = |how: &str, trade: Trade| {
            let execution_id = format!("{how}-{id}");
            OrderStatus::Executed { execution_id, trade }
        };
        match terms.clone() {
            Terms::Trade(trade) => executed("paper", trade),
            Terms::Settle(trade) => executed("settled", trade),
            Terms::Cancel { code, reason } => OrderStatus::Cancelled { code, reason },
            Terms::Wait => OrderStatus::Working,
        }
    }
}

/// A call to the broker failed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum VenueError {
    /// The broker is not reachable and has not seen the call.
    #[error("the broker cannot be reached: {0}")]
    Away(String),
    /// The broker may or may not have carried the call out.
    #[error("the broker gave no answer: {0}")]
    NoAnswer(String),
    /// A newer session has replaced this one: another instance is active.
    #[error("the broker refuses this session: {0}")]
    Displaced(String),
    /// The broker rejected the order.
    #[error("the broker refused the order: {code}, {reason}")]
    Refused {
        /// Short and stable.
        code: String,
        /// A sentence.
        reason: String,
    },
    /// The broker does not understand the call.
    #[error("the broker's protocol is not this program's: {0}")]
    Foreign(String),
}

impl From<VenueError> for EffectError {
    fn from(error: VenueError) -> EffectError {
        let away = matches!(error, VenueError::Away(_));
        EffectError { what: error.to_string(), away, stuck: false }
    }
}

/// A broker, in one session under the run's fixed client id.
pub trait Venue: Send + Sync {
    /// The status of an order id.
    ///
    /// # Errors
    /// [`VenueError`], here and below.
    fn ask(&self, id: i64) -> Result<OrderStatus, VenueError>;

    /// Submits an order, once.
    ///
    /// # Errors
    /// [`VenueError::NoAnswer`] also if the id was used in the meantime.
    fn submit(&self, order: &Order) -> Result<OrderStatus, VenueError>;

    /// Gives a working order today's terms.
    ///
    /// # Errors
    /// As above.
    fn amend(&self, id: i64, terms: &Terms) -> Result<OrderStatus, VenueError>;

    /// Uses an id up, or withdraws a working order; an ended order stays as it is.
    ///
    /// # Errors
    /// As above.
    fn withdraw(&self, id: i64, code: &str, reason: &str) -> Result<OrderStatus, VenueError>;
}
