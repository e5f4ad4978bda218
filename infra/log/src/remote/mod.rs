//! The embedded log of another process, reached over its HTTP API.
//!
//! [`RemoteLog`] is the client; [`Server`] answers its calls over any [`crate::Log`] and
//! is mounted by whoever runs an HTTP server: one POST to [`PATH`], both bodies postcard.
//!
//! Invariants:
//! 1. A publish is numbered; the server answers a repeated number with what it answered
//!    before, so a reply lost on the way costs nothing.
//! 2. A publish whose outcome cannot be learned is `Uncertain`, never repeated blindly.
//! 3. A member whose process has said nothing for [`MEMBER_LIFE`] has left.
//! 4. A read waits at most [`LONGEST_WAIT`] on the server.

mod client;
mod handles;
mod server;
mod wire;

use std::time::Duration;

pub use client::RemoteLog;
pub use server::Server;

/// Where the log is served.
pub const PATH: &str = "/log/v1";
/// How long a remote member stays of which nothing is heard.
pub const MEMBER_LIFE: Duration = Duration::from_secs(6);
/// How long one read waits on the server.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3);
