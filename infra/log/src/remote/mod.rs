//! The embedded log of another process, reached over its HTTP API.
//!
//! [`RemoteLog`] is the client. [`Server`] answers its calls over any [`crate::Log`]; the
//! program's HTTP server mounts it. A call is one POST to [`PATH`], both bodies postcard.
//!
//! Invariants:
//! 1. Publishes are numbered. The server answers a repeated number as it did before, so a lost
//!    reply costs nothing.
//! 2. A publish of unknown outcome is `Uncertain`, never repeated blindly.
//! 3. A member whose process has been silent for [`MEMBER_LIFE`] has left.
//! 4. A read waits at most [`LONGEST_WAIT`] on the server.

mod client;
mod connection;
mod group_admin;
mod handles;
mod protocol;
mod server;

pub use client::RemoteLog;
pub use protocol::{LONGEST_WAIT, MEMBER_LIFE, PATH};
pub use server::Server;
