//! The verbs: one file each, with its arguments and one `run`; one folder for the verbs of a noun.

mod ab;
mod alerts;
mod analyze;
mod backtest;
mod backup;
mod bench;
mod close_day;
mod compare;
mod completions;
mod config;
mod dashboard;
mod data;
mod demo;
mod dlq;
mod doctor;
mod groups;
mod halt;
mod history;
mod journal;
mod lag;
mod market;
mod model;
mod paper_broker;
mod positions;
mod quality;
mod rankings;
mod rebuild;
mod replay;
mod report;
mod restore;
mod resume;
mod retrain;
mod run;
mod runs;
mod scan;
mod schemas;
mod setup;
mod status;
mod summary;
mod sweep;
mod topics;
mod train;
mod up;
mod why;

pub(crate) use config::report_invalid;
pub(crate) use doctor::report_invalid as doctor_invalid;

use crate::exit::Found;
use ::run::config::Config;
use anyhow::Result;
use std::path::Path;

/// A verb.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Simulate a market and run the whole loop on it, in under a minute
    Demo(demo::Args),
    /// Scan real prices as of a day and rank the candidates
    Scan(scan::Args),
    /// Explain the analysis of one ticker, in tables and a picture
    Analyze(analyze::Args),
    /// Measure this program on this machine
    #[command(subcommand)]
    Bench(bench::Verb),
    /// Run all roles until stopped; Ctrl-C finishes the batch in progress
    Up(up::Args),
    /// Run some of the roles until stopped
    Run(run::Args),
    /// Run a paper broker, for live orders with `broker = "paper:HOST:PORT"`
    PaperBroker(paper_broker::Args),
    /// Backtest a period as a run of its own
    #[command(after_help = backtest::EXAMPLES)]
    Backtest(backtest::Command),
    /// Write all of a run into one page: figures, curves, trades, assumptions
    #[command(after_help = report::EXAMPLES)]
    Report(report::Args),
    /// Backtest many settings, and say what picking the best of them is worth
    #[command(after_help = sweep::ABOUT)]
    Sweep(sweep::Args),
    /// Put runs side by side, like with like
    #[command(after_help = compare::ABOUT)]
    Compare(compare::Args),
    /// Compare the two tracks of a run
    #[command(subcommand)]
    Ab(ab::Verb),
    /// Repeat every decision from the log and compare it with the recorded one
    Replay(replay::Args),
    /// Rebuild views, lake, model files and saved state from the log, beside those in use
    ///
    /// They are compared with what is there and take its place at the end; until then, and if it is
    /// interrupted, what is there stays as it is. Exit code 1 when anything differs.
    Rebuild(rebuild::Args),
    /// Write the log of an embedded run into one file, while the run goes on
    #[command(after_help = backup::ABOUT)]
    Backup(backup::Args),
    /// Read a backup into a run that does not exist yet, and rebuild what follows from its log
    #[command(after_help = restore::ABOUT)]
    Restore(restore::Args),
    /// Train a model from history, or request a training from the run's retrainer
    Train(train::Args),
    /// Show when the next training starts
    #[command(subcommand)]
    Retrain(retrain::Verb),
    /// Compare the champion's predictions with their outcomes, and check features for drift
    ///
    /// Predictions and outcomes are compared by month, by the volatility index on the scan day (low
    /// < 15, normal, high ≥ 25), and over the last 60 matured scan days. The drift of a feature is the
    /// distance of the last 20 scan days from the champion's training rows; its limit is the
    /// distance found among those rows themselves. Exit code 1 when a feature drifts.
    #[command(after_help = "Example: butterquant quality --picture quality.png")]
    Quality(quality::Args),
    /// Inspect, compare, promote and roll back models
    #[command(subcommand)]
    Model(model::Verb),
    /// List, describe and read the topics of the log
    #[command(subcommand)]
    Topics(topics::Verb),
    /// List, check, serve and register the schemas of the topics
    #[command(subcommand)]
    Schemas(schemas::Verb),
    /// List the candidates of a day, best score first
    Rankings(rankings::Args),
    /// List open positions and pending orders, by track
    Positions,
    /// List closed trades: filter, sort and sum them up, or write them into a file
    #[command(after_help = journal::help())]
    Journal(journal::Args),
    /// Explain a decision: the chain from the bars to the result, with each link's place on the log
    ///
    /// Thresholds and settings are those in force at the decision; the age of an input is that at the
    /// decision. Exit code 1 when the chain has a fault: a link is missing, records are gone, or the
    /// log does not have the bytes of the model.
    #[command(after_help = why::EXAMPLES)]
    Why(why::Args),
    /// Show a run on one screen: days, halts, models, positions, backlog
    Status,
    /// Print the summary of a run that no process works on, as its end printed it
    Summary,
    /// Examine a run and what it needs of this machine; exit 1 when anything is wrong
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Args),
    /// Show how far each role has read and what it waits for
    Lag,
    /// Serve the operators' page of a run: lag, freshness, models, money; it only reads
    #[command(after_help = dashboard::ABOUT)]
    Dashboard(dashboard::Args),
    /// List the roles' groups, or set their committed offsets to what the roles have decided
    #[command(subcommand)]
    Groups(groups::Verb),
    /// List, show, redrive and drop dead letters: events that no role could process
    #[command(subcommand)]
    Dlq(dlq::Verb),
    /// List alerts, silence some for a while, and try whether they arrive
    #[command(subcommand)]
    Alerts(alerts::Verb),
    /// List or remove the runs in the data folder
    Runs {
        /// The verb; lists the runs without one
        #[command(subcommand)]
        verb: Option<runs::Verb>,
    },
    /// Stop opening positions, effective at once
    Halt(halt::Args),
    /// Resume opening positions
    Resume(resume::Args),
    /// Close a stuck day by writing its missing marker
    CloseDay(close_day::Args),
    /// Generate training rows from a market's past
    #[command(subcommand)]
    History(history::Verb),
    /// Say what a suspicious move of a price was
    #[command(subcommand)]
    Market(market::Verb),
    /// Check training data
    #[command(subcommand)]
    Data(data::Verb),
    /// Create, show and check the configuration
    #[command(subcommand, after_help = config::ranges())]
    Config(config::Verb),
    /// Download ONNX Runtime for faster scoring
    Setup(setup::Args),
    /// Print a shell's completion script
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(completions::Args),
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  butterquant completions bash > ~/.local/share/bash-completion/completions/butterquant
  butterquant completions zsh > ~/.zfunc/_butterquant       # a folder on $fpath
  butterquant completions fish > ~/.config/fish/completions/butterquant.fish";

