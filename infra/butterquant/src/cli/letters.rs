//! Arguments of `dlq`.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Dead letters.
#[derive(Subcommand, Debug)]
pub(crate) enum DlqVerb {
    /// Counts by topic and reason, then the letters themselves
    #[command(after_help = REASONS)]
    List(DlqListArgs),
    /// One letter: headers, bytes, and the event in them where they hold one
    Show(DlqShowArgs),
    /// Put the original bytes back on their topic and partition
    #[command(after_help = REDRIVING)]
    Redrive(DlqRedriveArgs),
    /// Give letters up
    Drop(DlqDropArgs),
}

const REASONS: &str = "\
Reasons:
  decode     the bytes are no event
  schema     their schema id is unknown
  topic      an event of another topic
  partition  an event of a ticker, or a marker, of another partition; or another key than its ticker
  contract   a number in it is not finite
  conflict   another event has its id already
  order      an event of another day than the one being processed";

const REDRIVING: &str = "\
A letter is redriven or dropped once; both are events on dead-letters. Redriven bytes are judged
like any others: of a day that has closed they are late (counted, never traded), and what is still
bad becomes a new letter that names this one.";

/// Listing letters.
#[derive(Args, Debug)]
pub(crate) struct DlqListArgs {
    /// Letters of this reason
    #[arg(long)]
    pub reason: Option<String>,
    /// Letters of this topic
    #[arg(long)]
    pub topic: Option<schemas::Topic>,
    /// Letters in this state
    #[arg(long, value_enum)]
    pub state: Option<LetterState>,
    /// Letters to show, the latest
    #[arg(short = 'n', long, default_value_t = 50)]
    pub limit: usize,
}

/// What became of a letter.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LetterState {
    /// Nobody has dealt with it.
    Open,
    /// Put back.
    Redriven,
    /// Given up.
    Dropped,
}

/// Showing a letter.
#[derive(Args, Debug)]
pub(crate) struct DlqShowArgs {
    /// The letter
    pub id: u64,
    /// Write its original bytes there
    #[arg(long, value_name = "FILE")]
    pub raw: Option<PathBuf>,
}

/// Putting letters back.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true))]
pub(crate) struct DlqRedriveArgs {
    /// These letters
    #[arg(group = "which")]
    pub ids: Vec<u64>,
    /// Every open letter
    #[arg(long, group = "which")]
    pub all: bool,
    /// Every open letter of this reason
    #[arg(long, group = "which")]
    pub reason: Option<String>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub why: String,
}

/// Giving letters up.
#[derive(Args, Debug)]
pub(crate) struct DlqDropArgs {
    /// These letters
    #[arg(required = true)]
    pub ids: Vec<u64>,
    /// Why, for the record
    #[arg(long)]
    pub why: String,
}
