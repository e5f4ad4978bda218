//! What a log no longer holds. Records are written one after the other and kept for ever, so that whatever is not
//! there was taken away: by retention (a partition begins above offset 0), by compaction (offsets in the middle hold
//! nothing, day markers are missing, days have fewer events than their marker says), or by somebody's hand.
//!
//! On Kafka the end of a transaction takes an offset too, and an aborted one leaves its records' offsets empty. So a
//! gap alone is none of these in a topic whose markers count its events.

mod hole;
mod look;
mod partition_check;

pub use crate::error::REMEDY;
pub use hole::{Hole, HoleKind, refuse, unreadable};
pub use look::{HolesFound, at_a_glance, in_a_moment, of_partition, thorough};
pub use partition_check::PartitionCheck;

#[cfg(test)]
mod tests;
