//! `backtest`: a period as a run of its own, and the check that such runs do not look ahead.

mod causality_text;
mod verify_causality;

use crate::backtest_period;
use crate::bounded_run::{named, run_through};
use crate::child_process;
use crate::exit::Found;
use crate::run_options::RunOptions;
use anyhow::{Context, Result};
use run::config::Config;
use run::data_dir::{PATIENCE, RunDir};
use run::question::identity;
use std::time::Duration;

/// How long a cell of a sweep waits for another process that is making the same run, as another sweep does.
const CELL_WAITS: Duration = Duration::from_secs(3_600);

/// Shown below the help of `backtest`.
pub(crate) const EXAMPLES: &str = "\
Exit code 1 where it was stopped before its last day; the same command goes on from there.

Examples:
  butterquant backtest --source csv:DIR --from 2016-02-01 --to 2017-02-01
  butterquant backtest verify-causality --source csv:DIR --from 2016-02-01 --to 2017-02-01";

/// A period to run, or a verb about such runs.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Command {
    /// The period.
    #[command(flatten)]
    pub period: Option<backtest_period::Args>,
    // Beside the period, not in it: clap takes an optional group with another one in it for absent.
    /// What is done otherwise than the configuration says.
    #[command(flatten)]
    pub options: RunOptions,
    /// The sweep whose cell this is, by its process id: the cell ends with it, and waits for another process that is making
    /// the same run
    #[arg(long, hide = true)]
    pub cell_of: Option<i32>,
    /// The verb.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The verbs of `backtest`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Check on your own data that no decision of a backtest knows the future; exit 1 when one does
    #[command(long_about = verify_causality::ABOUT, after_help = verify_causality::EXAMPLES)]
    VerifyCausality(verify_causality::Args),
}

/// Runs the verb, or the period where there is none.
pub(crate) fn run(config: &Config, command: &Command) -> Result<Found> {
    match &command.verb {
        Some(Verb::VerifyCausality(args)) => verify_causality::run(config, args),
        None => {
            let period = command.period.as_ref();
            let period = period.context("name the period with --from and --to")?;
            let patience = match command.cell_of {
                Some(sweep) => {
                    child_process::ends_with(sweep)?;
                    CELL_WAITS
                }
                None => PATIENCE,
            };
            run_period(config, period, &command.options, patience)
        }
    }
}

/// Runs the period. The same question is the same run: one that was stopped continues where it stopped, one that has been
/// made is shown again. Other tickers, settings, history or prices make another run.
fn run_period(
    config: &Config,
    args: &backtest_period::Args,
    options: &RunOptions,
    patience: Duration,
) -> Result<Found> {
    let named = named(config)?;
    let (market, wanted) = backtest_period::asked(config, args, options)?;
    let id = match named {
        Some(named) => named.to_owned(),
        None => {
            let question = identity(&wanted.asked(&*market)?, &wanted.confirmed);
            format!("backtest-{}-{}-{}", args.from, args.to, &question[..8])
        }
    };
    let run = RunDir { patience, ..config.run_dir(&id)? };
    run_through(config, &run, market, &wanted)
}
