//! A part of a partition that is gone, and how it is said.

use crate::error::ShellError;
use schemas::Topic;
use serde::Serialize;
use std::fmt;

/// What is known of a hole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleKind {
    /// The beginning is deleted.
    Deleted,
    /// Offsets in the middle hold no record.
    Empty,
    /// Day markers are missing.
    Markers,
    /// A day has fewer events than its marker says.
    Events,
    /// The partition cannot be read.
    Unreadable,
}

/// A part of a partition that is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hole {
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The first offset that it may concern.
    pub from: u64,
    /// The offset after the last.
    pub to: u64,
    /// Its kind.
    pub kind: HoleKind,
    /// The same with its cause, in a sentence.
    pub what: String,
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hole { topic, partition, from, to, what, .. } = self;
        match to.saturating_sub(*from) {
            0 => write!(f, "{topic}/{partition}: {what}"),
            1 => write!(f, "{topic}/{partition}, offset {from}: {what}"),
            _ => write!(f, "{topic}/{partition}, offsets {from} to {}: {what}", to - 1),
        }
    }
}

/// The cause of offsets in the middle that hold nothing.
pub(super) fn empty_offsets() -> String {
    "these offsets hold no record, and no transaction explains that; compaction (cleanup.policy) or somebody has removed them"
        .to_owned()
}

/// The cause of a beginning that is gone.
pub(super) fn deleted() -> String {
    "deleted by retention (retention.ms, retention.bytes, local.retention) or by somebody (kafka-delete-records)"
        .to_owned()
}

/// A partition that cannot be read.
pub fn unreadable(topic: Topic, partition: u32, error: &dyn fmt::Display) -> Hole {
    let (topic, kind, what) = (topic.dataset(), HoleKind::Unreadable, error.to_string());
    Hole { topic, partition, from: 0, to: 0, kind, what }
}

/// Fails with the first of `found`.
///
/// # Errors
/// There is one.
pub fn refuse(found: &[Hole]) -> Result<(), ShellError> {
    let gone = |hole: &&Hole| hole.kind != HoleKind::Unreadable;
    match found {
        [] => Ok(()),
        [first, ..] if !found.iter().any(|hole| gone(&hole)) => {
            Err(ShellError::Unreadable { first: first.to_string() })
        }
        [first, more @ ..] => Err(ShellError::Holes { first: first.to_string(), more: more.len() }),
    }
}
