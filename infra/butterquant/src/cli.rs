//! The command line.

mod explain;

pub use explain::{AnalyzeArgs, BenchScanArgs, BenchVerb};

use clap::{Args, Parser, Subcommand, ValueEnum};
use schemas::Day;
use std::path::PathBuf;

/// Event-sourced scanning, scoring and trading of option butterflies.
///
/// Begin with `butterquant demo`. Then scan real prices: `butterquant scan --source csv:DIR`,
/// where DIR holds one Yahoo-style CSV a ticker and ^VIX.csv.
#[derive(Parser, Debug)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What everything below shares.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of every verb; each may also stand in the configuration file or the environment.
#[derive(Args, Debug, Clone, Default)]
pub struct Common {
    /// Folder of everything kept: logs, state, views, lake, models
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file (default: butterquant.toml in the data folder, if there)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are written
    #[arg(short, long, global = true, value_enum)]
    pub output: Option<Output>,
    /// Which run (see `butterquant runs`)
    #[arg(long, global = true, value_name = "ID")]
    pub run: Option<String>,
    /// Where the log lives
    #[arg(long, global = true, value_enum)]
    pub log: Option<LogHome>,
    /// Kafka's addresses, with --log kafka
    #[arg(long, global = true, value_name = "HOST:PORT,…")]
    pub brokers: Option<String>,
    /// What computes scores
    #[arg(long, global = true, value_enum)]
    pub provider: Option<Provider>,
}

/// How results are written.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Tables and sentences.
    Human,
    /// One JSON document.
    Json,
}

/// Where the log lives.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogHome {
    /// In the data folder; nothing to install.
    Embedded,
    /// On an Apache Kafka cluster.
    Kafka,
}

/// What computes scores.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// CUDA where it works, else the CPU.
    Auto,
    /// CUDA, or an error.
    Cuda,
    /// The CPU.
    Cpu,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Simulate a market and run the whole loop on it; under a minute
    Demo(DemoArgs),
    /// Scan real prices as of a day and rank the candidates
    Scan(ScanArgs),
    /// Explain one analysis: numbers in tables, and a picture
    Analyze(AnalyzeArgs),
    /// Measure this program on this machine
    #[command(subcommand)]
    Bench(BenchVerb),
    /// Run all roles in this process until stopped (Ctrl-C finishes the batch in hand)
    Up(UpArgs),
    /// Run some of the roles until stopped
    Run(RunArgs),
    /// Run the trading days of a period as a run of its own
    Backtest(BacktestArgs),
    /// Decide everything again from what the log recorded
    Replay(ReplayArgs),
    /// Throw views, lake and saved state away and make them again from the log
    Rebuild(RebuildArgs),
    /// Train a model from history, or ask the running retrainer for a training
    Train(TrainArgs),
    /// The models on the log
    #[command(subcommand)]
    Model(ModelVerb),
    /// The topics of the log
    #[command(subcommand)]
    Topics(TopicsVerb),
    /// Candidates of a day, best score first
    Rankings(RankingsArgs),
    /// Positions held and orders pending, by track
    Positions,
    /// Closed trades, by track
    Journal(JournalArgs),
    /// How far every role has read and what it waits for
    Lag,
    /// The runs in the data folder
    Runs,
    /// Stop opening positions, at once
    Halt(HaltArgs),
    /// Open positions again
    Resume(HaltArgs),
    /// Close a stuck day by writing its missing marker
    CloseDay(CloseDayArgs),
    /// Draw labelled rows from a market's past
    History(HistoryArgs),
    /// The configuration in force
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Fetch ONNX Runtime for faster scoring
    Setup(SetupArgs),
}

/// The simulated run.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Seed of the market and of the training
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Trading days to run
    #[arg(long, default_value_t = 40)]
    pub days: u32,
    /// Rows of history the first model is trained on
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Stocks of the simulated market
    #[arg(long, default_value_t = 100)]
    pub stocks: u32,
    /// Leave the planted structure out: there is then nothing to learn
    #[arg(long)]
    pub no_structure: bool,
}

/// A scan.
#[derive(Args, Debug)]
pub struct ScanArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// The day to scan (default: the market's last day)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 100)]
    pub top: usize,
    /// Only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
    /// Where to write the rankings (default: rankings_combined.json in the run's folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A live run.
#[derive(Args, Debug)]
pub struct UpArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan when the run begins (default: the market's last day)
    #[arg(long, value_name = "DATE")]
    pub from: Option<Day>,
    /// Rows of history to train a first model on when the run begins
    #[arg(long, default_value_t = 0)]
    pub history: usize,
    /// Stop once this day is closed by every role
    #[arg(long, value_name = "DATE")]
    pub until: Option<Day>,
}

/// Some roles.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// source, scanner, scorer, labeler, executor, broker, retrainer, materializer
    #[arg(required = true)]
    pub roles: Vec<schemas::role::Role>,
    /// The market, for the source: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// Instances of each role by partition
    #[arg(long, default_value_t = 1)]
    pub instances: u32,
}

/// A backtest.
#[derive(Args, Debug)]
pub struct BacktestArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan
    #[arg(long, value_name = "DATE")]
    pub from: Day,
    /// Last day
    #[arg(long, value_name = "DATE")]
    pub to: Day,
    /// Rows of history the first model is trained on; 0 begins without a model
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
}

/// A replay.
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// Compare every decision with the recorded one; exit 1 when any differs
    #[arg(long)]
    pub verify: bool,
}

/// A rebuild.
#[derive(Args, Debug)]
pub struct RebuildArgs {
    /// Views, lake and the state of every role
    #[arg(long)]
    pub all: bool,
}

/// A training.
#[derive(Args, Debug)]
pub struct TrainArgs {
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

/// The models on the log.
#[derive(Subcommand, Debug)]
pub enum ModelVerb {
    /// Every version: when, by which rule, what came of it
    List,
    /// One version: manifest, metrics, verdict
    Show {
        /// The version
        version: i64,
    },
}

/// The topics of the log.
#[derive(Subcommand, Debug)]
pub enum TopicsVerb {
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
pub struct ConsumeArgs {
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
pub struct RankingsArgs {
    /// The day (default: the last one ranked)
    #[arg(long, value_name = "DATE")]
    pub day: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 20)]
    pub top: usize,
}

/// The journal.
#[derive(Args, Debug)]
pub struct JournalArgs {
    /// Trades to show, latest first
    #[arg(long, default_value_t = 30)]
    pub last: usize,
}

/// A halt or its end.
#[derive(Args, Debug)]
pub struct HaltArgs {
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
pub enum TrackName {
    ButterAI,
    ButterBaseline,
}

/// A day to be closed by force.
#[derive(Args, Debug)]
pub struct CloseDayArgs {
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

/// Drawing history.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// Rows wanted
    #[arg(long, default_value_t = 7_000)]
    pub rows: usize,
    /// Only days before this one (default: the market's last day)
    #[arg(long, value_name = "DATE")]
    pub before: Option<Day>,
    /// Decides which rows are drawn
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// The configuration.
#[derive(Subcommand, Debug)]
pub enum ConfigVerb {
    /// Every value and where it came from
    Show,
    /// Whether the configuration is sound; exit 1 when not
    Check,
}

/// Fetching libraries.
#[derive(Args, Debug)]
pub struct SetupArgs {
    /// The library with CUDA
    #[arg(long)]
    pub cuda: bool,
    /// Fetch without asking
    #[arg(short, long)]
    pub yes: bool,
}
