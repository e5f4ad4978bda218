//! The result of one check: a grade, a sentence and the first rows it is about.

use serde::Serialize;

/// Examples kept of a finding.
const EXAMPLES: usize = 3;

/// How serious the result is.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// All is well.
    Good,
    /// Worth knowing.
    Noted,
    /// Something is wrong.
    Found,
}

/// One check's result.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How serious it is.
    pub grade: Grade,
    /// A sentence.
    #[serde(rename = "said")]
    pub message: String,
    /// The first findings: file, row and what is wrong there.
    pub examples: Vec<String>,
}

impl Check {
    pub(super) fn new(name: &'static str, grade: Grade, message: impl Into<String>) -> Check {
        Check { name, grade, message: message.into(), examples: Vec::new() }
    }

    pub(super) fn with(mut self, examples: impl IntoIterator<Item = String>) -> Check {
        self.examples = examples.into_iter().take(EXAMPLES).collect();
        self
    }
}
