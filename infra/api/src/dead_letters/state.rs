//! What became of a dead letter, and the name of its topic.

use schemas::Topic;
use schemas::events::Fate;
use serde::Serialize;

/// What became of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    /// Neither redriven nor dropped.
    Open,
    /// Put back on its topic.
    Redriven,
    /// Dropped.
    Dropped,
}

impl DeadLetterState {
    /// The state of one with that fate.
    pub fn of(fate: Option<Fate>) -> DeadLetterState {
        match fate {
            None => DeadLetterState::Open,
            Some(Fate::Redriven) => DeadLetterState::Redriven,
            Some(Fate::Dropped) => DeadLetterState::Dropped,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            DeadLetterState::Open => "open",
            DeadLetterState::Redriven => "redriven",
            DeadLetterState::Dropped => "dropped",
        }
    }
}

/// The short name of a dead letter's topic.
pub(super) fn dataset(topic: &str) -> &str {
    match topic.parse::<Topic>() {
        Ok(known) => known.dataset(),
        Err(_) => topic,
    }
}
