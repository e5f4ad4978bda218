//! What is said of a file: its problems by line, not more than people read, and the reasons that its
//! days are recorded with.

use super::super::market::DataProblem;
use super::price_table::{PriceTable, name_of};
use super::text::Fault;
use schemas::events::Bar;
use schemas::{Day, Figure};
use std::collections::BTreeMap;

/// Bad rows of a file that are reported one by one; the others are counted.
const REPORTED_ROWS: usize = 20;
/// What is said of a file.
pub(super) struct Report<'a> {
    /// With its folder.
    pub(super) file: &'a str,
    bad_rows: usize,
    problems: Vec<DataProblem>,
}

impl Report<'_> {
    /// Nothing is said of `file` yet.
    pub(super) fn of(file: &str) -> Report<'_> {
        Report { file, bad_rows: 0, problems: Vec::new() }
    }

    /// Whether anything is wrong so far.
    pub(super) fn says_anything(&self) -> bool {
        !self.problems.is_empty()
    }

    /// All that is wrong, by line; `nothing` if the file has no row.
    pub(super) fn close(mut self, nothing: bool) -> Vec<DataProblem> {
        if self.bad_rows > REPORTED_ROWS {
            let more = self.bad_rows - REPORTED_ROWS;
            self.say(None, format!("{more} more rows are skipped or replaced"), "correct them");
        }
        if nothing {
            self.say(None, "there is no row below the first line".into(), "download it again");
        }
        self.problems.sort_by_key(|problem| problem.line.unwrap_or(u64::MAX));
        self.problems
    }

    /// Says it.
    pub(super) fn say(&mut self, line: Option<u64>, what: String, remedy: &str) {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        self.problems.push(DataProblem { file, line, what, remedy });
    }

    /// Says it of a row, unless too much was said already.
    pub(super) fn say_of_row(&mut self, line: u64, what: String, remedy: &str) {
        self.bad_rows += 1;
        if self.bad_rows <= REPORTED_ROWS {
            self.say(Some(line), what, remedy);
        }
    }

    /// Says that no row from a day on is read, for the fault in `line`, and keeps the reason for the `days`.
    pub(super) fn cut(
        &mut self,
        (line, from): (u64, Day),
        Fault { what, remedy }: Fault,
        days: impl Iterator<Item = Day>,
        into: &mut BTreeMap<Day, String>,
    ) {
        let reason = format!("{}:{line}: {what}", name_of(self.file));
        into.extend(days.map(|day| (day, reason.clone())));
        self.say(Some(line), format!("{what}; no row from {from} on is read"), &remedy);
    }

    /// Says that a row is no bar, and keeps the reason for its day.
    pub(super) fn refuse(
        &mut self,
        (line, day): (u64, Option<Day>),
        Fault { what, remedy }: Fault,
        into: &mut BTreeMap<Day, String>,
    ) {
        let row = day.map_or_else(|| "row".to_owned(), |day| format!("row of {day}"));
        if let Some(day) = day {
            let reason = format!("{}:{line}: {what}", name_of(self.file));
            into.entry(day).or_insert(reason);
        }
        self.say_of_row(line, format!("{what}; the {row} is skipped"), &remedy);
    }
}

/// The fault of a row that can be mended by hand.
pub(super) fn wrong(what: String) -> Fault {
    Fault::new(what, "correct the row or delete it")
}

/// The same in words.
pub(super) fn out_of_range(bar: &Bar, at: usize) -> String {
    let (high, low) = (Figure(bar.high), Figure(bar.low));
    match at {
        1 => format!("Open is {}, outside Low … High ({low} … {high})", Figure(bar.open)),
        4 => format!("Close is {}, outside Low … High ({low} … {high})", Figure(bar.close)),
        _ => format!("Low is {low}, above High ({high})"),
    }
}

/// A file's fault, as the reason of each of its days.
pub(super) fn fault_of_table(report: &mut Report<'_>, table: &mut PriceTable, fault: Fault) {
    table.bars.clear();
    table.refused.clear();
    table.reason = Some(fault.what.clone());
    report.say(None, fault.what, &fault.remedy);
}
