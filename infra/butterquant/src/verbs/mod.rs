//! The verbs, a file a family.

mod analyze;
mod bench;
mod config;
mod consume;
mod control;
mod data;
mod describe;
mod dlq;
mod history;
mod lag;
mod live;
mod loops;
mod model;
mod paper_broker;
mod quality;
mod replay;
mod retrain;
mod runs;
mod scan;
mod schemas;
mod setup;
mod topics;
mod views;

use crate::cli::{Cli, ConfigVerb, DataVerb, HistoryVerb, RetrainVerb, Verb};
use anyhow::Result;
use run::config::Config;

/// What a verb found; the exit code says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// All is well.
    Nothing,
    /// Something the caller asked to be told of.
    Something,
}

/// Carries out the command line.
pub(crate) fn run(cli: Cli) -> Result<Found> {
    let config = match Config::load(&cli.common.flags()) {
        Err(problem) if matches!(cli.verb, Verb::Config(ConfigVerb::Check)) => {
            return config::unsound(&cli, &problem);
        }
        loaded => loaded?,
    };
    match cli.verb {
        Verb::Demo(args) => loops::demo(&config, &args),
        Verb::Backtest(args) => loops::backtest(&config, &args),
        Verb::Up(args) => live::up(&config, &args),
        Verb::Run(args) => live::some(&config, &args),
        Verb::PaperBroker(args) => paper_broker::paper_broker(&args),
        Verb::Scan(args) => scan::scan(&config, &args),
        Verb::Analyze(args) => analyze::analyze(&config, &args),
        Verb::Bench(verb) => bench::bench(&config, &verb),
        Verb::Replay(args) => replay::replay(&config, &args),
        Verb::Rebuild(args) => replay::rebuild(&config, &args),
        Verb::Halt(args) => control::halt(&config, &args),
        Verb::Resume(args) => control::resume(&config, &args),
        Verb::CloseDay(args) => control::close_day(&config, &args),
        Verb::Train(args) => control::train(&config, &args),
        Verb::Retrain(RetrainVerb::Status) => retrain::status(&config),
        Verb::Quality(args) => quality::quality(&config, &args),
        Verb::Model(verb) => model::model(&config, &verb),
        Verb::Topics(verb) => topics::topics(&config, &verb),
        Verb::Schemas(verb) => schemas::schemas(&config, &verb),
        Verb::Rankings(args) => views::rankings(&config, &args),
        Verb::Positions => views::positions(&config),
        Verb::Journal(args) => views::journal(&config, &args),
        Verb::Lag => lag::lag(&config),
        Verb::Dlq(verb) => dlq::dlq(&config, verb),
        Verb::Runs => runs::runs(&config),
        Verb::History(HistoryVerb::Generate(args)) => history::generate(&config, &args),
        Verb::Data(DataVerb::Validate(args)) => data::validate(&config, &args),
        Verb::Config(verb) => config::config(&config, &verb),
        Verb::Setup(args) => setup::setup(&config, &args),
    }
}
