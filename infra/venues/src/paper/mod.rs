//! A paper broker that is really outside: a process of its own, reached over HTTP, which keeps
//! what it has accepted whatever becomes of those who sent it. Here is what goes over the wire:
//! one call a POST, one answer, both JSON.

pub mod client;
pub mod failure;
pub mod journal;
pub mod server;

use consumers::broker::{Order, OrderStatus, Terms};
use serde::{Deserialize, Serialize};

/// Where calls go.
pub const PATH: &str = "/broker/v1";

/// One call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Whose orders; ids are used once by each client.
    pub client: String,
    /// The session it is made in; 0 for the call that opens one.
    pub session: u64,
    /// What is wanted.
    #[serde(flatten)]
    pub call: Call,
}

/// What is wanted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Call {
    /// A session; the client's older one is refused from then on.
    Open,
    /// What an id stands at.
    Ask { id: i64 },
    /// An order.
    Submit { order: Order },
    /// Other terms for a working order.
    Amend { id: i64, terms: Terms },
    /// An id used up, a working order taken back.
    Withdraw { id: i64, code: String, reason: String },
}

impl Call {
    /// The order id it is about, 0 for none, and whether it submits it.
    fn about(&self) -> (i64, bool) {
        match self {
            Call::Open => (0, false),
            Call::Submit { order } => (order.id, true),
            Call::Ask { id } | Call::Amend { id, .. } | Call::Withdraw { id, .. } => (*id, false),
        }
    }
}

/// What came of a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Answer {
    /// A session is open.
    Session { session: u64 },
    /// What the id stands at now.
    Order { order: OrderStatus },
    /// The id was used before; nothing was accepted.
    IdUsed { order: OrderStatus },
    /// The order is not taken.
    Refused { code: String, reason: String },
    /// A newer session has this one's place.
    Displaced { by: u64 },
}
