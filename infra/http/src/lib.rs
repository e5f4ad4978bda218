//! HTTP for every room: admission of callers, rules for listen addresses, serving routes beside the
//! roles, and a client whose calls are bounded.
//!
//! 1. Without a token, only loopback addresses are listened on, and only requests that name this
//!    machine are served.
//! 2. Tokens are compared in constant time.
//! 3. No call of the client waits forever, and none goes through a proxy.
//! 4. Connections are a bounded share of the files that the process may have open. Whoever shows nothing has a
//!    small part of it, and a bounded time: callers cannot end the process, nor keep the operator out.

mod accepting;
mod address;
mod admission;
mod bounds;
mod client;
mod connections;
mod error_reply;
mod serving;
#[cfg(test)]
mod tests;

pub use address::{can_listen, listen_address, parse_address};
pub use admission::shows_token;
pub use bounds::{raise_open_files_limit, requests_at_once};
pub use client::{fetch, fetch_within};
pub use error_reply::error_reply;
pub use serving::{Serving, serve, serve_beside};
