//! One directory of ordered key-value trees: the only crate that names sled.
//!
//! The embedded log, the saved state of roles and the views all lie on this. It exists so
//! that the rest of the program sees a handful of operations and typed errors, each of
//! which says what was wrong, where, and what to do.
//!
//! Invariants:
//! 1. A directory is open in at most one process; who holds it is written beside the data.
//! 2. A [`Batch`] is applied whole or not at all, also across a crash.
//! 3. Nothing is durable before [`Db::flush`] returns; there is no flush by a timer.

mod db;
mod error;
mod owner;
mod tree;

pub use db::Db;
pub use error::KvError;
pub use owner::{Owner, owner};
pub use tree::{Batch, Bytes, Entries, Tree};
