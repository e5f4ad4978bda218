//! The errors of a role, and what its loop does about each.

use eventlog::{ErrorClass, LogError};
use schemas::codec::EncodeError;
use schemas::role::{BadState, EffectError, Role};

/// What to do about a hole.
pub const REMEDY: &str = "what is gone from a log cannot be made again: views, lake and saved state keep what they have taken in of it, but can be neither rebuilt nor replayed. Set cleanup.policy=delete, retention.ms=-1 and retention.bytes=-1 on every topic, and give the topics back from a copy, or continue as another run (--run ID)";

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
    /// The committed offsets of a group are gone.
    #[error(
        "{unit} has closed days of this run, but the committed offsets of group {group} are gone (Kafka lets them expire after offsets.retention.minutes; 2147483647 keeps them). `butterquant groups adopt` takes its place from what it has written and saved; then start again"
    )]
    PlaceLost {
        /// Which unit.
        unit: String,
        /// Whose offsets.
        group: Role,
    },
    /// A committed offset that no record has had.
    #[error(
        "group {group} has committed offset {offset} of {place}, which ends at {end}: somebody has set it, or the log has lost its end. `butterquant groups adopt` takes its place from what it has written and saved; then start again"
    )]
    BeyondEnd {
        /// Whose offset.
        group: Role,
        /// Of which partition.
        place: String,
        /// The committed offset.
        offset: u64,
        /// The partition's end.
        end: u64,
    },
    /// Records of the log are gone.
    #[error("the log has holes: {first}{}; {REMEDY}", and_more(*more))]
    Holes {
        /// The first of them.
        first: String,
        /// How many more there are.
        more: usize,
    },
    /// Records of the log are there and cannot be read; the text names its remedy.
    #[error("{first}")]
    Unreadable {
        /// The first partition, and why.
        first: String,
    },
    /// Inputs are gone that the unit has read before, or are not the run's.
    #[error(
        "the log has lost records, or another client has written some: {unit} has {what}; `butterquant topics list` shows what is gone. {}",
        capital(REMEDY)
    )]
    Hole {
        /// Which unit.
        unit: String,
        /// What is not there.
        what: String,
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

fn and_more(more: usize) -> String {
    if more > 0 {
        format!(", and {more} more, which `butterquant topics list` shows")
    } else {
        String::new()
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl ShellError {
    /// Whether reloading the saved state may mend it.
    pub fn passing(&self) -> bool {
        match self {
            ShellError::Log(error) => {
                !matches!(error.class, ErrorClass::Fatal | ErrorClass::Closed)
            }
            ShellError::Effect { cause, .. } => !cause.stuck,
            _ => false,
        }
    }

    /// The failure in a word, for metrics.
    pub fn cause(&self) -> &'static str {
        match self {
            ShellError::Log(error) => match error.class {
                ErrorClass::Retry => "log_away",
                ErrorClass::Uncertain => "log_uncertain",
                ErrorClass::Fenced => "fenced",
                ErrorClass::Rebalanced => "rebalanced",
                ErrorClass::Fatal | ErrorClass::Closed => "log_refuses",
            },
            ShellError::Effect { cause, .. } if cause.away => "service_away",
            ShellError::Effect { .. } => "own_work",
            _ => "state",
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
