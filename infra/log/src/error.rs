//! The error of every home of the log; its class says what the caller may do.

use serde::{Deserialize, Serialize};

/// What a failed call means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorClass {
    /// Nothing was written; the same call may succeed later.
    Retry,
    /// It may or may not have been written: reload, look at the committed offsets, and
    /// open a new producer.
    Uncertain,
    /// Nothing was written, because another owner has taken over: poll the membership,
    /// reload, and only then go on.
    Fenced,
    /// Nothing was written and repeating it will not help.
    Fatal,
    /// Nothing was written, nor will be until the process that owns the log starts again.
    Closed,
    /// Nothing was written, because members have joined or left the group since this one last
    /// polled: poll the membership, reload, and go on. Comes with every instance that starts or
    /// stops.
    Rebalanced,
}

/// What went wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{what} ({place}); {remedy}")]
pub struct LogError {
    /// What the caller may do.
    pub class: ErrorClass,
    /// What was wrong.
    pub what: String,
    /// The topic, partition, group, directory or address it concerns.
    pub place: String,
    /// What to do next.
    pub remedy: String,
}

/// The result of a call to the log.
pub type Result<T> = std::result::Result<T, LogError>;

impl LogError {
    /// An error of `class`.
    pub fn new(
        class: ErrorClass,
        what: impl Into<String>,
        place: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { class, what: what.into(), place: place.into(), remedy: remedy.into() }
    }

    /// Refused because another owner has taken over.
    pub fn fenced(what: impl Into<String>, place: impl ToString) -> Self {
        Self::new(
            ErrorClass::Fenced,
            what,
            place.to_string(),
            "another owner has taken over; reload from the committed offsets before going on",
        )
    }

    /// Refused because the group's partitions have been shared out anew.
    pub(crate) fn rebalanced(what: impl Into<String>, place: impl ToString) -> Self {
        Self::new(
            ErrorClass::Rebalanced,
            what,
            place.to_string(),
            "poll the membership and reload from the committed offsets",
        )
    }

    /// Refused for good.
    pub fn fatal(what: impl Into<String>, place: impl ToString, remedy: impl Into<String>) -> Self {
        Self::new(ErrorClass::Fatal, what, place.to_string(), remedy)
    }

    /// There is no such topic.
    pub(crate) fn no_topic(topic: &str) -> Self {
        Self::fatal("there is no such topic", topic, "create the topics first")
    }

    /// There is no such partition.
    pub(crate) fn no_partition(place: impl ToString) -> Self {
        Self::fatal(
            "there is no such partition",
            place,
            "compare the partition count in the settings with that of the topic",
        )
    }

    /// A read position beyond the end.
    pub(crate) fn out_of_range(place: impl ToString, from: u64, high: u64) -> Self {
        Self::fatal(
            format!("offset {from} is beyond the end of the log, {high}"),
            place,
            "the log has lost its end, or the position is another log's: `butterquant rebuild --all` makes state \
             again from what is there",
        )
    }
}

impl From<kv::KvError> for LogError {
    fn from(error: kv::KvError) -> Self {
        let (class, place, remedy) = match &error {
            kv::KvError::Locked { path, .. } => (ErrorClass::Retry, path, "see above"),
            kv::KvError::Damaged { path, .. } => (ErrorClass::Fatal, path, "see above"),
            kv::KvError::Unwritable { path, .. } => (ErrorClass::Fatal, path, "see above"),
            kv::KvError::Uncopied { path, .. } => (ErrorClass::Fatal, path, "see above"),
            kv::KvError::Full { path } => (ErrorClass::Uncertain, path, "free some space"),
            kv::KvError::Io { path, .. } => (ErrorClass::Uncertain, path, "check the disk"),
        };
        let mut what = error.to_string();
        if let Some((said, advice)) = what.clone().split_once("; ") {
            let cause = std::error::Error::source(&error).map(|c| format!(": {c}"));
            what = format!("{said}{}", cause.unwrap_or_default());
            return Self::new(class, what, path_text(place), advice);
        }
        Self::new(class, what, path_text(place), remedy)
    }
}

fn path_text(path: &std::path::Path) -> String {
    path.display().to_string()
}
