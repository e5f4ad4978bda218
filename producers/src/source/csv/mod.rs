//! Price files of a folder, or one file of all tickers, as a market; the index's file beside them.
//!
//! 1. A trading day is a session of the calendar on which at least one stock has a valid bar, and not
//!    all of them stood still; a stock without one is missing, and the reason names file and line.
//! 2. An unreadable file keeps its ticker in the universe, missing each day, so that the damage is seen and a
//!    repaired file comes back. A removed file keeps its content; a new one joins.
//! 3. Files that changed are read again by [`Market::refresh`]. One that was renamed into its place is whole at
//!    once; any other may still be written.
//! 4. Splits that the prices do not contain are given on their day, and bars of the past in the share
//!    count of the day that they are asked for.

mod clock;
mod columns;
mod conventions;
mod dates;
mod days;
mod draft;
mod fields;
mod header;
mod index_file;
mod index_name;
mod letters;
mod listing;
mod months;
mod names;
mod no_header;
mod numbers;
mod one_row;
mod parquet_text;
mod price_file;
mod price_table;
mod reading;
mod remarks;
mod report;
mod rows;
mod shift;
mod split_cells;
mod splits;
mod stocks;
mod subfolders;
#[cfg(test)]
mod tests;
mod text;
mod ticker_column;
mod together;
mod watch;
mod wide;

use super::finding::Finding;
use super::market::{DataProblem, Market, MarketDay, SourceError, choose};
use super::poison::Poison;
use index_name::is_index;
use listing::{Listing, list, names_in, no_files};
use price_file::{PriceFile, all_opened, folder_fault};
use price_table::{FileContent, FileKind, PriceTable, Sessions, name_of};
use reading::read_all;
use schemas::events::{Bar, CorporateAction};
use schemas::{Day, TradingCalendar, id::sha256_hex};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use stocks::{Stock, gather, index_of};
use watch::FolderWatch;

/// Price files as a market.
pub struct CsvMarket {
    source: PathBuf,
    folder: PathBuf,
    sessions: Sessions,
    universe: Vec<String>,
    /// In the order of `universe`.
    stocks: Vec<Stock>,
    index: Stock,
    files: Vec<PriceFile>,
    days: Vec<Day>,
    /// Unused files, found once.
    notes: Vec<DataProblem>,
    problems: Vec<DataProblem>,
    /// Why the index's closes are not used though they can be read.
    no_index: Option<String>,
    parquet: bool,
    /// The tickers asked for.
    chosen: Option<Vec<String>>,
    generation: u64,
    /// Every name in the folder.
    names: BTreeSet<OsString>,
    watch: Option<FolderWatch>,
}

impl CsvMarket {
    /// Opens a folder of text files, or one such file of all tickers, and reads its prices; with `tickers`, only
    /// theirs.
    ///
    /// # Errors
    /// The source cannot be read, or has no stock file, no valid bar, or not all `tickers`.
    pub fn open(
        source: &Path,
        tickers: Option<&[String]>,
        calendar: TradingCalendar,
    ) -> Result<CsvMarket, SourceError> {
        CsvMarket::of_files(source, tickers, Sessions::of(calendar), false)
    }

    /// The same of Parquet files.
    ///
    /// # Errors
    /// As [`CsvMarket::open`].
    pub fn open_parquet(
        source: &Path,
        tickers: Option<&[String]>,
        calendar: TradingCalendar,
    ) -> Result<CsvMarket, SourceError> {
        CsvMarket::of_files(source, tickers, Sessions::of(calendar), true)
    }

    /// Text or Parquet files with a made-up future.
    ///
    /// # Errors
    /// As [`CsvMarket::open`].
    pub(super) fn open_poisoned(
        source: &Path,
        tickers: Option<&[String]>,
        calendar: TradingCalendar,
        parquet: bool,
        poison: Poison,
    ) -> Result<CsvMarket, SourceError> {
        let sessions = Sessions { poison: Some(poison), ..Sessions::of(calendar) };
        CsvMarket::of_files(source, tickers, sessions, parquet)
    }

