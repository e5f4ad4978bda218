//! The verbs, a file a family.

mod loops;

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
        _ => anyhow::bail!("not here"),
    }
}
