//! A part in the play: an instance or the source, and its state.

use super::faults::Actor;
use schemas::role::Role;
use shell::ShellError;
use shell::instance::{Instance, Progress};
use shell::source::Source;
use std::sync::Arc;

/// The roles that run and their numbers of instances.
pub(super) const CAST: [(Role, u32); 8] = [
    (Role::Source, 1),
    (Role::Scanner, 2),
    (Role::Scorer, 2),
    (Role::Labeler, 2),
    (Role::Executor, 2),
    (Role::Broker, 2),
    (Role::Retrainer, 1),
    (Role::Materializer, 1),
];
/// Units of all roles: three roles by partition, four that read all.
pub const UNITS: usize = 3 * super::dimensions::PARTITIONS as usize + 4;

/// An instance or the source.
pub(super) enum Running {
    Role(Box<Instance>),
    Source(Box<Source>),
}

/// The state of a part.
pub(super) enum Body {
    Waiting(Running),
    /// In the middle of a step, stalled while others go on.
    OnStage,
    Gone,
}

/// One instance and its process.
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) actor: Arc<Actor>,
    pub(super) body: Body,
}

impl Running {
    pub(super) fn step(&mut self) -> Result<Progress, ShellError> {
        match self {
            Running::Role(instance) => instance.step(),
            Running::Source(source) => source.step(),
        }
    }
}

impl Part {
    /// Stops it cleanly.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.body {
            Body::Waiting(running) => match running {
                Running::Role(instance) => instance
                    .finish()
                    .map_err(|error| format!("{} cannot finish: {error}", self.role)),
                Running::Source(_) => Ok(()),
            },
            Body::OnStage | Body::Gone => Ok(()),
        }
    }
}
