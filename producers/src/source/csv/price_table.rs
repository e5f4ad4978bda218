//! One file of daily prices, read row by row: bars, and a problem with its line for every row that
//! is not one. The first line names the columns, in any order and case; `Adj Close` is never read,
//! because it contains later dividends.
//!
//! Quotes do not group fields (no number or date needs them), so that a stray quote costs its row
//! and not the rest of the file.

use super::super::market::DataProblem;
use csv::{ByteRecord, ReaderBuilder};
use schemas::Day;
use schemas::events::Bar;
use std::collections::{BTreeMap, BTreeSet};

/// Bad rows of a file that are reported one by one; the others are counted.
const REPORTED_ROWS: usize = 20;

/// What a file must contain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileKind {
    /// All four prices, above 0, and a volume not below 0.
    Stock,
    /// A close above 0; other prices are optional, volume is ignored.
    Index,
}

/// A file's content.
#[derive(Clone, Default)]
pub(super) struct PriceTable {
    /// Ascending, one per day.
    pub(super) bars: Vec<Bar>,
    /// Days whose row is not a bar, and why.
    pub(super) refused: BTreeMap<Day, String>,
    /// All problems.
    pub(super) problems: Vec<DataProblem>,
}

impl PriceTable {
    /// The bar of `day`.
    pub(super) fn bar(&self, day: Day) -> Option<&Bar> {
        self.bars.binary_search_by_key(&day, |bar| bar.bar_day).ok().map(|at| &self.bars[at])
    }
}

const COLUMNS: [&str; 6] = ["Date", "Open", "High", "Low", "Close", "Volume"];
const DATE: usize = 0;
const CLOSE: usize = 4;
const VOLUME: usize = 5;

/// A file's name without its folder, which differs between machines and so is not recorded.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit(std::path::is_separator).next().unwrap_or(path)
}

struct TableReader<'a> {
    file: &'a str,
    kind: FileKind,
    columns: [Option<usize>; 6],
    width: usize,
    bad_rows: usize,
    table: PriceTable,
}

/// Reads `bytes`, the content of `file`.
pub(super) fn read(file: &str, bytes: &[u8], kind: FileKind) -> PriceTable {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = TableReader {
        file,
        kind,
        columns: [None; 6],
        width: 0,
        bad_rows: 0,
        table: PriceTable::default(),
    };
    reader.all(text);
    reader.table
}