    fn of_files(
        source: &Path,
        tickers: Option<&[String]>,
        sessions: Sessions,
        parquet: bool,
    ) -> Result<CsvMarket, SourceError> {
        let shown = letters::printable(&source.display().to_string()).into_owned();
        let listing = list(source, parquet).map_err(|error| folder_fault(&shown, error))?;
        let names = names_in(&listing.folder);
        let Listing { stocks, index, folder, problems: mut notes } = listing;
        let mut read = read_all(stocks, &sessions);
        all_opened(read.iter().map(|read| &read.file))?;
        let mut gathered = gather(&mut read);
        notes.append(&mut gathered.notes);
        if gathered.stocks.is_empty() {
            return Err(no_files(&shown, notes, &folder));
        }
        let known = gathered.stocks.iter().map(|stock| stock.ticker.clone()).collect();
        let universe = choose(known, tickers)?;
        gathered.stocks.retain(|stock| universe.binary_search(&stock.ticker).is_ok());
        let mut files: Vec<PriceFile> = read.into_iter().map(|read| read.file).collect();
        let index = match (index, gathered.index) {
            (None, Some(index)) => index,
            (path, unused) => {
                let place = path.as_deref().and_then(Path::file_name).unwrap_or_default();
                notes.extend(unused.map(|unused| {
                    let what = format!(
                        "the index is read from {}, so its rows here are not",
                        place.to_string_lossy()
                    );
                    listing::passed_over(&files[unused.file].shown, &what, "delete one of the two")
                }));
                let path = path.unwrap_or_else(|| folder.join(format!("{}.csv", index_name::VIX)));
                let (file, content) = PriceFile::open(path, FileKind::Index, &sessions);
                all_opened([&file])?;
                files.push(file);
                index_of(files.len() - 1, content)
            }
        };
        let mut market = CsvMarket {
            source: source.to_owned(),
            folder,
            sessions,
            universe,
            stocks: gathered.stocks,
            index,
            files,
            days: Vec::new(),
            notes,
            problems: Vec::new(),
            no_index: None,
            parquet,
            chosen: tickers.map(<[String]>::to_vec),
            generation: 0,
            names,
            watch: None,
        };
        market.derive();
        if market.stocks.iter().all(|stock| stock.table.bars.is_empty()) {
            let first = market.problems.iter().find(|problem| !market.notes.contains(problem));
            let first =
                first.or(market.problems.first()).map_or_else(String::new, DataProblem::to_string);
            return Err(SourceError::NoBars { folder: shown, files: market.stocks.len(), first });
        }
        Ok(market)
    }

    /// All bars of `ticker`, ascending, each in the share count of its own day.
    pub fn series(&self, ticker: &str) -> &[Bar] {
        self.table(ticker).map_or(&[], |table| &table.bars)
    }

    /// The splits of `ticker` that its bars do not contain, and its dividends; ascending by day.
    pub fn actions(&self, ticker: &str) -> &[CorporateAction] {
        self.table(ticker).map_or(&[], |table| &table.actions)
    }

    fn table(&self, ticker: &str) -> Option<&PriceTable> {
        let at = self.universe.binary_search_by(|known| known.as_str().cmp(ticker)).ok()?;
        Some(&self.stocks[at].table)
    }

    /// Derives days and problems from the files as read.
    fn derive(&mut self) {
        let (days, idle) = days::settle(self.stocks.iter_mut().map(|stock| &mut stock.table));
        self.days = days;
        let mut own: Vec<usize> = self.stocks.iter().map(|stock| stock.file).collect();
        own.sort_unstable();
        own.dedup();
        own.retain(|file| *file != self.index.file);
        own.push(self.index.file);
        let problems = own.iter().flat_map(|file| self.files[*file].problems().cloned());
        let mut problems: Vec<DataProblem> = self.notes.iter().cloned().chain(problems).collect();
        let twin = index_file::of_a_stock(&self.index, &self.stocks, &self.files);
        self.no_index = twin
            .as_ref()
            .filter(|(_, of_index)| *of_index)
            .map(|(problem, _)| format!("{}: {}", name_of(&problem.file), problem.what));
        problems.extend(twin.map(|(problem, _)| problem));
        problems.extend(days::nothing_traded(&idle, &self.folder));
        problems.extend(days::no_bar_at_all(&self.days, self.sessions.calendar, &self.folder));
        let read = own.iter().map(|file| self.files[*file].shown.as_str()).collect();
        self.problems = together::together(problems, &self.folder, &read);
    }

    /// The source was given another file: everything is read anew, as what a name means depends on the others.
    fn reopen_with_new_files(&mut self) -> Result<bool, SourceError> {
        let names = names_in(&self.folder);
        if names == self.names {
            return Ok(false);
        }
        let Ok(listing) = list(&self.source, self.parquet) else { return Ok(false) };
        self.names = names;
        let known: BTreeSet<&Path> = self.files.iter().map(|file| file.path()).collect();
        // A writer that deletes a file before it writes it again has not lost its ticker.
        let all_there = self.files.iter().all(|file| !file.was_read() || file.path().exists());
        if listing.stocks.iter().all(|path| known.contains(path.path.as_path())) || !all_there {
            return Ok(false);
        }
        let chosen = self.chosen.as_deref();
        let anew = CsvMarket::of_files(&self.source, chosen, self.sessions, self.parquet);
        let anew = anew.inspect_err(|_| self.names.clear())?; // these names are looked at again
        let (generation, watch) = (self.generation + 1, self.watch.take());
        *self = CsvMarket { generation, watch, ..anew };
        Ok(true)
    }

    fn first_after(&self, after: Option<Day>) -> Option<usize> {
        let at = after.map_or(0, |after| self.days.partition_point(|day| *day <= after));
        (at < self.days.len()).then_some(at)
    }

