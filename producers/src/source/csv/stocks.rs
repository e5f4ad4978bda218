//! The stocks of a market's files: each ticker once, from the file that names it best. Every other
//! file of a ticker, and every copy under another name, is named as not used.

use super::super::market::DataProblem;
use super::index_name::{VIX, is_index, is_near_index};
use super::letters::printable;
use super::listing::passed_over;
use super::names::{is_plain, is_ticker, is_word, key_of, marks_exchange};
use super::no_header::Other;
use super::price_file::PriceFile;
use super::price_table::{FileContent, PriceTable};
use schemas::Day;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Sessions by which a file may end before another one of its ticker and still be kept up to date.
const LATE: usize = 5;

/// A ticker's table, and where it comes from.
pub(super) struct Stock {
    /// As in the universe.
    pub(super) ticker: String,
    /// The place of its file among the market's.
    pub(super) file: usize,
    /// The ticker by which the file calls it; empty if the file does not.
    pub(super) called: String,
    /// Its content.
    pub(super) table: PriceTable,
}

impl Stock {
    /// Takes its table from what its file contains now; the one before.
    pub(super) fn replace(&mut self, content: &FileContent) -> PriceTable {
        let own = content.tables.iter().find(|(ticker, _)| *ticker == self.called);
        let only = content.tables.first().filter(|_| content.tables.len() == 1);
        let table = own.or(only).map(|(_, table)| table.clone());
        std::mem::replace(&mut self.table, table.unwrap_or_default())
    }

    /// Why it has no bar on `day`.
    pub(super) fn why_missing(&self, day: Day, file: &PriceFile) -> String {
        printable(&self.reason(day, file)).into_owned()
    }

    fn reason(&self, day: Day, file: &PriceFile) -> String {
        let (name, table) = (file.name(), &self.table);
        if let Some(reason) = table.refused.get(&day) {
            return reason.clone();
        }
        let of = if self.called.is_empty()
            || file.name().to_ascii_uppercase().starts_with(&self.ticker)
        {
            String::new()
        } else {
            format!(" of {}", self.ticker)
        };
        let (Some(first), Some(last)) = (table.bars.first(), table.bars.last()) else {
            let first = file.problems().next().map(|problem| problem.what.clone());
            let why = table.reason.clone().or(first);
            return format!("{name}: {}", why.unwrap_or_else(|| format!("no row{of}")));
        };
        if last.bar_day < day {
            format!("{name}: no row{of} for {day}; its last is {}", last.bar_day)
        } else if first.bar_day > day {
            // When it begins is not known on that day.
            format!("{name}: no row{of} for {day} or before")
        } else {
            format!("{name}: no row{of} for {day}")
        }
    }
}

/// A file that was read, and the ticker by its name.
pub(super) struct ReadFile {
    /// The file.
    pub(super) file: PriceFile,
    /// In capitals; perhaps no ticker.
    pub(super) ticker: String,
    /// What it contains.
    pub(super) content: FileContent,
}

/// What the files give.
pub(super) struct Gathered {
    /// Ascending by ticker.
    pub(super) stocks: Vec<Stock>,
    /// The index, if a file of many tickers contains it.
    pub(super) index: Option<Stock>,
    /// Files and tickers that are not used.
    pub(super) notes: Vec<DataProblem>,
}

