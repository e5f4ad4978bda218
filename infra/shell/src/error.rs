//! What can go wrong with a role, and what its loop does about it.

use eventlog::{ErrorClass, LogError};
use schemas::codec::EncodeError;
use schemas::role::{BadState, EffectError};

/// A role could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The log said no.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Saved state is unreadable.
    #[error(transparent)]
    BadState(#[from] BadState),
    /// Saved state does not belong to what the log says.
    #[error(
        "the saved state of {unit} {what}; run `butterquant rebuild --all` to make it again from the log"
    )]
    StateMismatch {
        /// Which unit.
        unit: String,
        /// What does not fit.
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
    /// Long work failed.
    #[error("{unit}: {cause}")]
    Effect {
        /// Which unit.
        unit: String,
        /// What happened.
        cause: EffectError,
    },
    /// A role's thread ended in a way that is a defect of this program.
    #[error(
        "{name} ended badly, see above; nothing of it was published: start again, and report what it said"
    )]
    Panicked {
        /// Which instance.
        name: String,
    },
    /// The cluster has let a group's offsets expire.
    #[error(
        "{unit} has closed days of this run, and the offsets it committed are gone from the cluster (offsets.retention.minutes): it would decide everything again. Set that to 2147483647; the log can still be read and backtested, what is to go on begins as another run (--run ID)"
    )]
    PlaceLost {
        /// Which unit.
        unit: String,
    },
    /// The log has no run.
    #[error("this log holds no opened run; start one with `butterquant up`, `backtest` or `demo`")]
    NotOpened,
    /// A run cannot be opened as asked.
    #[error("{0}")]
    CannotOpen(String),
    /// Dead letters cannot be dealt with as asked.
    #[error("{0}")]
    Letters(String),
    /// The market could not be read.
    #[error(transparent)]
    Source(#[from] producers::source::SourceError),
}

impl ShellError {
    /// Whether reloading the saved state and going on may mend it.
    pub fn passing(&self) -> bool {
        match self {
            ShellError::Log(error) => {
                !matches!(error.class, ErrorClass::Fatal | ErrorClass::Closed)
            }
            ShellError::Effect { .. } => true,
            _ => false,
        }
    }

    /// Whether it only says that an instance of the same role has started or stopped.
    pub fn rebalanced(&self) -> bool {
        matches!(self, ShellError::Log(error) if error.class == ErrorClass::Rebalanced)
    }

    /// Whether what a role needs is away, the log or what its long work goes to: it is waited
    /// for, however long.
    pub fn away(&self) -> bool {
        match self {
            ShellError::Log(_) => true,
            ShellError::Effect { cause, .. } => cause.away,
            _ => false,
        }
    }
}
