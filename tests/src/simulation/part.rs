//! A part in the play: an instance or the source, and where it is just now.

use super::faults::Actor;
use schemas::role::Role;
use shell::ShellError;
use shell::instance::{Instance, Progress};
use shell::source::Source;
use std::sync::Arc;

/// What steps.
pub(super) enum Running {
    Role(Instance),
    Source(Source),
}

/// Where it is.
pub(super) enum Body {
    Waiting(Box<Running>),
    /// In the middle of a step, stalled while others go on.
    OnStage,
    Gone,
}

/// One instance and what befalls it.
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
            Body::Waiting(running) => match *running {
                Running::Role(instance) => instance
                    .finish()
                    .map_err(|error| format!("{} cannot finish: {error}", self.role)),
                Running::Source(_) => Ok(()),
            },
            Body::OnStage | Body::Gone => Ok(()),
        }
    }
}
