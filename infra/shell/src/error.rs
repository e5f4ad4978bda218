//! The errors of a role, and what its loop does about each.

use eventlog::{ErrorClass, LogError};
use schemas::codec::EncodeError;
use schemas::role::{BadState, EffectError, Role};

/// Why a role could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The log failed or refused a call.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Saved state is unreadable.
    #[error(transparent)]
    BadState(#[from] BadState),
    /// Saved state does not match the log.
    #[error(
        "the saved state of {unit} {what}; run `butterquant rebuild --all` to make it again from the log"
    )]
    StateMismatch {
        /// Which unit.
        unit: String,
        /// What does not match.
        what: String,
    },
    /// The state folder failed.
    #[error("the state of {unit} could not be saved or loaded: {cause}")]
    CheckpointStore {
        /// Which unit.
        unit: String,
        /// What happened.
        cause: String,
    },
    /// An own event does not fit its schema.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// An effect failed.
    #[error("{unit}: {cause}")]
    Effect {
        /// Which unit.
        unit: String,
        /// What happened.
        cause: EffectError,
    },
    /// A role's thread panicked: a defect of this program.
    #[error(
        "{name} ended badly, see above; nothing of its last round was published: start again, and report the message"
    )]
    Panicked {
        /// Which instance.
        name: String,
    },
    /// The cluster let a group's offsets expire.
    #[error(
        "{unit} has closed days of this run, but its committed offsets are gone from the cluster (offsets.retention.minutes), so it would decide everything again. Set that to 2147483647 and continue as another run (--run ID); this log can still be read and backtested"
    )]
    PlaceLost {
        /// Which unit.
        unit: String,
    },
    /// A role without a machine cannot be run as one that has one.
    #[error("{role} has no machine, so no instance can run it")]
    NoMachine {
        /// The role.
        role: Role,
    },
    /// The log holds no run.
    #[error("this log holds no opened run; start one with `butterquant up`, `backtest` or `demo`")]
    NotOpened,
    /// The run cannot be opened as asked.
    #[error("{0}")]
    CannotOpen(String),
    /// Dead letters cannot be settled as asked.
    #[error("{0}")]
    Letters(String),
    /// The market could not be read.
    #[error(transparent)]
    Source(#[from] producers::source::SourceError),
}

impl ShellError {
    /// Whether reloading the saved state may mend it.
    pub fn passing(&self) -> bool {
        match self {
            ShellError::Log(error) => {
                !matches!(error.class, ErrorClass::Fatal | ErrorClass::Closed)
            }
            ShellError::Effect { .. } => true,
            _ => false,
        }
    }

    /// Whether the log, or the service an effect calls, is away. The loop waits for it without end.
    pub fn away(&self) -> bool {
        match self {
            ShellError::Log(_) => true,
            ShellError::Effect { cause, .. } => cause.away,
            _ => false,
        }
    }
}
