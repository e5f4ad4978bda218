//! A folder of Yahoo-style CSV files, one per ticker (`AAPL.csv`), with `^VIX.csv` beside them.
//!
//! 1. A trading day is a day on which at least one stock file has a row; a stock without a
//!    valid one is missing, and the reason names file and line.
//! 2. The universe is fixed when the folder is opened. An unreadable file keeps its ticker in it,
//!    missing each day, so that the damage is seen and a repaired file comes back.
//! 3. Files whose size or time changed are read again once all known days are given. A new last
//!    day that some files still lack is held back until a poll finds nothing changed: a
//!    downloader writes its files one after another.
//! 4. A row of a day already given that reads differently now is a [`BarChange`]; the day stands.

mod price_file;
mod price_table;
#[cfg(test)]
mod tests;

use super::market::{BarChange, DataProblem, Market, MarketDay, SourceError, choose};
use price_file::{PriceFile, list};
use price_table::{FileKind, PriceTable};
use schemas::{Day, id::sha256_hex};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A folder of CSV files as a market.
pub struct CsvMarket {
    folder: PathBuf,
    universe: Vec<String>,
    /// In the order of `universe`.
    stocks: Vec<PriceFile>,
    vix: PriceFile,
    days: Vec<Day>,
    /// Unused files, found once, and changes that no event can express.
    notes: Vec<DataProblem>,
    problems: Vec<DataProblem>,
    given: Option<Day>,
    half_written: bool,
    changes: Vec<BarChange>,
    revisions: BTreeMap<(String, Day), i32>,
}

impl CsvMarket {
    /// Opens the folder and reads its price files; with `tickers`, only theirs.
    ///
    /// # Errors
    /// The folder cannot be read, or has no stock file, no valid bar, or not all `tickers`.
    pub fn open(folder: &Path, tickers: Option<&[String]>) -> Result<CsvMarket, SourceError> {
        let shown = folder.display().to_string();
        let listing =
            list(folder).map_err(|source| SourceError::Folder { folder: shown.clone(), source })?;
        if listing.stocks.is_empty() {
            return Err(SourceError::NoFiles { folder: shown });
        }
        let universe = choose(listing.stocks.keys().cloned().collect(), tickers)?;
        let stocks = listing
            .stocks
            .into_iter()
            .filter(|(ticker, _)| universe.contains(ticker))
            .map(|(_, path)| PriceFile::open(path, FileKind::Stock))
            .collect();
        let mut market = CsvMarket {
            folder: folder.to_owned(),
            universe,
            stocks,
            vix: PriceFile::open(listing.vix, FileKind::Index),
            days: Vec::new(),
            notes: listing.problems,
            problems: Vec::new(),
            given: None,
            half_written: false,
            changes: Vec::new(),
            revisions: BTreeMap::new(),
        };
        market.derive();
        if market.stocks.iter().all(|file| file.table.bars.is_empty()) {
            let first = market.problems.first().map_or_else(String::new, DataProblem::to_string);
            return Err(SourceError::NoBars { folder: shown, files: market.stocks.len(), first });
        }
        Ok(market)
    }

    /// Derives days and problems from the files as read.
    fn derive(&mut self) {
        let days: BTreeSet<Day> = self
            .stocks
            .iter()
            .flat_map(|file| {
                let bars = file.table.bars.iter().map(|bar| bar.bar_day);
                bars.chain(file.table.refused.keys().copied())
            })
            .collect();
        self.days = days.into_iter().collect();
        self.problems = self.notes.clone();
        for file in self.stocks.iter().chain([&self.vix]) {
            self.problems.extend(file.problems().cloned());
        }
    }

    /// Reads the changed files again; whether there were any.
    fn refresh(&mut self) -> Result<bool, SourceError> {
        if let Err(source) = std::fs::read_dir(&self.folder) {
            let folder = self.folder.display().to_string();
            return Err(SourceError::Folder { folder, source });
        }
        let mut changed = false;
        for at in 0..self.stocks.len() {
            if let Some(old) = self.stocks[at].refresh() {
                changed = true;
                self.record_changes(at, &old);
            }
        }
        if let Some(old) = self.vix.refresh() {
            changed = true;
            let given = |bar: &&schemas::events::Bar| Some(bar.bar_day) <= self.given;
            for bar in old.bars.iter().filter(given) {
                let now = self.vix.table.bar(bar.bar_day).map(|bar| bar.close);
                if now != Some(bar.close) {
                    self.notes.push(self.vix.problem_of_file(format!(
                        "the close of {} was {}, is {now:?} now, and the day was given already",
                        bar.bar_day, bar.close
                    )));
                }
            }
        }
        if changed {
            self.derive();
        }
        Ok(changed)
    }

