//! HTTP as every room needs it: who may call, which addresses may be listened on, how routes are
//! served beside the roles, and a client whose calls end.
//!
//! 1. Without a token, only this machine is listened on and only this machine's names are served.
//! 2. Tokens are compared in constant time.
//! 3. No call of the client waits for ever, and none goes through a proxy.

mod address;
mod admission;
mod client;
mod error_reply;
mod serving;

pub use address::{listen_address, parse_address};
pub use admission::guarded;
pub use client::fetch;
pub use error_reply::error_reply;
pub use serving::{Serving, serve};