/// The stocks in `files`.
pub(super) fn gather(files: &mut [ReadFile]) -> Gathered {
    let mut gathered = Gathered { stocks: Vec::new(), index: None, notes: Vec::new() };
    let mut by_key: BTreeMap<String, Vec<Stock>> = BTreeMap::new();
    for (at, read) in files.iter_mut().enumerate() {
        let tables = std::mem::take(&mut read.content.tables);
        for (called, table) in tables_of(read, tables, &mut gathered) {
            let ticker = if called.is_empty() { read.ticker.clone() } else { called.clone() };
            let stock = Stock { ticker, file: at, called, table };
            if is_index(&stock.ticker) {
                gathered.index = gathered.index.take().or(Some(stock));
            } else {
                by_key.entry(key_of(&stock.ticker)).or_default().push(stock);
            }
        }
    }
    for same in by_key.into_values() {
        let ended: Vec<bool> = same.iter().map(|stock| has_ended(stock, &same)).collect();
        let mut same: Vec<(bool, Stock)> = ended.into_iter().zip(same).collect();
        same.sort_by_key(|(ended, stock)| (*ended, rank(stock, files)));
        let mut same = same.into_iter();
        let Some((_, best)) = same.next() else { continue };
        for (ended, other) in same {
            let used = files[best.file].file.name();
            let last = |stock: &Stock| stock.table.bars.last().map(|bar| bar.bar_day);
            let what = match (last(&other), last(&best)) {
                (Some(end), Some(on)) if ended => format!(
                    "{} is read from {used}, which goes on to {on}, so its rows here, which end on {end}, are not",
                    best.ticker
                ),
                _ => format!("{} is read from {used}, so its rows here are not", best.ticker),
            };
            let file = &files[other.file].file.shown;
            gathered.notes.push(passed_over(file, &what, "delete the wrong one of the two"));
        }
        gathered.stocks.push(best);
    }
    gathered.drop_copies(files);
    gathered.stocks.sort_by(|a, b| a.ticker.cmp(&b.ticker));
    gathered
}

/// The file's tables that are stocks or the index.
fn tables_of(
    read: &ReadFile,
    tables: Vec<(String, PriceTable)>,
    gathered: &mut Gathered,
) -> Vec<(String, PriceTable)> {
    let (shown, name) = (&read.file.shown, read.file.name());
    let mut note = |what: &str, remedy: &str| gathered.notes.push(passed_over(shown, what, remedy));
    let csv = name.to_ascii_lowercase().contains(".csv");
    let unnamed = tables.iter().all(|(called, _)| called.is_empty());
    let no_prices = match read.content.other {
        Some(Other::TableOfTickers) => true,
        Some(Other::Table) => !is_plain(&read.ticker) || !csv,
        Some(Other::Nothing) => !csv || is_word(&read.ticker),
        Some(Other::Prices) | None => false,
    };
    if no_prices {
        note(
            "it holds no prices, so it is not read",
            "move it elsewhere, or give it the columns Date, Open, High, Low, Close, Volume",
        );
        return Vec::new();
    }
    if unnamed && !is_ticker(&read.ticker) {
        note(
            "its name is not a ticker, so it is not read",
            "name the file like AAPL.csv, or add a column Ticker",
        );
        return Vec::new();
    }
    let tables =
        if tables.is_empty() { vec![(String::new(), PriceTable::default())] } else { tables };
    let (mut stocks, others): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(called, _)| {
        called.is_empty() || is_index(called) || (is_ticker(called) && !is_near_index(called))
    });
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().take(8).map(|(called, _)| called.as_str()).collect();
        let what = format!(
            "the rows of {} are not read, as these are no tickers of stocks",
            names.join(", ")
        );
        note(&what, "delete them, or correct the names");
    }
    if let [(called, _)] = &mut stocks[..]
        && !called.is_empty()
        && is_plain(&read.ticker)
        && key_of(called) != key_of(&read.ticker)
    {
        // `data.csv` may be of any ticker, `nvda.us.txt` not.
        let used = if marks_exchange(name) { read.ticker.clone() } else { called.clone() };
        let what =
            format!("its name says {}, its rows {called}; they are read as {used}", read.ticker);
        note(&what, "rename the file, or correct its rows");
        if used != *called {
            called.clear();
        }
    }
    stocks
}

