//! A paper broker in a process of its own, reached over HTTP. It keeps what it has accepted,
//! whatever becomes of the sender. This is its protocol: each POST holds one call and is answered
//! with one answer, both JSON.

pub mod client;
pub mod failure;
pub mod journal;
pub mod server;

use consumers::broker::{Order, OrderStatus, Terms};
use serde::{Deserialize, Serialize};

/// The path that calls are posted to.
pub const PATH: &str = "/broker/v1";

/// One call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The client whose orders these are; each client uses an id once.
    pub client: String,
    /// The session of the call; 0 for the call that opens one.
    pub session: u64,
    /// The call itself.
    #[serde(flatten)]
    pub call: Call,
}

/// What a client asks for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Call {
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
    fn about(&self) -> (i64, bool) {
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
pub enum Answer {
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
