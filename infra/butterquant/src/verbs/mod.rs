//! The verbs: a file each, with its arguments and one `run`; a folder for those of one noun.

mod analyze;
mod backtest;
mod bench;
mod close_day;
mod completions;
mod config;
mod data;
mod demo;
mod dlq;
mod halt;
mod history;
mod journal;
mod lag;
mod model;
mod paper_broker;
mod positions;
mod quality;
mod rankings;
mod rebuild;
mod replay;
mod resume;
mod retrain;
mod run;
mod runs;
mod scan;
mod schemas;
mod setup;
mod status;
mod summary;
mod topics;
mod train;
mod up;

use crate::cli::Cli;
use crate::exit::Found;
use ::run::config::Config;
use anyhow::Result;

/// What to do.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Simulate a market and run the whole loop on it; under a minute
    Demo(demo::Args),
    /// Scan real prices as of a day and rank the candidates
    Scan(scan::Args),
    /// Explain one analysis: numbers in tables, and a picture
    Analyze(analyze::Args),
    /// Measure this program on this machine
    #[command(subcommand)]
    Bench(bench::Verb),
    /// Run all roles in this process until stopped (Ctrl-C finishes the batch in hand)
    Up(up::Args),
    /// Run some of the roles until stopped
    Run(run::Args),
    /// Be a paper broker in a process of its own: with `broker = "paper:HOST:PORT"` live orders go there
    PaperBroker(paper_broker::Args),
    /// Run the trading days of a period as a run of its own
    Backtest(backtest::Args),
    /// Decide everything again from what the log recorded
    Replay(replay::Args),
    /// Throw views, lake and saved state away and make them again from the log
    Rebuild(rebuild::Args),
    /// Train a model from history, or ask the running retrainer for a training
    Train(train::Args),
    /// When the next training starts
    #[command(subcommand)]
    Retrain(retrain::Verb),
    /// How good the champion's predictions turned out, and whether the features drift
    Quality(quality::Args),
    /// The models on the log
    #[command(subcommand)]
    Model(model::Verb),
    /// The topics of the log
    #[command(subcommand)]
    Topics(topics::Verb),
    /// The schemas of the topics, and serving them as a schema registry does
    #[command(subcommand)]
    Schemas(schemas::Verb),
    /// Candidates of a day, best score first
    Rankings(rankings::Args),
    /// Positions held and orders pending, by track
    Positions,
    /// Closed trades, by track
    Journal(journal::Args),
    /// The run on one screen: days, halted or not, champion, positions, what waits
    Status,
    /// The summary of a run that no process works on, as its end printed it
    Summary,
    /// How far every role has read and what it waits for
    Lag,
    /// Dead letters: events that no role could take in
    #[command(subcommand)]
    Dlq(dlq::Verb),
    /// The runs in the data folder; without a verb, lists them
    Runs {
        /// What to do; lists them by default
        #[command(subcommand)]
        verb: Option<runs::Verb>,
    },
    /// Stop opening positions, at once
    Halt(halt::Args),
    /// Open positions again
    Resume(resume::Args),
    /// Close a stuck day by writing its missing marker
    CloseDay(close_day::Args),
    /// Labelled rows of a market's past
    #[command(subcommand)]
    History(history::Verb),
    /// Training data
    #[command(subcommand)]
    Data(data::Verb),
    /// The configuration in force
    #[command(subcommand)]
    Config(config::Verb),
    /// Fetch ONNX Runtime for faster scoring
    Setup(setup::Args),
    /// Write a shell's completion script to standard output
    ///
    /// For bash: butterquant completions bash > /etc/bash_completion.d/butterquant
    #[command(verbatim_doc_comment)]
    Completions(completions::Args),
}

/// Carries out the command line.
pub(crate) fn carry_out(cli: &Cli) -> Result<Found> {
    let config = match Config::load(&cli.common.flags()) {
        Err(problem) if matches!(cli.verb, Verb::Config(config::Verb::Check)) => {
            return config::unsound(cli, &problem);
        }
        loaded => loaded?,
    };
    let config = &config;
    match &cli.verb {
        Verb::Demo(args) => demo::run(config, args),
        Verb::Backtest(args) => backtest::run(config, args),
        Verb::Up(args) => up::run(config, args),
        Verb::Run(args) => run::run(config, args),
        Verb::PaperBroker(args) => paper_broker::run(args),
        Verb::Scan(args) => scan::run(config, args),
        Verb::Analyze(args) => analyze::run(config, args),
        Verb::Bench(verb) => bench::run(config, verb),
        Verb::Replay(args) => replay::run(config, args),
        Verb::Rebuild(args) => rebuild::run(config, args),
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
        Verb::Status => status::run(config),
        Verb::Summary => summary::run(config),
        Verb::Lag => lag::run(config),
        Verb::Dlq(verb) => dlq::run(config, verb),
        Verb::Runs { verb } => runs::run(config, verb.as_ref()),
        Verb::History(verb) => history::run(config, verb),
        Verb::Data(verb) => data::run(config, verb),
        Verb::Config(verb) => config::run(config, verb),
        Verb::Setup(args) => setup::run(config, args),
        Verb::Completions(args) => completions::run(args),
    }
}
