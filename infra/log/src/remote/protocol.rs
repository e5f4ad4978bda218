//! The messages between client and server: a call, and its answer or the log's error.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Batch, LogError, Result, TopicPartition, TopicSpec};

/// Where the log is served.
pub const PATH: &str = "/log/v1";
/// A remote member that has been silent for so long has left.
pub const MEMBER_LIFE: Duration = Duration::from_secs(6);
/// How long one read waits on the server.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// One call. New ones go last: the position is the code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Call {
    /// Gives a `String`.
    Identity,
    /// Gives an `Option<String>`.
    TopicIdentity(String),
    /// Gives a `Vec<TopicMismatch>`.
    EnsureTopics(Vec<TopicSpec>),
    /// Gives a `Vec<TopicInfo>`.
    Topics,
    /// Gives `Watermarks`.
    Watermarks(TopicPartition),
    /// Gives a `u64`.
    OffsetForTime(TopicPartition, i64),
    /// Gives a `Vec<Option<u64>>`.
    Committed(String, Vec<TopicPartition>),
    /// Gives a `Vec<String>`.
    Groups,
    /// Gives a `Vec<Fetched>`.
    Read { due: Vec<(TopicPartition, u64)>, max_records: u64, wait_ms: u64 },
    /// Gives the member's number.
    Join { group: String, instance: String, topics: Vec<String> },
    /// Gives `Some(Assignment)`, or `None` where the server does not know the number.
    PollMember { member: u64 },
    /// Gives `()`.
    Leave { member: u64 },
    /// Gives the producer's number.
    OpenProducer { transactional_id: String },
    /// Gives a `Vec<u64>`.
    Publish { producer: u64, number: u64, batch: Batch, member: Option<u64> },
    /// Keeps a seat; nothing else changes. Gives `()`.
    KeepSeat { member: u64 },
    /// Gives a `u64`.
    WrittenEnd(TopicPartition),
    /// Gives a `Vec<String>`.
    ActiveGroups,
    /// Gives a `Cut`.
    Cut,
    /// Gives a `Vec<GroupListing>`.
    GroupList,
    /// Gives a `Vec<GroupMember>`.
    GroupMembers(String),
    /// Gives a `Vec<(TopicPartition, u64)>`.
    GroupOffsets(String),
    /// Gives `()`.
    SetGroupOffsets(String, Vec<(TopicPartition, u64)>),
    /// Gives `()`.
    DeleteGroup(String),
}

/// The bytes of `value`.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|e| garbled(&e))
}

/// The value in `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|e| garbled(&e))
}

fn garbled(cause: &postcard::Error) -> LogError {
    LogError::fatal(
        format!("a call or its answer cannot be read: {cause}"),
        PATH,
        "run the same version on both sides",
    )
}
