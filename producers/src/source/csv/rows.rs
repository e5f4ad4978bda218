//! A file of daily prices, row by row: a bar, or a problem with its line. One parser reads every
//! layout; what they differ in is the header and the conventions found before.

use super::columns::{COLUMNS, Places, Role, names_dates};
use super::conventions;
use super::dates::{Order, Stamp, stamp};
use super::draft::{Draft, LEVELS, Row};
use super::header::{Header, NoHeader, find};
use super::names::{is_index, is_ticker, without_exchange};
use super::numbers::{Decimals, number};
use super::price_table::{FileContent, FileKind, PriceTable, Sessions};
use super::report::{Report, out_of_range, wrong};
use super::split_cells::{RowAction, cell, in_words};
use super::text::{Fault, Lines, decode, split};
use schemas::events::Bar;
use std::collections::HashMap;

/// How far a price may be outside low … high, in closes: rounding.
const ROUNDING: f64 = 1e-6;

/// Reads `bytes`, the content of `file`.
pub(super) fn read(file: &str, bytes: &[u8], kind: FileKind, sessions: &Sessions) -> FileContent {
    match decode(bytes) {
        Ok(text) => read_text(file, &text, kind, sessions),
        Err(fault) => FileContent::refused(file, None, fault),
    }
}

/// Reads `text`, the content of `file`.
pub(super) fn read_text(
    file: &str,
    text: &[u8],
    kind: FileKind,
    sessions: &Sessions,
) -> FileContent {
    let header = match find(text, kind == FileKind::Index) {
        Ok(header) => header,
        Err(NoHeader { line, fault, other }) => {
            let content = FileContent::refused(file, (line > 0).then_some(line), fault);
            return FileContent { other: Some(other), ..content };
        }
    };
    let (decimals, order) = match conventions::of(text, &header) {
        Ok(found) => found,
        Err(fault) => return FileContent::refused(file, None, fault),
    };
    let report = Report::of(file);
    let mut reader = RowReader {
        kind,
        sessions,
        header: &header,
        decimals,
        order,
        report,
        drafts: Vec::new(),
        by_ticker: HashMap::new(),
    };
    reader.all(text);
    reader.close()
}

fn wrong_width(given: usize, needed: usize) -> Fault {
    let remedy = if given > needed {
        "put numbers that contain the separator in quotes, or delete the row"
    } else {
        "the file may have been cut off: download it again"
    };
    Fault::new(format!("the row has {given} fields instead of {needed}"), remedy)
}

struct RowReader<'a> {
    kind: FileKind,
    sessions: &'a Sessions,
    header: &'a Header,
    decimals: Decimals,
    order: Order,
    report: Report<'a>,
    drafts: Vec<Draft>,
    by_ticker: HashMap<Vec<u8>, usize>,
}

impl RowReader<'_> {
    fn all(&mut self, text: &[u8]) {
        let header = self.header;
        let mut fields = Vec::with_capacity(header.width + 1);
        let mut column = header.sets.first().and_then(|(_, places)| places[Role::Ticker as usize]);
        let mut first = true;
        for (ticker, _) in &header.sets {
            let ticker = ticker.as_deref().map(without_exchange).unwrap_or_default();
            self.drafts.push(Draft::of(ticker, self.kind_of(ticker)));
        }
        let mut last: (&[u8], usize) = (b"", 0);
        for (line, row) in Lines::of(text) {
            if line <= header.line || row.trim_ascii().is_empty() {
                continue;
            }
            split(row, header.separator, &mut fields);
            while fields.len() > header.width && fields.last().is_some_and(|f| f.is_empty()) {
                fields.pop();
            }
            let Some(at) = column else {
                for (set, (_, places)) in header.sets.iter().enumerate() {
                    self.row(set, line, &fields, places);
                }
                continue;
            };
            let name = fields.get(at).copied().unwrap_or_default();
            if std::mem::take(&mut first) {
                if !names_ticker(name) {
                    // A company's name, or whatever it is: the file is of one ticker.
                    column = None;
                    self.row(0, line, &fields, &header.sets[0].1);
                    continue;
                }
                self.drafts.clear();
                last = (name, self.draft_of(name));
            }
            if last.0 != name {
                last = (name, self.draft_of(name));
            }
            self.row(last.1, line, &fields, &header.sets[0].1);
        }
    }

    fn kind_of(&self, ticker: &str) -> FileKind {
        if is_index(ticker) { FileKind::Index } else { self.kind }
    }

    fn draft_of(&mut self, name: &[u8]) -> usize {
        if let Some(at) = self.by_ticker.get(name) {
            return *at;
        }
        let ticker = String::from_utf8_lossy(name).to_ascii_uppercase();
        let ticker = without_exchange(&ticker);
        let same = self.drafts.iter().position(|draft| draft.ticker == ticker);
        let at = same.unwrap_or_else(|| {
            self.drafts.push(Draft::of(ticker, self.kind_of(ticker)));
            self.drafts.len() - 1
        });
        self.by_ticker.insert(name.to_vec(), at);
        at
    }

    fn row(&mut self, draft: usize, line: u64, fields: &[&[u8]], places: &Places) {
        let field = |role: Role| places[role as usize].and_then(|at| fields.get(at)).copied();
        let date = field(Role::Date).unwrap_or_default();
        let read = stamp(date, self.order);
        let day = read.map(|stamp| stamp.day);
        if day.is_none() && names_dates(date) {
            let what = "the header stands there again; the line is skipped".to_owned();
            return self.report.say_of_row(line, what, "delete the line");
        }
        let several = self.header.sets.len() > 1;
        if several
            && places[1..]
                .iter()
                .flatten()
                .all(|at| fields.get(*at).is_none_or(|f| f.is_empty() || *f == b"NaN"))
        {
            return;
        }
        let draft = &mut self.drafts[draft];
        if let Some(day) = day {
            if day > self.sessions.today {
                let what = format!("{day} is later than today ({})", self.sessions.today);
                return self.report.refuse((line, None), wrong(what), &mut draft.refused);
            }
            if !self.sessions.has(day) {
                draft.closed.push((line, day));
                return;
            }
            match cell(field(Role::Split).unwrap_or_default()) {
                Ok(Some(ratio)) => draft.actions.push((line, day, RowAction::Split(ratio))),
                Ok(None) => {}
                Err(Fault { what, remedy }) => self.report.say_of_row(line, what, &remedy),
            }
            let dollars = field(Role::Dividend).and_then(|field| number(field, self.decimals));
            if let Some(dollars) = dollars.filter(|dollars| *dollars > 0.0) {
                draft.actions.push((line, day, RowAction::Dividend(dollars)));
            }
        }
        let asked =
            Asked { places, kind: draft.kind, decimals: self.decimals, width: self.header.width };
        match (asked.bar(fields, read), day) {
            (Ok(row), _) => draft.take(line, row),
            (Err(_), Some(day)) if let Some(action) = in_words(fields) => {
                draft.actions.push((line, day, action));
            }
            (Err(fault), _) => self.report.refuse((line, day), fault, &mut draft.refused),
        }
    }

    fn close(mut self) -> FileContent {
        let mut tables: Vec<(String, PriceTable)> = Vec::new();
        for draft in std::mem::take(&mut self.drafts) {
            let ticker = draft.ticker.clone();
            tables.push((ticker, draft.close(&mut self.report, self.sessions)));
        }
        let said = self.report.says_anything();
        let empty = |table: &PriceTable| table.bars.is_empty() && table.reason.is_none();
        let nothing = !said && tables.iter().all(|(_, table)| empty(table));
        FileContent { tables, problems: self.report.close(nothing), other: None }
    }
}

