//! The report on a registration.

use serde::Serialize;

/// The result of a registration.
#[derive(Serialize)]
pub struct Report {
    /// The registry's address.
    pub registry: String,
    /// Every version and its result.
    pub versions: Vec<One>,
    /// Remedies for the versions that the registry does not hold under their id.
    pub remedies: Vec<&'static str>,
}

/// The result for one version.
#[derive(Serialize)]
pub struct One {
    /// Its subject.
    pub subject: String,
    /// Its version.
    pub version: u32,
    /// Its id in events.
    pub id: u32,
    /// What was done.
    pub done: Done,
    /// Why the registry does not hold it under its id.
    pub problem: Option<String>,
}

/// What was done with a version.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing: the registry holds it already.
    There,
    /// It was registered and read back.
    Registered,
    /// It is missing, and this was a dry run.
    Missing,
    /// The registry does not hold it under its id.
    Refused,
}
