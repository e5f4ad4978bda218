//! The verbs, a file a family.

mod control;
mod live;
mod loops;
mod replay;
mod scan;

use crate::cli::{Cli, Verb};
use crate::config::Config;
use anyhow::Result;

/// What a verb found; the exit code says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// All is well.
    Nothing,
    /// Something the caller asked to be told of.
    Something,
}

/// Carries out the command line.
pub fn run(cli: Cli) -> Result<Found> {
    let config = Config::load(&cli.common)?;
    match cli.verb {
        Verb::Demo(args) => loops::demo(&config, &args),
        Verb::Backtest(args) => loops::backtest(&config, &args),
        Verb::Up(args) => live::up(&config, &args),
        Verb::Run(args) => live::some(&config, &args),
        Verb::Scan(args) => scan::scan(&config, &args),
        Verb::Replay(args) => replay::replay(&config, &args),
        Verb::Rebuild(args) => replay::rebuild(&config, &args),
        Verb::Halt(args) => control::halt(&config, &args),
        Verb::Resume(args) => control::resume(&config, &args),
        Verb::CloseDay(args) => control::close_day(&config, &args),
        Verb::Train(args) => control::train(&config, &args),
        _ => anyhow::bail!("not here"),
    }
}
