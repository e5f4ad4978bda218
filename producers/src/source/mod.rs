//! A market: the tickers, and one whole trading day after another, each as known at its close.
//! Files and the simulation stand behind one trait, so that nothing downstream can tell them
//! apart.
//!
//! 1. Days only go forward; a day is given whole (every ticker has a bar or is missing with the
//!    reason) or not at all.
//! 2. What a source cannot read costs the row or the file, never the day: it becomes a
//!    [`DataProblem`] that names place and remedy. Only a market with nothing to read is an error.
//! 3. A bar that changes after its day was given never changes that day: it is a [`BarChange`].

mod csv;
mod day;
mod spec;

pub use csv::CsvMarket;
pub use day::{change_event, day_events};
pub use spec::open;

use schemas::Day;
use schemas::events::{Bar, CorporateAction};
use std::fmt;

/// A whole trading day of a market, as known at its close.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MarketDay {
    /// The trading day.
    pub day: Day,
    /// Bars by ticker, ascending.
    pub bars: Vec<(String, Bar)>,
    /// Tickers of the universe without a bar, ascending, and why.
    pub missing: Vec<(String, String)>,
    /// Splits and dividends that take effect before the day's open, by ticker, ascending.
    pub actions: Vec<(String, CorporateAction)>,
    /// Close of the volatility index, points.
    pub vix: Option<f64>,
}

/// Something in a market's data that is wrong; the rest of the data is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataProblem {
    /// The file, or what stands for one.
    pub file: String,
    /// Its line, 1 first, where it is one line's fault.
    pub line: Option<u64>,
    /// What is wrong and what follows from it, a sentence without its full stop.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for DataProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}; {}", self.file, self.what, self.remedy),
            None => write!(f, "{}: {}; {}", self.file, self.what, self.remedy),
        }
    }
}

/// A bar of a day already given that reads otherwise now.
#[derive(Clone, PartialEq, Debug)]
pub struct BarChange {
    /// Whose.
    pub ticker: String,
    /// As it reads now.
    pub bar: Bar,
    /// 1 for the first change of this ticker's bar of this day that this market object saw.
    pub revision: i32,
}

/// A source of trading days.
pub trait Market: Send {
    /// The tickers, ascending; the same for the market's whole life.
    fn universe(&self) -> &[String];

    /// The first day after `after`, or the first of all; `None` when there is none (yet).
    ///
    /// # Errors
    /// Nothing can be read any more.
    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError>;

    /// All known days, ascending. A live market learns more of them in [`Market::next_day`].
    fn days(&self) -> &[Day];

    /// What is wrong with the data as last read.
    fn problems(&self) -> &[DataProblem];

    /// Bars of days already given that changed since this was last asked.
    fn changes(&mut self) -> Vec<BarChange> {
        Vec::new()
    }

    /// SHA-256 of the data, in hexadecimal: two markets with the same one give the same days.
    fn data_sha256(&self) -> String;

    /// One sentence for people.
    fn describe(&self) -> String;
}

/// A market that cannot be opened or read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The text names no market.
    #[error(
        "{spec:?} names no market: {what}; write csv:FOLDER, sim:SEED or sim:SEED,stocks=100,days=1000,structure=on"
    )]
    Spec {
        /// As given.
        spec: String,
        /// What does not fit.
        what: String,
    },
    /// The folder is not there or may not be read.
    #[error("{folder}: the folder cannot be read; check the path and its permissions")]
    Folder {
        /// As given.
        folder: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// No stock file is in the folder.
    #[error(
        "{folder}: there is no stock file; put one file a ticker there, such as AAPL.csv, with the columns Date, Open, High, Low, Close, Volume"
    )]
    NoFiles {
        /// As given.
        folder: String,
    },
    /// There are stock files, and not one valid bar in them.
    #[error(
        "{folder}: not one of {files} stock files has a valid row; the first problem is {first}"
    )]
    NoBars {
        /// As given.
        folder: String,
        /// How many there are.
        files: usize,
        /// The first thing wrong.
        first: String,
    },
    /// Tickers were asked for that the market does not have.
    #[error("the market has no {wanted}; it has {known}")]
    NoSuchTicker {
        /// What was asked for, joined by commas.
        wanted: String,
        /// What there is, or the beginning of it.
        known: String,
    },
}

/// The tickers of `known` that `wanted` names (in any case), ascending; all when it names none.
///
/// # Errors
/// [`SourceError::NoSuchTicker`] for names that are not there.
pub(crate) fn choose(
    known: Vec<String>,
    wanted: Option<&[String]>,
) -> Result<Vec<String>, SourceError> {
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return Ok(known) };
    let has = |list: &[String], ticker: &str| list.iter().any(|t| t.eq_ignore_ascii_case(ticker));
    let absent: Vec<&str> = wanted.iter().map(|t| t.trim()).filter(|t| !has(&known, t)).collect();
    if absent.is_empty() {
        let trimmed: Vec<String> = wanted.iter().map(|t| t.trim().to_owned()).collect();
        return Ok(known.into_iter().filter(|ticker| has(&trimmed, ticker)).collect());
    }
    let (shown, more) = (known.len().min(12), known.len().saturating_sub(12));
    let mut list = known[..shown].join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    }
    Err(SourceError::NoSuchTicker { wanted: absent.join(", "), known: list })
}
