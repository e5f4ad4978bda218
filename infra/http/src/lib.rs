//! HTTP for every room: admission of callers, rules for listen addresses, serving routes beside the
//! roles, and a client whose calls are bounded.
//!
//! 1. Without a token, only loopback addresses are listened on, and only requests that name this
//!    machine are served.
//! 2. Tokens are compared in constant time.
//! 3. No call of the client waits forever, and none goes through a proxy.

mod address;
mod admission;
mod client;
mod error_reply;
mod serving;

pub use address::{can_listen, listen_address, parse_address};
pub use admission::guarded;
pub use client::{fetch, fetch_within};
pub use error_reply::error_reply;
pub use serving::{Serving, serve};
