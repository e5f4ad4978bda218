//! The roles, what each reads in which order and what it writes.

use crate::Topic;
use std::fmt;
use std::str::FromStr;

/// A role of the system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Role {
    Source,
    Scanner,
    Scorer,
    Labeler,
    Executor,
    Broker,
    Retrainer,
    Materializer,
}

/// An input of a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input {
    /// The topic.
    pub topic: Topic,
    /// Whether it is read as of the day before: a decision of day D takes effect on D+1.
    pub day_before: bool,
}

const fn today(topic: Topic) -> Input {
    Input { topic, day_before: false }
}

const fn day_before(topic: Topic) -> Input {
    Input { topic, day_before: true }
}

impl Role {
    /// All roles, in the order of the day.
    pub const ALL: [Role; 8] = [
        Role::Source,
        Role::Scanner,
        Role::Scorer,
        Role::Labeler,
        Role::Executor,
        Role::Broker,
        Role::Retrainer,
        Role::Materializer,
    ];

    /// The inputs of a day, in reading order.
    pub fn inputs(self) -> &'static [Input] {
        const SCANNER: &[Input] = &[today(Topic::Bars)];
        const SCORER: &[Input] = &[day_before(Topic::Models), today(Topic::Features)];
        const LABELER: &[Input] = &[today(Topic::Bars), today(Topic::Scans)];
        const EXECUTOR: &[Input] = &[
            today(Topic::Fills),
            today(Topic::Bars),
            today(Topic::Scans),
            today(Topic::Predictions),
        ];
        const BROKER: &[Input] = &[day_before(Topic::Orders), today(Topic::Bars)];
        const RETRAINER: &[Input] = &[
            today(Topic::Bars),
            today(Topic::Features),
            today(Topic::Predictions),
            today(Topic::Outcomes),
        ];
        const MATERIALIZER: &[Input] = &[
            today(Topic::Bars),
            today(Topic::Scans),
            today(Topic::Features),
            today(Topic::Predictions),
            today(Topic::Outcomes),
            today(Topic::Fills),
            today(Topic::Orders),
            today(Topic::Models),
        ];
        match self {
            Role::Source => &[],
            Role::Scanner => SCANNER,
            Role::Scorer => SCORER,
            Role::Labeler => LABELER,
            Role::Executor => EXECUTOR,
            Role::Broker => BROKER,
            Role::Retrainer => RETRAINER,
            Role::Materializer => MATERIALIZER,
        }
    }

    /// The topics it writes; its day marker goes to every partition of each.
    pub fn outputs(self) -> &'static [Topic] {
        match self {
            Role::Source => &[Topic::Bars],
            Role::Scanner => &[Topic::Scans, Topic::Features],
            Role::Scorer => &[Topic::Predictions],
            Role::Labeler => &[Topic::Outcomes],
            Role::Executor => &[Topic::Orders],
            Role::Broker => &[Topic::Fills],
            Role::Retrainer => &[Topic::Models],
            Role::Materializer => &[],
        }
    }

    /// Whether instances share the partitions; otherwise one active instance reads all.
    pub fn by_partition(self) -> bool {
        matches!(self, Role::Scanner | Role::Scorer | Role::Labeler)
    }

    /// The name, which is also its group and transactional id.
    pub fn name(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Scanner => "scanner",
            Role::Scorer => "scorer",
            Role::Labeler => "labeler",
            Role::Executor => "executor",
            Role::Broker => "broker",
            Role::Retrainer => "retrainer",
            Role::Materializer => "materializer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text does not name a role.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown role {0:?}; the roles are source, scanner, scorer, labeler, executor, broker, retrainer, materializer"
)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Role, UnknownRole> {
        Role::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
