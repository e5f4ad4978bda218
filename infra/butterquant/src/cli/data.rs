//! The command lines of training data: drawing it and looking at whether it is sound.

use clap::{Args, Subcommand};
use schemas::Day;
use std::path::PathBuf;

/// Rows of a market's past.
#[derive(Subcommand, Debug)]
pub(crate) enum HistoryVerb {
    /// Draw labelled rows of a market's past onto the run's `samples` and into a parquet file
    ///
    /// Each row is what a scan of that day would have seen and what came of it; nothing later
    /// than --before is read. Rows are drawn from three ranges of the volatility index, spread
    /// evenly over the days of each, and weighted back to how often each range came. The same
    /// seed and market give the same bytes, and rows already on `samples` are not put there
    /// again. A run that is not open yet trains its first model on them when it opens; in an
    /// open one they are rows of the next training.
    #[command(after_help = GENERATE_EXAMPLE)]
    Generate(GenerateArgs),
}

const GENERATE_EXAMPLE: &str = "\
Example:
  butterquant history generate --source csv:prices
  butterquant data validate data/runs/live/history.parquet
  butterquant up --source csv:prices          # trains its first model on these rows";

/// Drawing history.
#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// Rows of days with the volatility index below 15
    #[arg(long, default_value_t = 2_000, value_name = "ROWS")]
    pub low: usize,
    /// Rows of days with the index from 15 to below 25
    #[arg(long, default_value_t = 3_000, value_name = "ROWS")]
    pub normal: usize,
    /// Rows of days with the index at 25 and above
    #[arg(long, default_value_t = 2_000, value_name = "ROWS")]
    pub high: usize,
    /// Only days before this one (default: the run's first scan day, or the market's last day
    /// where the run is not open yet)
    #[arg(long, value_name = "DATE")]
    pub before: Option<Day>,
    /// Decides which rows are drawn
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Threads to draw with; the rows do not depend on it (default: one a core)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// The parquet file (default: history.parquet in the run's folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Training data.
#[derive(Subcommand, Debug)]
pub(crate) enum DataVerb {
    /// Whether labelled rows are fit to be trained on; exit 1 when something is found
    ///
    /// Checks their shape, missing and non-finite numbers, features that never move, duplicates,
    /// classes, leakage (a feature that alone tells the class too well; rows that reach into the
    /// test) and drift of the last 20 scan days, and draws every feature by class.
    #[command(after_help = VALIDATE_EXAMPLE)]
    Validate(ValidateArgs),
}

const VALIDATE_EXAMPLE: &str = "\
Examples:
  butterquant data validate data/runs/live/history.parquet
  butterquant data validate --lake            # the run's own rows: features with their outcomes,
                                              # and what is on `samples`
  butterquant data validate rows.parquet --test-from 2018-06-29

A file has the columns that `history generate` writes; a folder is a lake, or holds such files.
With -o json: rows, sound, open, early, scan_days, span, checks[] (name, grade, said, examples),
classes[], features[] (missing, moments, quantiles, alone: the area under the curve by which the
feature alone tells a class; drift: its distance and the limit), split, picture.";

/// Checking labelled rows.
#[derive(Args, Debug)]
pub(crate) struct ValidateArgs {
    /// A parquet file of rows, a folder of such files, or a lake
    #[arg(value_name = "FILE|DIR", conflicts_with = "lake")]
    pub path: Option<PathBuf>,
    /// The run's own lake
    #[arg(long)]
    pub lake: bool,
    /// A test begins on this day and the rows before it are to be trained on as they are: a row
    /// evaluated on it or later is then found (default: the last 60 matured scan days are the test,
    /// and such rows are counted, as every training here leaves them out)
    #[arg(long, value_name = "DATE")]
    pub test_from: Option<Day>,
    /// Where to draw the features by class, .png or .svg (default: beside the file, or in the
    /// run's folder)
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Draw nothing
    #[arg(long)]
    pub no_picture: bool,
}
