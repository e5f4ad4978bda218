//! A condition.

use run::config::Severity;
use serde::{Deserialize, Serialize};

/// The kinds of conditions: the keys, or their parts before the slash. docs/alerts.md explains them.
pub const KINDS: [&str; 11] = [
    "group",
    "log-away",
    "log-faults",
    "dead-letters",
    "halted",
    "track-blocked",
    "model-old",
    "source-waits",
    "held-back",
    "process",
    "disk",
];

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

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn the_page_of_alerts_explains_every_kind() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/alerts.md");
        let page = std::fs::read_to_string(page).unwrap();
        let keys =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split(['/', '`']).next());
        assert_eq!(keys.collect::<Vec<_>>(), KINDS);
    }
}
