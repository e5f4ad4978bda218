//! The protocol of the paper broker: each POST holds one call and is answered with one answer, both
//! JSON.

use consumers::broker::{Order, OrderStatus, Terms};
use serde::{Deserialize, Serialize};

/// The path that calls are posted to.
pub(super) const PATH: &str = "/broker/v1";

/// One call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// The client whose orders these are; each client uses an id once.
    pub(super) client: String,
    /// The session of the call; 0 for the call that opens one.
    pub(super) session: u64,
    /// The call itself.
    #[serde(flatten)]
    pub(super) call: Call,
}

/// What a client asks for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
#[allow(missing_docs)]
pub(super) enum Call {
    /// Opens a session; calls of the client's older session are refused from then on.
    Open,
    /// Asks for the status of an order.
    Ask { id: i64 },
    /// Submits an order.
    Submit { order: Order },
    /// Changes the terms of a working order.
    Amend { id: i64, terms: Terms },
    /// Uses an id up, and cancels its order if that is working.
    Withdraw { id: i64, code: String, reason: String },
}

impl Call {
    /// The order id that the call concerns, 0 for none, and whether the call submits it.
    pub(super) fn about(&self) -> (i64, bool) {
        match self {
            Call::Open => (0, false),
            Call::Submit { order } => (order.id, true),
            Call::Ask { id } | Call::Amend { id, .. } | Call::Withdraw { id, .. } => (*id, false),
        }
    }
}

/// The answer to a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[allow(missing_docs)]
pub(super) enum Answer {
    /// A session is open.
    Session { session: u64 },
    /// The status of the order now.
    Order { order: OrderStatus },
    /// The id was used before; nothing was accepted.
    IdUsed { order: OrderStatus },
    /// The order is not accepted.
    Refused { code: String, reason: String },
    /// A newer session has replaced this one.
    Displaced { by: u64 },
}
