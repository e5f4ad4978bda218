//! One directory of ordered key-value trees: the only crate that names sled.
//!
//! The embedded log, the saved state of roles and the views are built on it. The rest of the program
//! sees a handful of operations and typed errors, each of which says what was wrong, where, and what
//! to do.
//!
//! Invariants:
//! 1. A directory is open in at most one process; a file beside the data names it.
//! 2. A [`Batch`] is applied whole or not at all, also across a crash.
//! 3. Nothing is durable before [`Db::flush`] returns; there is no flush by a timer.
//! 4. A directory that opens holds everything that was flushed, apart from plain trees, whose readers
//!    check that themselves: what sled skips in silence is found by the seals.
//! 5. No damaged file panics or holds up its reader for ever.

mod copy;
mod db;
mod error;
mod guard;
mod owner;
mod repair;
mod seal;
mod segments;
mod snapshots;
mod tree;

pub use db::Db;
pub use error::KvError;
pub use guard::{Progress, is_own_panic};
pub use owner::{Owner, owner};
pub use repair::{Repair, set_aside};
pub use tree::{Batch, Bytes, Entries, Tree};
