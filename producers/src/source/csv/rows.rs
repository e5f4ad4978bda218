//! A file of daily prices, row by row: a bar, or a problem with its line. One parser reads every
//! layout; what they differ in is the header and the conventions found before.

use super::clock::Time;
use super::columns::{Places, Role, names_dates};
use super::conventions;
use super::dates::{Order, Stamp, stamp};
use super::draft::Draft;
use super::fields::{are_empty, fields_of, rows};
use super::header::{Header, again, find};
use super::index_name::is_index;
use super::letters::words;
use super::names::{key_of, ticker_in, without_exchange};
use super::no_header::NoHeader;
use super::numbers::{Decimals, number};
use super::one_row::Asked;
use super::price_table::{FileContent, FileKind, PriceTable, Sessions};
use super::report::{Report, wrong};
use super::split_cells::{RowAction, cell, in_words};
use super::text::{Fault, decode};
use super::ticker_column::ticker_column;
use std::collections::HashMap;

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
    let (decimals, order) = match conventions::of(text, &header, kind) {
        Ok(found) => found,
        Err(fault) => return FileContent::refused(file, None, fault),
    };
    let column = match ticker_column(text, &header) {
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
    if let Err(fault) = reader.all(text, column) {
        return FileContent::refused(file, None, fault);
    }
    reader.close()
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
    fn all(&mut self, text: &[u8], column: Option<usize>) -> Result<(), Fault> {
        let header = self.header;
        let mut fields = Vec::with_capacity(header.width + 1);
        for (ticker, _) in header.sets.iter().filter(|_| column.is_none()) {
            let ticker = ticker.as_deref().map(without_exchange).unwrap_or_default();
            self.drafts.push(Draft::of(ticker, self.kind_of(ticker)));
        }
        let mut last: (&[u8], Option<usize>) = (b"", None);
        for (line, row) in rows(text, header) {
            fields_of(row, header, &mut fields);
            if are_empty(&fields) || self.is_no_row((line, row), &fields)? {
                continue;
            }
            let Some(at) = column else {
                for (set, (_, places)) in header.sets.iter().enumerate() {
                    self.row(set, line, &fields, places);
                }
                continue;
            };
            let name = fields.get(at).copied().unwrap_or_default();
            if last.1.is_none() || last.0 != name {
                last = (name, self.draft_of(name, line));
            }
            match last.1 {
                Some(draft) => self.row(draft, line, &fields, &header.sets[0].1),
                None => {
                    let what = "the row names no ticker; it is skipped".to_owned();
                    self.report.say_of_row(line, what, "fill its ticker in, or delete the row");
                }
            }
        }
        Ok(())
    }

    /// Whether the line is none of prices, which is said: the header again, or a note below the rows. Below a header of
    /// other columns nothing would be read rightly.
    fn is_no_row(&mut self, (line, row): (u64, &[u8]), fields: &[&[u8]]) -> Result<bool, Fault> {
        let place = self.header.sets.first().and_then(|(_, places)| places[Role::Date as usize]);
        let date = place.and_then(|at| fields.get(at)).copied().unwrap_or_default();
        if stamp(date, self.order).is_some() {
            return Ok(false);
        }
        let (dates, text) = (names_dates(date), is_text(fields, self.decimals));
        let header = if dates || text { again(row, self.header) } else { None };
        if header == Some(false) {
            let first = self.header.line;
            return Err(Fault::new(
                format!(
                    "line {line} is another header, with other columns than line {first}; the file is not read"
                ),
                format!("write all rows with the columns of line {first}, or delete the others"),
            ));
        }
        let what = if dates || header == Some(true) {
            "the header stands there again; the line is skipped".to_owned()
        } else if text {
            let first = fields.iter().find(|field| !field.is_empty()).copied().unwrap_or_default();
            let shown: String = words(first).chars().take(40).collect();
            format!("{shown:?} begins no row of prices; the line is skipped")
        } else {
            return Ok(false);
        };
        self.report.say_of_row(line, what, "delete the line");
        Ok(true)
    }

    fn kind_of(&self, ticker: &str) -> FileKind {
        if is_index(ticker) { FileKind::Index } else { self.kind }
    }

    /// The draft of the ticker that a row calls `name`, if that is the name of one. BRK.B and BRK-B are one.
    fn draft_of(&mut self, name: &[u8], line: u64) -> Option<usize> {
        if let Some(at) = self.by_ticker.get(name) {
            return Some(*at);
        }
        let ticker = ticker_in(name)?;
        let key = key_of(&ticker);
        let same = self.drafts.iter().position(|draft| key_of(&draft.ticker) == key);
        let at = same.unwrap_or_else(|| {
            self.drafts.push(Draft::of(&ticker, self.kind_of(&ticker)));
            self.drafts.len() - 1
        });
        let known = &self.drafts[at].ticker;
        if *known != words(name).trim().to_ascii_uppercase() && same.is_some() {
            let what = format!("the ticker {} is read as {known}", words(name));
            self.report.say(Some(line), what, "write each ticker in one way");
        }
        self.by_ticker.insert(name.to_vec(), at);
        Some(at)
    }

    fn row(&mut self, draft: usize, line: u64, fields: &[&[u8]], places: &Places) {
        let field = |role: Role| places[role as usize].and_then(|at| fields.get(at)).copied();
        let date = field(Role::Date).unwrap_or_default();
        let read = stamp(date, self.order).map(|stamp| {
            let beside = || Time::of_column(field(Role::Time)?);
            Stamp { time: stamp.time.or_else(beside), ..stamp }
        });
        let day = read.map(|stamp| stamp.day);
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

/// Whether the fields are words and no numbers: a note below the rows.
fn is_text(fields: &[&[u8]], decimals: Decimals) -> bool {
    let letters = |field: &&[u8]| field.iter().filter(|b| b.is_ascii_alphabetic()).count() > 2;
    fields.iter().any(letters) && fields.iter().all(|field| number(field, decimals).is_none())
}
