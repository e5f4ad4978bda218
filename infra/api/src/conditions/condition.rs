//! A condition.

use run::config::Severity;
use serde::{Deserialize, Serialize};

/// Something about a run that calls for a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Condition {
    /// What it is and of what, such as `group/executor`: the same condition has the same key.
    pub key: String,
    /// How much it matters.
    pub severity: Severity,
    /// A line.
    pub summary: String,
    /// The figures behind it.
    pub detail: String,
    /// What to do about it.
    pub remedy: String,
}

impl Condition {
    pub(crate) fn new(
        severity: Severity,
        key: impl Into<String>,
        summary: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Condition {
        Condition {
            key: key.into(),
            severity,
            summary: summary.into(),
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}