impl Verb {
    /// Whether this verb writes the file that `-o` may name.
    pub(crate) fn writes_a_file(&self) -> bool {
        matches!(self, Verb::Report(_))
    }

    /// Whether this verb runs roles until it is stopped, and so writes the log's files.
    pub(crate) fn keeps_running(&self) -> bool {
        matches!(self, Verb::Up(_) | Verb::Run(_))
    }

    /// Whether this verb reports an invalid configuration instead of failing on it.
    pub(crate) fn checks_configuration(&self) -> bool {
        matches!(self, Verb::Config(config::Verb::Check))
    }
}

/// Runs `verb`; `file` is what `-o` names where it is no format. `command` builds the whole command line, for completions.
pub(crate) fn run(
    config: &Config,
    verb: &Verb,
    file: Option<&Path>,
    command: fn() -> clap::Command,
) -> Result<Found> {
    match verb {
        Verb::Demo(args) => demo::run(config, args),
        Verb::Backtest(command) => backtest::run(config, command),
        Verb::Sweep(args) => sweep::run(config, args),
        Verb::Compare(args) => compare::run(config, args),
        Verb::Ab(verb) => ab::run(config, verb),
        Verb::Up(args) => up::run(config, args),
        Verb::Run(args) => run::run(config, args),
        Verb::PaperBroker(args) => paper_broker::run(args),
        Verb::Scan(args) => scan::run(config, args),
        Verb::Analyze(args) => analyze::run(config, args),
        Verb::Bench(verb) => bench::run(config, verb),
        Verb::Replay(args) => replay::run(config, args),
        Verb::Report(args) => report::run(config, args, file),
        Verb::Rebuild(args) => rebuild::run(config, args),
        Verb::Backup(args) => backup::run(config, args),
        Verb::Restore(args) => restore::run(config, args),
        Verb::Halt(args) => halt::run(config, args),
        Verb::Resume(args) => resume::run(config, args),
        Verb::CloseDay(args) => close_day::run(config, args),
        Verb::Train(args) => train::run(config, args),
        Verb::Retrain(verb) => retrain::run(config, verb),
        Verb::Quality(args) => quality::run(config, args),
        Verb::Model(verb) => model::run(config, verb),
        Verb::Topics(verb) => topics::run(config, verb),
        Verb::Schemas(verb) => schemas::run(config, verb),
        Verb::Rankings(args) => rankings::run(config, args),
        Verb::Positions => positions::run(config),
        Verb::Journal(args) => journal::run(config, args),
        Verb::Why(args) => why::run(config, args),
        Verb::Status => status::run(config),
        Verb::Summary => summary::run(config),
        Verb::Doctor(args) => doctor::run(config, args),
        Verb::Lag => lag::run(config),
        Verb::Dashboard(args) => dashboard::run(config, args),
        Verb::Groups(verb) => groups::run(config, verb),
        Verb::Dlq(verb) => dlq::run(config, verb),
        Verb::Alerts(verb) => alerts::run(config, verb),
        Verb::Runs { verb } => runs::run(config, verb.as_ref()),
        Verb::History(verb) => history::run(config, verb),
        Verb::Market(verb) => market::run(config, verb),
        Verb::Data(verb) => data::run(config, verb),
        Verb::Config(verb) => config::run(config, verb),
        Verb::Setup(args) => setup::run(config, args),
        Verb::Completions(args) => completions::run(args, command()),
    }
}