    /// Records how the file at `at` differs from `old` on days already given.
    fn record_changes(&mut self, at: usize, old: &PriceTable) {
        let (file, ticker) = (&self.stocks[at], &self.universe[at]);
        let given = |bar: &&schemas::events::Bar| Some(bar.bar_day) <= self.given;
        for bar in file.table.bars.iter().filter(given) {
            if old.bar(bar.bar_day) != Some(bar) {
                let revision = self.revisions.entry((ticker.clone(), bar.bar_day)).or_insert(0);
                *revision += 1;
                let (ticker, bar, revision) = (ticker.clone(), bar.clone(), *revision);
                self.changes.push(BarChange { ticker, bar, revision });
            }
        }
        for bar in old.bars.iter().filter(given) {
            if file.table.bar(bar.bar_day).is_none() {
                self.notes.push(file.problem_of_file(format!(
                    "the bar of {} is gone; it was given already and is kept",
                    bar.bar_day
                )));
            }
        }
    }

    fn first_after(&self, after: Option<Day>) -> Option<usize> {
        let at = after.map_or(0, |after| self.days.partition_point(|day| *day <= after));
        (at < self.days.len()).then_some(at)
    }

    /// Whether a file that has the day before the last one lacks the last.
    fn lacks_files(&self, at: usize) -> bool {
        if at == 0 || at + 1 < self.days.len() {
            return false;
        }
        let (before, day) = (self.days[at - 1], self.days[at]);
        self.stocks.iter().chain([&self.vix]).any(|file| {
            let has = |day| file.table.bar(day).is_some() || file.table.refused.contains_key(&day);
            has(before) && !has(day)
        })
    }

    fn day(&self, day: Day) -> MarketDay {
        let mut market_day = MarketDay { day, ..MarketDay::default() };
        for (ticker, file) in self.universe.iter().zip(&self.stocks) {
            match file.table.bar(day) {
                Some(bar) => market_day.bars.push((ticker.clone(), bar.clone())),
                None => market_day.missing.push((ticker.clone(), file.why_missing(day))),
            }
        }
        market_day.vix = self.vix.table.bar(day).map(|bar| bar.close);
        market_day
    }
}

impl Market for CsvMarket {
    fn universe(&self) -> &[String] {
        &self.universe
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        self.given = self.given.max(after);
        let mut changed = false;
        if self.half_written || self.first_after(after).is_none() {
            changed = self.refresh()?;
        }
        let at = self.first_after(after);
        self.half_written = changed && at.is_some_and(|at| self.lacks_files(at));
        let Some(at) = at.filter(|_| !self.half_written) else { return Ok(None) };
        let day = self.days[at];
        self.given = self.given.max(Some(day));
        Ok(Some(self.day(day)))
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn problems(&self) -> &[DataProblem] {
        &self.problems
    }

    fn changes(&mut self) -> Vec<BarChange> {
        std::mem::take(&mut self.changes)
    }

    fn data_sha256(&self) -> String {
        let mut lines = String::new();
        for (ticker, file) in self.universe.iter().zip(&self.stocks) {
            lines.push_str(&format!("{ticker} {}\n", file.sha256));
        }
        lines.push_str(&format!("^VIX {}\n", self.vix.sha256));
        sha256_hex(lines.as_bytes())
    }

    fn describe(&self) -> String {
        let (folder, stocks, days) = (self.folder.display(), self.universe.len(), self.days.len());
        let span = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) => format!("{days} trading days from {first} to {last}"),
            _ => "no trading day".to_owned(),
        };
        let vix = self.vix.table.bars.len();
        format!("{folder}: {stocks} stocks, {span}, {vix} closes of ^VIX")
    }
}
