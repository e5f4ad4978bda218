//! What can be wrong with a file of a folder that has a manifest.

use serde::Serialize;
use std::cmp::Ordering;
use std::fmt;

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "wrong")]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// Nobody wrote it.
    Extra,
    /// It is shorter than it was written.
    Cut {
        /// Its length.
        bytes: u64,
        /// What that was.
        of: u64,
    },
    /// It is longer than it was written.
    Longer {
        /// Its length.
        bytes: u64,
        /// What that was.
        than: u64,
    },
    /// Its bytes are other ones.
    Changed,
}

impl Wrong {
    /// What is wrong with a file that has the bytes `found` in place of `wanted`.
    pub fn between(wanted: &[u8], found: &[u8]) -> Option<Wrong> {
        Wrong::of_lengths(wanted.len() as u64, found.len() as u64)
            .or_else(|| (wanted != found).then_some(Wrong::Changed))
    }

    /// What is wrong with a file of `found` bytes that was written with `wanted`.
    pub(super) fn of_lengths(wanted: u64, found: u64) -> Option<Wrong> {
        match found.cmp(&wanted) {
            Ordering::Less => Some(Wrong::Cut { bytes: found, of: wanted }),
            Ordering::Greater => Some(Wrong::Longer { bytes: found, than: wanted }),
            Ordering::Equal => None,
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Missing => f.write_str("is missing"),
            Wrong::Extra => f.write_str("is extra: the program did not write it"),
            Wrong::Cut { bytes, of } => write!(f, "is cut: {bytes} bytes are left of {of}"),
            Wrong::Longer { bytes, than } => {
                write!(f, "is longer than it was written: {bytes} bytes instead of {than}")
            }
            Wrong::Changed => f.write_str("is damaged: its bytes are not those that were written"),
        }
    }
}