    fn day(&self, day: Day) -> MarketDay {
        let mut market_day = MarketDay { day, ..MarketDay::default() };
        for stock in &self.stocks {
            let (ticker, table) = (&stock.ticker, &stock.table);
            match table.bar(day) {
                Some(bar) => market_day.bars.push((ticker.clone(), bar.clone())),
                None => {
                    let why = stock.why_missing(day, &self.files[stock.file]);
                    market_day.missing.push((ticker.clone(), why));
                }
            }
            let actions = table.actions_of(day).map(|action| (ticker.clone(), action.clone()));
            market_day.actions.extend(actions);
        }
        match (&self.no_index, self.index.table.bar(day)) {
            (None, Some(bar)) => market_day.vix = Some(bar.close),
            (None, None) => {
                let why = self.index.why_missing(day, &self.files[self.index.file]);
                market_day.no_vix = Some(why);
            }
            (why, _) => market_day.no_vix = why.clone(),
        }
        market_day
    }
}

impl Market for CsvMarket {
    fn universe(&self) -> &[String] {
        &self.universe
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        Ok(self.first_after(after).map(|at| self.day(self.days[at])))
    }

    fn refresh(&mut self) -> Result<(), SourceError> {
        if let Err(source) = std::fs::metadata(&self.source) {
            let folder = self.source.display().to_string();
            return Err(SourceError::Folder { folder, source });
        }
        // Before the files are looked at, so that no rename is missed.
        let whole = self.watch.get_or_insert_with(|| FolderWatch::of(&self.folder)).renamed();
        // It may be another day by now.
        self.sessions.today = Sessions::of(self.sessions.calendar).today;
        if self.reopen_with_new_files()? {
            return Ok(());
        }
        let mut contents: Vec<Option<Option<FileContent>>> = Vec::new();
        for file in &mut self.files {
            let is_whole = whole.contains(file.name());
            contents.push(file.refresh(&self.sessions, is_whole));
        }
        if contents.iter().all(Option::is_none) {
            return all_opened(&self.files);
        }
        self.generation += 1;
        for stock in self.stocks.iter_mut().chain([&mut self.index]) {
            if let Some(Some(content)) = &contents[stock.file] {
                stock.replace(content);
            }
        }
        self.derive();
        all_opened(&self.files)
    }

    fn keep(&mut self, last: Day, until: Option<Day>) {
        for stock in &mut self.stocks {
            stock.table.keep(last, until);
        }
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn last_change(&self) -> Option<SystemTime> {
        self.files.iter().filter_map(PriceFile::changed).max()
    }

    fn last_write(&self) -> Option<SystemTime> {
        self.files.iter().filter_map(PriceFile::may_still_change).max()
    }

    fn calendar(&self) -> TradingCalendar {
        self.sessions.calendar
    }

    fn has_row(&self, ticker: &str, day: Day) -> bool {
        let table = if is_index(ticker) { Some(&self.index.table) } else { self.table(ticker) };
        table.is_some_and(|table| table.bar(day).is_some() || table.refused.contains_key(&day))
    }

    fn remarks(&self, ticker: &str) -> Vec<Finding> {
        let readings = self.table(ticker).map_or(&[][..], |table| &table.readings);
        readings.iter().map(|reading| remarks::of_split(ticker, reading)).collect()
    }

    fn past(&mut self, ticker: &str, day: Day, most: usize) -> Result<Vec<Bar>, SourceError> {
        Ok(self.table(ticker).map_or_else(Vec::new, |table| table.before(day, most)))
    }

    fn index_past(&mut self, day: Day, most: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        if self.no_index.is_some() {
            return Ok(Vec::new());
        }
        let before = self.index.table.before(day, most);
        Ok(before.iter().map(|bar| (bar.bar_day, bar.close)).collect())
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn problems(&self) -> &[DataProblem] {
        &self.problems
    }

    fn data_sha256(&self, until: Option<Day>) -> String {
        let hash = |table: &PriceTable, file: usize| {
            until.map_or_else(|| self.files[file].sha256.clone(), |until| table.sha256_until(until))
        };
        let line = |stock: &Stock| format!("{} {}\n", stock.ticker, hash(&stock.table, stock.file));
        let stocks: String = self.stocks.iter().map(line).collect();
        let index = hash(&self.index.table, self.index.file);
        sha256_hex(format!("{stocks}^VIX {index}\n").as_bytes())
    }

    fn describe(&self) -> String {
        let (source, stocks, days) = (self.source.display(), self.universe.len(), self.days.len());
        let span = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) => format!("{days} trading days from {first} to {last}"),
            _ => "no trading day".to_owned(),
        };
        let vix = self.index.table.bars.len();
        format!("{source}: {stocks} stocks, {span}, {vix} closes of ^VIX")
    }
}
