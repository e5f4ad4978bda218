//! The command line.

mod data;
mod explain;
mod learning;
mod letters;
mod looks;
mod models;
mod runs;
mod schemas;

pub(crate) use data::*;
pub(crate) use explain::{AnalyzeArgs, BenchPipelineArgs, BenchScanArgs, BenchVerb};
pub(crate) use learning::*;
pub(crate) use letters::*;
pub(crate) use looks::*;
pub(crate) use models::*;
pub(crate) use runs::*;
pub(crate) use schemas::*;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use run::config::{Choice, Flags, LogHome, Output, Provider};
use std::path::PathBuf;

/// Event-sourced scanning, scoring and trading of option butterflies.
///
/// Begin with `butterquant demo`. Then scan real prices: `butterquant scan --source csv:DIR`,
/// where DIR holds one Yahoo-style CSV a ticker and ^VIX.csv.
#[derive(Parser, Debug)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What everything below shares.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of every verb; each may also stand in the configuration file or the environment.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Common {
    /// Folder of everything kept: logs, state, views, lake, models
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file (default: butterquant.toml in the data folder, if there)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are written
    #[arg(short, long, global = true, value_parser = choice::<Output>())]
    pub output: Option<Output>,
    /// Which run (see `butterquant runs`)
    #[arg(long, global = true, value_name = "ID")]
    pub run: Option<String>,
    /// Where the log lives
    #[arg(long, global = true, value_parser = choice::<LogHome>())]
    pub log: Option<LogHome>,
    /// Kafka's addresses, with --log kafka
    #[arg(long, global = true, value_name = "HOST:PORT,…")]
    pub brokers: Option<String>,
    /// What computes scores
    #[arg(long, global = true, value_parser = choice::<Provider>())]
    pub provider: Option<Provider>,
    /// Schema registry to register the schemas with: at the start of a run, or by `schemas register`
    #[arg(long, global = true, value_name = "URL")]
    pub schema_registry: Option<String>,
}

impl Common {
    /// What the command line says of the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let path = |path: &PathBuf| path.display().to_string();
        let values = [
            ("data_dir", self.data_dir.as_ref().map(path)),
            ("output", self.output.map(|value| value.name().to_owned())),
            ("run", self.run.clone()),
            ("log", self.log.map(|value| value.name().to_owned())),
            ("brokers", self.brokers.clone()),
            ("provider", self.provider.map(|value| value.name().to_owned())),
            ("schema_registry", self.schema_registry.clone()),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Flags { file: self.config.clone(), values: given.collect() }
    }
}

/// Parses one of a choice's names, and lists them in the help.
fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    let known = T::ALL.iter().map(|(_, name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(known)
        .try_map(|name| T::parse(&name).ok_or_else(|| format!("{name} is not a choice")))
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
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
    /// Be a paper broker in a process of its own: with `broker = "paper:HOST:PORT"` live orders go there
    PaperBroker(PaperBrokerArgs),
    /// Run the trading days of a period as a run of its own
    Backtest(BacktestArgs),
    /// Decide everything again from what the log recorded
    Replay(ReplayArgs),
    /// Throw views, lake and saved state away and make them again from the log
    Rebuild(RebuildArgs),
    /// Train a model from history, or ask the running retrainer for a training
    Train(TrainArgs),
    /// When the next training starts
    #[command(subcommand)]
    Retrain(RetrainVerb),
    /// How good the champion's predictions turned out, and whether the features drift
    Quality(QualityArgs),
    /// The models on the log
    #[command(subcommand)]
    Model(ModelVerb),
    /// The topics of the log
    #[command(subcommand)]
    Topics(TopicsVerb),
    /// The schemas of the topics, and serving them as a schema registry does
    #[command(subcommand)]
    Schemas(SchemasVerb),
    /// Candidates of a day, best score first
    Rankings(RankingsArgs),
    /// Positions held and orders pending, by track
    Positions,
    /// Closed trades, by track
    Journal(JournalArgs),
    /// How far every role has read and what it waits for
    Lag,
    /// Dead letters: events that no role could take in
    #[command(subcommand)]
    Dlq(DlqVerb),
    /// The runs in the data folder
    Runs,
    /// Stop opening positions, at once
    Halt(HaltArgs),
    /// Open positions again
    Resume(HaltArgs),
    /// Close a stuck day by writing its missing marker
    CloseDay(CloseDayArgs),
    /// Labelled rows of a market's past
    #[command(subcommand)]
    History(HistoryVerb),
    /// Training data
    #[command(subcommand)]
    Data(DataVerb),
    /// The configuration in force
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Fetch ONNX Runtime for faster scoring
    Setup(SetupArgs),
}
