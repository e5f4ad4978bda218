//! A market: the tickers, and one whole trading day after another, each as known at its close.
//!
//! 1. Days only go forward. A day is given whole (every ticker has a bar or is missing with the
//!    reason) or not at all.
//! 2. Unreadable data costs the row or the file, never the day: it becomes a [`DataProblem`] that
//!    names place and remedy. Only a market with nothing to read is an error.
//! 3. Bars may change after their day was given; the source compares them with the log (`news.rs`).

use super::finding::Finding;
use schemas::events::{Bar, CorporateAction};
use schemas::{Day, TradingCalendar};
use serde::Serialize;
use std::fmt;
use std::time::SystemTime;

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
    /// Why there is none, in the source's words.
    pub no_vix: Option<String>,
}

/// A fault in a market's data; the rest of the data is used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DataProblem {
    /// The file, or its equivalent.
    pub file: String,
    /// The line, 1 first, if one line is at fault.
    pub line: Option<u64>,
    /// What is wrong and its consequence, a sentence without the full stop.
    pub what: String,
    /// The remedy.
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

/// A bar of an earlier day that reads differently now, or came late.
#[derive(Clone, PartialEq, Debug)]
pub struct BarChange {
    /// The ticker.
    pub ticker: String,
    /// As it reads now.
    pub bar: Bar,
    /// 1 for the bar's first correction on the log.
    pub revision: i32,
}

/// A source of trading days.
pub trait Market: Send {
    /// The tickers, ascending; fixed for the market's life.
    fn universe(&self) -> &[String];

    /// The first day after `after`, or the first of all; `None` if there is none (yet).
    ///
    /// # Errors
    /// The market can no longer be read.
    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError>;

    /// The calendar of the exchange.
    fn calendar(&self) -> TradingCalendar;

    /// The last bars of `ticker` before `day`, ascending, at most `most`, all in the share count of `day`'s open.
    ///
    /// # Errors
    /// The market can no longer be read.
    fn past(&mut self, ticker: &str, day: Day, most: usize) -> Result<Vec<Bar>, SourceError> {
        let mut bars: Vec<Bar> = Vec::new();
        let mut after = None;
        while let Some(given) = self.next_day(after)?.filter(|given| given.day <= day) {
            for (_, action) in given.actions.iter().filter(|(of, _)| of == ticker) {
                let ratio = action.split().unwrap_or(1.0);
                bars.iter_mut().for_each(|bar| bar.apply_split(ratio));
            }
            let own = given.bars.into_iter().filter(|(of, bar)| of == ticker && bar.bar_day < day);
            bars.extend(own.map(|(_, bar)| bar));
            after = Some(given.day);
        }
        Ok(bars.split_off(bars.len().saturating_sub(most)))
    }

    /// The last closes of the volatility index before `day`, ascending, at most `most`; points.
    ///
    /// # Errors
    /// The market can no longer be read.
    fn index_past(&mut self, day: Day, most: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        let mut closes: Vec<(Day, f64)> = Vec::new();
        let mut after = None;
        while let Some(given) = self.next_day(after)?.filter(|given| given.day < day) {
            closes.extend(given.vix.map(|close| (given.day, close)));
            after = Some(given.day);
        }
        Ok(closes.split_off(closes.len().saturating_sub(most)))
    }

    /// All known days, ascending; [`Market::next_day`] may add to them.
    fn days(&self) -> &[Day];

    /// The faults of the data as last read.
    fn problems(&self) -> &[DataProblem];

    /// Whether the data has a row of `ticker`, a stock or the index, for `day`, be it a bar or not. What is wrong with
    /// such a row is a problem.
    fn has_row(&self, ticker: &str, day: Day) -> bool {
        let _ = (ticker, day);
        false
    }

    /// What is to be said of the ticker beside what its bars show.
    fn remarks(&self, ticker: &str) -> Vec<Finding> {
        let _ = ticker;
        Vec::new()
    }

    /// Whether the data is made up, so that nothing in it can be a fault of its source.
    fn is_made_up(&self) -> bool {
        false
    }

    /// Reads again what has changed, if anything can.
    ///
    /// # Errors
    /// The market can no longer be read.
    fn refresh(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    /// Forgets the bars that nobody asks for who publishes the days after `last`, up to `until`.
    fn keep(&mut self, _last: Day, _until: Option<Day>) {}

    /// Grows with every change of the data that [`Market::refresh`] found.
    fn generation(&self) -> u64 {
        0
    }

    /// When the data last changed; `None` where nothing writes to it.
    fn last_change(&self) -> Option<SystemTime> {
        None
    }

    /// When it last changed in a way that may still go on.
    fn last_write(&self) -> Option<SystemTime> {
        self.last_change()
    }

    /// SHA-256 of the data, in hexadecimal, of the days up to `until` or of all; markets with equal hashes give equal
    /// bars.
    fn data_sha256(&self, until: Option<Day>) -> String;

    /// A description in one sentence, for people.
    fn describe(&self) -> String;
}

/// The market cannot be opened or read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The text does not name a market.
    #[error(
        "{spec:?} does not name a market: {what}; write csv:FOLDER, parquet:FOLDER, sim:SEED or sim:SEED,stocks=100,days=1000,structure=on"
    )]
    Spec {
        /// As given.
        spec: String,
        /// What is wrong with it.
        what: String,
    },
    /// The folder does not exist or cannot be read.
    #[error("{folder}: the folder cannot be read; check the path and its permissions")]
    Folder {
        /// As given.
        folder: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The process or the system has as many files open as it may.
    #[error(
        "{place} cannot be opened: too many files are open; close some, or raise the limit (`ulimit -n`)"
    )]
    NoFileLeft {
        /// What was to be opened.
        place: String,
    },
    /// The folder holds no stock file.
    #[error(
        "{folder}: there is no stock file; put one file per ticker there, such as AAPL.csv, with the columns Date, Open, High, Low, Close, Volume{passed_over}"
    )]
    NoFiles {
        /// As given.
        folder: String,
        /// The files that are passed over, each a sentence after a semicolon.
        passed_over: String,
    },
    /// The stock files hold no valid bar.
    #[error(
        "{folder}: none of the {files} stock files has a valid row; the first problem is {first}"
    )]
    NoBars {
        /// As given.
        folder: String,
        /// The number of stock files.
        files: usize,
        /// The first problem.
        first: String,
    },
    /// Most tickers have another past than the log.
    #[error(
        "this is another market: of {compared} tickers that the run knows, {strangers} have other prices in most of their past; give the run the market it was opened with, or start another run with --run ID or --data-dir DIR"
    )]
    AnotherMarket {
        /// Tickers with another past.
        strangers: usize,
        /// Tickers compared.
        compared: usize,
    },
    /// No ticker of the log is in the market.
    #[error(
        "this is another market: it has none of the {known} tickers that the run knows; give the run the market it was opened with, or start another run with --run ID or --data-dir DIR"
    )]
    NoCommonTicker {
        /// Tickers on the log.
        known: usize,
    },
    /// The market does not have all requested tickers.
    #[error("the market does not have {wanted}; it has {known}")]
    NoSuchTicker {
        /// The missing tickers, joined by commas.
        wanted: String,
        /// The market's tickers, or the first of them.
        known: String,
    },
}

/// The tickers of `known` that `wanted` names, whatever their case, ascending; all if it names none.
///
/// # Errors
/// [`SourceError::NoSuchTicker`] for unknown names.
pub(super) fn choose(
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
