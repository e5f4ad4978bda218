//! Registers the schemas with an external registry, each version under the id that events carry.
//!
//! 1. A registry that assigns ids of its own is tried once and no more, because its readers would
//!    not find an event's schema, or would find another one.
//! 2. Registering a second time changes nothing.
//! 3. Whatever is reported as registered was read back from the registry.

mod client;
mod register;
mod report;

pub use client::{Client, address};
pub use register::{at_start, register};
pub use report::{Done, One, Report};