/// Whether another table of the ticker goes on for more sessions than an update may be late.
fn has_ended(stock: &Stock, same: &[Stock]) -> bool {
    let Some(last) = stock.table.bars.last().map(|bar| bar.bar_day) else { return false };
    same.iter().any(|other| {
        let bars = &other.table.bars;
        bars.len() - bars.partition_point(|bar| bar.bar_day <= last) > LATE
    })
}

/// What makes a file the better one of a ticker, the least best.
type Rank = (bool, bool, bool, bool, bool, Reverse<Option<Day>>, String);

/// Of several files of one ticker the least is used: one that is a file, of its own, called by the ticker and nothing
/// else, beginning with it, plain text, the one that goes on longest.
fn rank(stock: &Stock, files: &[ReadFile]) -> Rank {
    let file = &files[stock.file].file;
    let name = file.name();
    let of_many =
        !stock.called.is_empty() && key_of(&files[stock.file].ticker) != key_of(&stock.ticker);
    let rest = name.strip_prefix(stock.ticker.as_str()).unwrap_or_default();
    let whole = matches!(rest, ".csv" | ".parquet" | ".txt" | ".tsv");
    let exact = rest.starts_with('.');
    let plain = name.ends_with(".csv") || name.ends_with(".parquet");
    let last = stock.table.bars.last().map(|bar| bar.bar_day);
    (!file.was_read(), of_many, !whole, !exact, !plain, Reverse(last), name.to_owned())
}

impl Gathered {
    /// Drops files with the bytes of another whose name is more like a ticker. Where all names are equally like one,
    /// as of AAPL.csv and KO.csv, nothing tells which is the copy: they stay, and that is said.
    fn drop_copies(&mut self, files: &[ReadFile]) {
        let mut by_bytes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, stock) in self.stocks.iter().enumerate() {
            if !stock.table.bars.is_empty()
                && (stock.called.is_empty() || stock.ticker == files[stock.file].ticker)
            {
                by_bytes.entry(files[stock.file].file.sha256.as_str()).or_default().push(at);
            }
        }
        let mut dropped = Vec::new();
        for same in by_bytes.into_values().filter(|same| same.len() > 1) {
            let ticker = |at: usize| self.stocks[at].ticker.as_str();
            let plain = same.iter().any(|at| is_plain(ticker(*at)));
            let by_length = same.iter().copied().min_by_key(|at| (ticker(*at).len(), ticker(*at)));
            let kept = |at: usize| if plain { is_plain(ticker(at)) } else { Some(at) == by_length };
            let (kept, copies): (Vec<usize>, Vec<usize>) =
                same.into_iter().partition(|at| kept(*at));
            let Some(first) = kept.first() else { continue };
            let name = |at: usize| files[self.stocks[at].file].file.name();
            for copy in &copies {
                let what = format!(
                    "it has the same bytes as {}, so {} is not read",
                    name(*first),
                    ticker(*copy)
                );
                let file = &files[self.stocks[*copy].file].file.shown;
                self.notes.push(passed_over(file, &what, "delete the copy"));
            }
            if kept.len() > 1 {
                let others: Vec<&str> = kept[1..].iter().map(|at| name(*at)).collect();
                let what = format!(
                    "the same bytes are in {}, and nothing tells which ticker they are of; all are read",
                    others.join(", ")
                );
                let file = &files[self.stocks[*first].file].file.shown;
                self.notes.push(passed_over(file, &what, "delete the copies"));
            }
            dropped.extend(copies);
        }
        dropped.sort_unstable();
        for at in dropped.into_iter().rev() {
            let _ = self.stocks.remove(at);
        }
    }
}

/// The index as an index file gives it.
pub(super) fn index_of(file: usize, content: FileContent) -> Stock {
    let mut tables = content.tables;
    let at = tables.iter().position(|(called, _)| is_index(called)).unwrap_or(0);
    let (called, table) =
        if tables.is_empty() { Default::default() } else { tables.swap_remove(at) };
    Stock { ticker: VIX.to_owned(), file, called, table }
}
