//! What an examination looked at and what it found, as values that serialise.

use serde::Serialize;
use std::fmt::Display;

/// Something that was looked at and is as it should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// Where it lies.
    #[serde(rename = "where")]
    pub place: String,
    /// What was seen.
    pub detail: String,
}

/// Something wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// What is wrong: `log`, `saved state`, `model files`.
    pub what: String,
    /// The file, topic, partition or offset.
    #[serde(rename = "where")]
    pub place: String,
    /// What was found there.
    pub detail: String,
    /// What to do about it.
    pub remedy: String,
}

/// How much is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// Everything: each record, each file.
    Full,
    /// What takes seconds, however long the run.
    Quick,
}

/// What was looked at in a run, and what was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examination {
    /// The run.
    pub run: String,
    /// What was found, in the order of the checks.
    pub findings: Vec<Finding>,
    /// What is as it should be.
    pub fine: Vec<Check>,
    /// What was not looked at.
    pub left_out: Vec<String>,
}

impl Examination {
    /// An examination of `run` before its first check.
    pub fn of(run: &str) -> Examination {
        Examination { run: run.to_owned(), ..Examination::default() }
    }

    /// Notes that `what` is not looked at.
    pub fn leave_out(&mut self, what: &str) {
        self.left_out.push(what.to_owned());
    }

    /// Notes that `what` at `place` is as it should be.
    pub fn fine(&mut self, what: &str, place: impl Display, detail: impl Display) {
        let (what, place, detail) = (what.to_owned(), place.to_string(), detail.to_string());
        self.fine.push(Check { what, place, detail });
    }

    /// Notes that something is wrong with `what` at `place`.
    pub fn found(
        &mut self,
        what: &str,
        place: impl Display,
        detail: impl Display,
        remedy: impl Display,
    ) {
        self.findings.push(Finding {
            what: what.to_owned(),
            place: place.to_string(),
            detail: detail.to_string(),
            remedy: remedy.to_string(),
        });
    }

    /// Notes an error that names its own remedy behind the last `; `, as the errors of the rooms do.
    pub fn failed(&mut self, what: &str, place: impl Display, error: &anyhow::Error) {
        let text = format!("{error:#}");
        let (detail, remedy) = text.split_once("; ").unwrap_or((&text, "see its detail"));
        self.found(what, place, detail, remedy);
    }

    /// Whether anything is wrong.
    pub fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }
}
