//! Moves of a price of which a person has said what they were, so that nothing asks about them again.

use anyhow::Result;
use eventlog::Log;
use producers::source::Finding;
use run::config::Config;
use run::data_dir::{self, RunDir};
use run::resume_run::{controls_of, controls_on};
use schemas::Day;
use schemas::events::MoveConfirmed;
use std::collections::BTreeMap;

/// By ticker and day: new shares per old share of a split, `None` for a move of the price.
pub(crate) type Moves = BTreeMap<(String, Day), Option<f64>>;

/// Those that the configured run has confirmed; none without a run.
///
/// # Errors
/// The run's log cannot be read.
pub(crate) fn moves_of(config: &Config) -> Result<Moves> {
    of_run(&config.this_run()?)
}

/// Those of the live run, as words for the opening of another run of the data folder.
///
/// # Errors
/// The run's log cannot be read.
pub(crate) fn of_live_run(config: &Config) -> Result<Vec<MoveConfirmed>> {
    let moves = of_run(&config.run_dir(data_dir::LIVE)?)?;
    let word = |((ticker, move_day), split_ratio)| MoveConfirmed { ticker, move_day, split_ratio };
    Ok(moves.into_iter().map(word).collect())
}

fn of_run(run: &RunDir) -> Result<Moves> {
    Ok(controls_of(run)?.confirmed)
}

/// Those that are confirmed on `log`.
///
/// # Errors
/// The log cannot be read.
pub(crate) fn moves_on(log: &dyn Log) -> Result<Moves> {
    Ok(controls_on(log)?.confirmed)
}

/// The findings without those that are `confirmed`, which is asked only if a move is among them.
///
/// # Errors
/// Those of `confirmed`.
pub(crate) fn without_confirmed(
    mut found: Vec<Finding>,
    confirmed: &dyn Fn() -> Result<Moves>,
) -> Result<Vec<Finding>> {
    let is_move = |one: &Finding| one.kind.is_move();
    if found.iter().any(is_move) {
        let known = confirmed()?;
        let about = |one: &Finding| Some((one.ticker.clone(), one.day?));
        found.retain(|one| !is_move(one) || about(one).is_none_or(|of| !known.contains_key(&of)));
    }
    Ok(found)
}
