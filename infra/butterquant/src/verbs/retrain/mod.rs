//! `retrain`: shows the rules that start a training.

mod status;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `retrain`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Show how far each rule is from starting a training, and the last trainings
    ///
    /// A training starts on request (`butterquant train`), when enough candidates have matured, on
    /// a month's first trading day, when the champion's accuracy is too low by more than chance, or
    /// when the volatility index stays high. A rule that fires while a challenger is being watched,
    /// or while there are too few rows, stays pending. The status is computed from the log, so it
    /// is available beside a running process and on Kafka; for a long run it takes some seconds.
    #[command(
        after_help = "Example: butterquant retrain status --run backtest-2018-01-02-2018-12-31"
    )]
    Status,
}

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Status => status::run(config),
    }
}
