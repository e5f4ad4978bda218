//! The log: the one truth of the system, behind one small trait with four homes.
//!
//! [`EmbeddedLog`] (a directory, the default), [`MemoryLog`] (simulation), [`RemoteLog`]
//! (another process's embedded log over HTTP) and [`KafkaLog`]. They carry raw bytes and
//! know nothing of events. All of them pass one suite, [`conformance`].
//!
//! Invariants, of every home:
//! 1. Records of a partition are read in offset order, whole publishes only.
//! 2. A publish keeps its records and the offsets they were made from, or neither.
//! 3. An owner that lost its right (a newer producer of the same id, moved offsets, a member
//!    that took its place) is refused as [`ErrorClass::Fenced`], a member that has not seen its
//!    newest assignment as [`ErrorClass::Rebalanced`]; nothing is written.
//! 4. A reader names partitions and offsets; nothing else is delivered to it.
//!
//! 5. A group's offsets are set from outside only while it has no members.
//!
//! What is absent on purpose: deleting records, automatic commits, callbacks, and a clock.

pub mod archive;
pub mod conformance;
mod error;
mod fetched;
mod group_admin;
mod headers;
pub mod kafka;
mod lengths;
pub mod local;
mod membership;
mod nulls;
mod partition_reader;
pub mod remote;
mod traits;
mod types;

pub use error::{ErrorClass, LogError, Result};
pub use fetched::{Fetched, SharedRecord};
pub use group_admin::{GroupAdmin, GroupListing, GroupMember};
pub use headers::{HeaderIter, Headers};
pub use kafka::{KafkaLog, KafkaSettings};
pub use local::{EmbeddedLog, MemoryLog};
pub use nulls::{NULLS, Nulls};
pub use partition_reader::{PartitionReader, PartitionRecords};
pub use remote::{RemoteLog, Server};
pub use traits::{Log, Member, Producer, Reader};
pub use types::{
    Assignment, Batch, Consumed, Cut, NewRecord, Record, TopicInfo, TopicMismatch, TopicPartition,
    TopicSpec, Watermarks,
};