/// Whether a field of a ticker column can be a ticker.
fn names_ticker(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field).to_ascii_uppercase();
    is_ticker(text.trim_start_matches('^'))
}

/// How one row is to be read.
struct Asked<'a> {
    places: &'a Places,
    kind: FileKind,
    decimals: Decimals,
    width: usize,
}

impl Asked<'_> {
    /// The row's bar, or what is wrong.
    fn bar(&self, fields: &[&[u8]], date: Option<Stamp>) -> Result<Row, Fault> {
        if fields.len() != self.width {
            return Err(wrong_width(fields.len(), self.width));
        }
        let Some(Stamp { day, time }) = date else {
            let date = self.places[Role::Date as usize].map_or(&b""[..], |at| fields[at]);
            return Err(wrong(format!("{} is not a date of the form 2018-06-29", shown(date))));
        };
        let mut numbers = [0.0; 6];
        let index = self.kind == FileKind::Index;
        for (at, number) in numbers.iter_mut().enumerate().skip(1) {
            let (role, name) = COLUMNS[at];
            let Some(place) =
                self.places[role as usize].filter(|_| !(index && role == Role::Volume))
            else {
                continue;
            };
            *number = self.number(fields[place], role, name)?;
        }
        let [_, open, high, low, close, volume] = numbers;
        let bar = Bar { bar_day: day, open, high, low, close, volume };
        let row = |outside| Row { bar, time, outside };
        let no_level = index && !LEVELS.contains(&close);
        match outside(&numbers).filter(|_| !no_level) {
            None => Ok(row(false)),
            Some(4) => Ok(row(true)),
            Some(at) => Err(wrong(out_of_range(&row(false).bar, at))),
        }
    }

    fn number(&self, field: &[u8], role: Role, name: &str) -> Result<f64, Fault> {
        let volume = role == Role::Volume;
        let fits = |x: &f64| *x > 0.0 || (volume && *x == 0.0);
        number(field, self.decimals).filter(fits).ok_or_else(|| {
            let valid = if volume { "number from 0 up" } else { "price above 0" };
            wrong(format!("{name} is {}, which is not a {valid}", shown(field)))
        })
    }
}

/// The price, by its place in `COLUMNS`, that lies outside low … high; prices that a file does not have are 0.
fn outside(&[_, open, high, low, close, _]: &[f64; 6]) -> Option<usize> {
    let far = close * ROUNDING;
    let within = |price: f64| {
        price == 0.0 || ((low == 0.0 || price >= low - far) && (high == 0.0 || price <= high + far))
    };
    if high > 0.0 && low > high + far {
        Some(3)
    } else if !within(open) {
        Some(1)
    } else if !within(close) {
        Some(4)
    } else {
        None
    }
}

fn shown(field: &[u8]) -> String {
    match std::str::from_utf8(field) {
        Ok(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Err(_) => "not UTF-8 text".to_owned(),
    }
}