impl TableReader<'_> {
    fn problem(&mut self, line: Option<u64>, what: String, remedy: &str) {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        self.table.problems.push(DataProblem { file, line, what, remedy });
    }

    fn all(&mut self, text: &[u8]) {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quoting(false)
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let mut row = ByteRecord::new();
        if !reader.read_byte_record(&mut row).unwrap_or(false) {
            self.problem(None, "the file is empty".into(), "download it again");
            return;
        }
        if let Err((what, remedy)) = self.header(&row) {
            self.problem(Some(1), what, remedy);
            return;
        }
        let mut seen = BTreeSet::new();
        let mut unsorted = None;
        while reader.read_byte_record(&mut row).unwrap_or(false) {
            let line = row.position().map_or(0, csv::Position::line);
            if row.iter().all(|field| field.trim_ascii().is_empty()) && row.len() < 2 {
                continue;
            }
            let (day, bar) = self.row(&row);
            match bar {
                Err(what) => self.bad_row(line, day, what),
                Ok(bar) if !seen.insert(bar.bar_day) => self.problem(
                    Some(line),
                    format!("there is an earlier row for {}, which is kept", bar.bar_day),
                    "delete the wrong one of the two",
                ),
                Ok(bar) => {
                    let last = self.table.bars.last().map(|last| last.bar_day);
                    if unsorted.is_none() && last > Some(bar.bar_day) {
                        unsorted = Some((line, bar.bar_day));
                    }
                    self.table.bars.push(bar);
                }
            }
        }
        if let Some((line, day)) = unsorted {
            let what = format!("{day} comes after a later day; the rows were sorted");
            self.problem(Some(line), what, "sort the file by date, oldest first");
            self.table.bars.sort_by_key(|bar| bar.bar_day);
        }
        self.close();
    }

    fn header(&mut self, row: &ByteRecord) -> Result<(), (String, &'static str)> {
        let mut names = Vec::new();
        for field in row {
            let name = std::str::from_utf8(field).map_err(|_| {
                ("the first line is not UTF-8 text".to_owned(), "save the file as CSV in UTF-8")
            })?;
            names.push(name.trim().trim_matches('"').trim().to_ascii_lowercase());
        }
        self.width = names.len();
        let mut absent = Vec::new();
        for (at, column) in COLUMNS.into_iter().enumerate() {
            self.columns[at] = names.iter().position(|name| *name == column.to_ascii_lowercase());
            let needed = self.kind == FileKind::Stock || at == DATE || at == CLOSE;
            if needed && self.columns[at].is_none() {
                absent.push(column);
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        let separated = names.len() == 1 && names[0].contains([';', '\t', '|']);
        let remedy = if separated {
            "separate the columns by commas"
        } else {
            "the first line must name the columns Date, Open, High, Low, Close, Volume"
        };
        Err((format!("there is no column {}; the file is not read", absent.join(", ")), remedy))
    }

    /// The row's day if it can be read, and its bar or what is wrong.
    fn row(&self, row: &ByteRecord) -> (Option<Day>, Result<Bar, String>) {
        let day = self.columns[DATE]
            .and_then(|at| self.text(row, at))
            .and_then(|text| text.parse::<Day>().ok())
            .filter(|day| (1900..2200).contains(&day.ymd().0));
        (day, self.bar(row, day))
    }

    fn bar(&self, row: &ByteRecord, day: Option<Day>) -> Result<Bar, String> {
        if row.len() != self.width {
            return Err(format!("the row has {} fields instead of {}", row.len(), self.width));
        }
        let bar_day = day.ok_or_else(|| {
            format!("{} is not a date of the form 2018-06-29", self.shown(row, DATE))
        })?;
        let mut numbers = [0.0; 6];
        for (at, number) in numbers.iter_mut().enumerate().skip(1) {
            let read =
                self.columns[at].is_some() && !(self.kind == FileKind::Index && at == VOLUME);
            if !read {
                continue;
            }
            let parsed = self.columns[at]
                .and_then(|field| self.text(row, field))
                .and_then(|text| text.parse::<f64>().ok())
                .filter(|x| x.is_finite() && (*x > 0.0 || (at == VOLUME && *x == 0.0)));
            *number = parsed.ok_or_else(|| {
                let valid = if at == VOLUME { "number from 0 up" } else { "price above 0" };
                format!("{} is {}, which is not a {valid}", COLUMNS[at], self.shown(row, at))
            })?;
        }
        let [_, open, high, low, close, volume] = numbers;
        Ok(Bar { bar_day, open, high, low, close, volume })
    }

    fn text<'r>(&self, row: &'r ByteRecord, at: usize) -> Option<&'r str> {
        let text = std::str::from_utf8(row.get(at)?).ok()?;
        Some(text.trim().trim_matches('"').trim())
    }

    fn shown(&self, row: &ByteRecord, column: usize) -> String {
        let field = self.columns[column].and_then(|at| row.get(at)).unwrap_or_default();
        if std::str::from_utf8(field).is_err() {
            return "not UTF-8 text".to_owned();
        }
        let text: String = String::from_utf8_lossy(field).chars().take(40).collect();
        format!("{text:?}")
    }

    fn bad_row(&mut self, line: u64, day: Option<Day>, what: String) {
        self.bad_rows += 1;
        if self.bad_rows <= REPORTED_ROWS {
            let cut = what.starts_with("the row has");
            let remedy = if cut {
                "the file may have been cut off: download it again"
            } else {
                "correct the row or delete it"
            };
            self.problem(Some(line), format!("{what}; the row is skipped"), remedy);
        }
        if let Some(day) = day {
            let reason = format!("{}:{line}: {what}", name_of(self.file));
            self.table.refused.entry(day).or_insert(reason);
        }
    }

    fn close(&mut self) {
        if self.bad_rows > REPORTED_ROWS {
            let more = self.bad_rows - REPORTED_ROWS;
            self.problem(None, format!("{more} more rows are skipped"), "correct them");
        }
        if self.table.bars.is_empty() && self.bad_rows == 0 {
            self.problem(None, "there is no row below the first line".into(), "download it again");
        }
        let PriceTable { bars, refused, .. } = &mut self.table;
        refused.retain(|day, _| bars.binary_search_by_key(day, |bar| bar.bar_day).is_err());
    }
}
