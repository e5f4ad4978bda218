//! Arguments of the verbs that look at a run, steer it, or set things up.

use clap::{Args, Subcommand, ValueEnum};
use schemas::Day;

/// A replay.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// Compare every decision with the recorded one; exit 1 when any differs
    #[arg(long)]
    pub verify: bool,
}

/// A rebuild.
#[derive(Args, Debug)]
pub(crate) struct RebuildArgs {
    /// Views, lake and the state of every role
    #[arg(long)]
    pub all: bool,
}

/// A training.
#[derive(Args, Debug)]
pub(crate) struct TrainArgs {
    /// Train on a market's past and write the model files into the data folder; without it the
    /// run's retrainer is asked for a training
    #[arg(long)]
    pub source: Option<String>,
    /// Rows of history to draw, with --source
    #[arg(long, default_value_t = 7_000)]
    pub rows: usize,
    /// Why, for the record
    #[arg(long, default_value = "asked for by an operator")]
    pub reason: String,
}

/// The topics of the log.
#[derive(Subcommand, Debug)]
pub(crate) enum TopicsVerb {
    /// Every topic: partitions, events, digest
    List,
    /// One topic: schema, partitions, offsets
    Describe {
        /// bars, scans, features, predictions, orders, fills, outcomes, models, controls, samples, dead-letters
        topic: schemas::Topic,
    },
    /// Events of a topic as JSON, one a line
    Consume(ConsumeArgs),
}

/// Reading a topic.
#[derive(Args, Debug)]
pub(crate) struct ConsumeArgs {
    /// The topic
    pub topic: schemas::Topic,
    /// Events of this day and later
    #[arg(long, value_name = "DATE")]
    pub from: Option<Day>,
    /// Events of this day and earlier
    #[arg(long, value_name = "DATE")]
    pub until: Option<Day>,
    /// Events of this ticker
    #[arg(long)]
    pub key: Option<String>,
    /// Wait for more until stopped
    #[arg(short, long)]
    pub follow: bool,
    /// Stop after so many events
    #[arg(short = 'n', long)]
    pub limit: Option<u64>,
}

/// Rankings.
#[derive(Args, Debug)]
pub(crate) struct RankingsArgs {
    /// The day (default: the last one ranked)
    #[arg(long, value_name = "DATE")]
    pub day: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 20)]
    pub top: usize,
}

/// The journal.
#[derive(Args, Debug)]
pub(crate) struct JournalArgs {
    /// Trades to show, latest first
    #[arg(long, default_value_t = 30)]
    pub last: usize,
}

/// A halt or its end.
#[derive(Args, Debug)]
pub(crate) struct HaltArgs {
    /// Only this track
    #[arg(long, value_enum)]
    pub track: Option<TrackName>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// A track.
#[derive(ValueEnum, Debug, Clone, Copy)]
#[value(rename_all = "verbatim")]
#[allow(missing_docs)]
pub(crate) enum TrackName {
    ButterAI,
    ButterBaseline,
}

/// A day to be closed by force.
#[derive(Args, Debug)]
pub(crate) struct CloseDayArgs {
    /// The topic whose marker is missing
    pub topic: schemas::Topic,
    /// The partition
    pub partition: u32,
    /// The day
    pub day: Day,
    /// Why, for the record
    #[arg(long)]
    pub reason: String,
}

/// The configuration.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigVerb {
    /// Every value and where it came from
    Show,
    /// Whether the configuration is sound; exit 1 when not
    Check,
}

/// Fetching libraries.
#[derive(Args, Debug)]
pub(crate) struct SetupArgs {
    /// What to fetch
    #[arg(value_enum, default_value = "onnxruntime")]
    pub what: SetupWhat,
    /// The library with CUDA
    #[arg(long)]
    pub cuda: bool,
    /// Fetch without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// What can be fetched.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupWhat {
    /// The library that scores fastest.
    Onnxruntime,
}
