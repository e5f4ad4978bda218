//! Looking at how the loop learns.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The rules that start a training.
#[derive(Subcommand, Debug)]
pub(crate) enum RetrainVerb {
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

/// Quality.
///
/// Predictions of the champion beside what came of them: by month, by the volatility index on the
/// scan day (low < 15, normal, high ≥ 25), and for the last 60 matured scan days; and how far each
/// feature of the last 20 scan days lies from the champion's training rows, beside the distance
/// that those rows reach by themselves. Exit 1 when a feature drifts.
///
/// Example:  butterquant quality --picture quality.png
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct QualityArgs {
    /// Draw accuracy and calibration over time into this file (.png or .svg)
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
}
