//! Arguments of the verbs that look at the views.

use clap::Args;
use schemas::Day;
use std::path::PathBuf;

/// Rankings.
#[derive(Args, Debug)]
pub(crate) struct RankingsArgs {
    /// The day (default: the last one ranked)
    #[arg(long, value_name = "DATE")]
    pub day: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 20)]
    pub top: usize,
}

/// The journal.
#[derive(Args, Debug)]
pub(crate) struct JournalArgs {
    /// Trades to show, latest first
    #[arg(long, default_value_t = 30)]
    pub last: usize,
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
