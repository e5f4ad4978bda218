//! A paper broker in a process of its own, reached over HTTP. It keeps what it has accepted,
//! whatever becomes of the sender.

pub mod client;
pub mod failure;
pub mod journal;
mod protocol;
pub mod server;
