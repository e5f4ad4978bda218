//! `retrain`: the rules that start a training.

mod status;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The rules that start a training.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// How far each rule is from starting a training, and what the last ones showed
    ///
    /// A training starts when it is asked for (`butterquant train`), when enough candidates have
    /// matured, on a month's first trading day, when the champion's accuracy is too low by more
    /// than chance, or when the volatility index stays high. A rule that fires while a challenger
    /// is watched, or while there are too few rows, is kept. It is computed from the log, so it
    /// works beside a run and on Kafka; a long run takes some seconds.
    ///
    /// Example:  butterquant --run backtest-2018-01-02-2018-12-31 retrain status
    #[command(verbatim_doc_comment)]
    Status,
}

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Status => status::run(config),
    }
}
