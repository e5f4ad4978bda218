//! The rows of one ticker on their way to a table: what only all of them tell. Order, two rows for
//! one day, a last row that is not finished, closes adjusted for dividends, an index in fractions, dates
//! that are shifted.

use super::super::poison::{Poison, Walk};
use super::clock::Time;
use super::price_table::{FileKind, PriceTable, Sessions};
use super::report::{Report, fault_of_table, out_of_range, wrong};
use super::shift::{Dates, weekday};
use super::split_cells::RowAction;
use super::splits::{ActionRow, Settled, settle};
use super::text::Fault;
use schemas::events::Bar;
use schemas::{Day, Figure};
use std::collections::BTreeMap;

/// A row that is a bar as far as it alone can tell.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The bar.
    pub(super) bar: Bar,
    /// The time of day in its date.
    pub(super) time: Option<Time>,
    /// Its close, and nothing else, lies outside low … high.
    pub(super) outside: bool,
}

/// A ticker's rows so far.
pub(super) struct Draft {
    /// Empty if only the file's name gives it.
    pub(super) ticker: String,
    /// Stock or index.
    pub(super) kind: FileKind,
    /// Days whose row is no bar, and why.
    pub(super) refused: BTreeMap<Day, String>,
    /// Splits and dividends.
    pub(super) actions: Vec<ActionRow>,
    /// Rows of days without a session: line and day.
    pub(super) closed: Vec<(u64, Day)>,
    rows: Vec<(u64, Row)>,
    outside: Vec<(u64, Bar)>,
}

/// Closes outside low … high from which on they are adjusted, not wrong one by one: how many, and one in how many rows.
const ADJUSTED: (usize, usize) = (10, 20);
/// Points that a close of the index can be.
pub(super) const LEVELS: std::ops::RangeInclusive<f64> = 5.0..=150.0;
/// Holidays with a row, and trading days without one, from which on the days are not those of the exchange.
const OTHER_DAYS: usize = 3;
/// Days with two rows that are named one by one; more are counted.
const SAID_OF_DAYS: usize = 3;
/// Days with several rows from which on a file is not one of daily prices: one in how many.
const INTRADAY: usize = 4;

impl Draft {
    /// No row yet.
    pub(super) fn of(ticker: &str, kind: FileKind) -> Draft {
        Draft {
            ticker: ticker.to_owned(),
            kind,
            refused: BTreeMap::new(),
            actions: Vec::new(),
            closed: Vec::new(),
            rows: Vec::new(),
            outside: Vec::new(),
        }
    }

    /// Takes a row.
    pub(super) fn take(&mut self, line: u64, row: Row) {
        if row.outside {
            self.outside.push((line, row.bar));
        } else {
            self.rows.push((line, row));
        }
    }

    /// The table of the rows; `report` hears what is wrong.
    pub(super) fn close(mut self, report: &mut Report<'_>, sessions: &Sessions) -> PriceTable {
        if let Some(poison) = sessions.poison {
            self.poison(poison, report.file);
        }
        let dates = (!self.closed.is_empty()).then(|| self.dates(sessions));
        if let Some(fault) = dates.as_ref().and_then(Dates::fault).or_else(|| self.fault()) {
            return worthless(report, fault);
        }
        if let Some(dates) = dates {
            self.say_closed(report, &dates, sessions);
        }
        for (line, bar) in std::mem::take(&mut self.outside) {
            let what = out_of_range(&bar, 4);
            report.refuse((line, Some(bar.bar_day)), wrong(what), &mut self.refused);
        }
        let sorted = self.sort();
        if let Some(fault) = self.intraday() {
            return worthless(report, fault);
        }
        if let Some((line, what)) = sorted {
            report.say(Some(line), what, "sort the file by date, oldest first");
        }
        self.drop_unfinished(report, sessions);
        if self.kind == FileKind::Index {
            self.drop_levels(report);
        }
        self.keep_last_of_day(report);
        let mut bars: Vec<Bar> = self.rows.into_iter().map(|(_, row)| row.bar).collect();
        let mut refused = self.refused;
        refused.retain(|day, _| bars.binary_search_by_key(day, |bar| bar.bar_day).is_err());
        let Settled { mut actions, mut readings, contradicted } = settle(&bars, self.actions);
        if let Some((line, from, fault)) = contradicted {
            let cut = bars.split_off(bars.partition_point(|bar| bar.bar_day < from));
            report.cut((line, from), fault, cut.iter().map(|bar| bar.bar_day), &mut refused);
            actions.retain(|action| action.effective_day < from);
            readings.retain(|reading| reading.day < from);
        }
        bars.shrink_to_fit(); // they were collected in the place of the rows, which are larger
        PriceTable { bars, actions, readings, refused, ..PriceTable::default() }
    }

    /// Puts a made-up future in place of the rows after a day; `file` is their file.
    fn poison(&mut self, poison: Poison, file: &str) {
        let name = if self.ticker.is_empty() { file } else { &self.ticker };
        let index = self.kind == FileKind::Index;
        let mut walk = Walk::of(poison, name, index);
        let actions = &mut self.actions;
        self.rows.retain_mut(|(line, row)| {
            let Some(change) = walk.on(row.bar.bar_day) else { return true };
            match index {
                true => change.apply_to_index(&mut row.bar),
                false => change.apply(&mut row.bar),
            }
            let split = change.split.filter(|_| !index).map(RowAction::Split);
            actions.extend(split.map(|split| (*line, row.bar.bar_day, split)));
            !change.dropped
        });
        self.outside.retain(|(_, bar)| bar.bar_day <= poison.after);
    }

    /// The days of all rows.
    fn dates<'a>(&self, sessions: &'a Sessions) -> Dates<'a> {
        let rows = self.rows.iter().map(|(_, row)| row.bar.bar_day);
        let outside = self.outside.iter().map(|(_, bar)| bar.bar_day);
        let open = rows.chain(outside).chain(self.refused.keys().copied());
        Dates::of(open, self.closed.iter().map(|(_, day)| *day), sessions)
    }

    fn say_closed(&self, report: &mut Report<'_>, dates: &Dates<'_>, sessions: &Sessions) {
        let Some((line, day)) = self.closed.first().copied() else { return };
        let (count, name, calendar) = (self.closed.len(), weekday(day), sessions.calendar);
        let of =
            if self.ticker.is_empty() { String::new() } else { format!(" of {}", self.ticker) };
        let what = if count == 1 {
            format!("{day} is a {name}, no trading day of {calendar}; the row{of} is skipped")
        } else {
            format!(
                "{count} rows{of} are of days on which {calendar} does not trade, the first of {day}, a {name}{}; they are skipped",
                self.of_another_exchange(dates)
            )
        };
        let remedy = if count == 1 { "delete the row" } else { "delete the rows" };
        let remedy = format!(
            "{remedy}, or set settings.calendar to none if the market does trade on such days"
        );
        report.say(Some(line), what, &remedy);
    }

    /// Where days of the week are right, holidays have rows and trading days have none: perhaps another exchange's.
    fn of_another_exchange(&self, dates: &Dates<'_>) -> String {
        let holidays = self.closed.iter().filter(|(_, day)| day.is_weekday()).count();
        let lacking = dates.lacking().count();
        if holidays.min(lacking) < OTHER_DAYS {
            return String::new();
        }
        format!(
            ", and {lacking} of its trading days have none: the dates are wrong, or the prices are of another exchange"
        )
    }

    /// What makes every row worthless.
    fn fault(&self) -> Option<Fault> {
        let (outside, all) = (self.outside.len(), self.rows.len() + self.outside.len());
        if self.kind == FileKind::Stock && outside >= ADJUSTED.0 && outside * ADJUSTED.1 >= all {
            return Some(Fault::new(
                "close seems adjusted for dividends, as many closes lie outside low … high; no row is read",
                "use raw closes, with an adjusted one beside them as Adj Close if you like",
            ));
        }
        let closes = || self.rows.iter().map(|(_, row)| row.bar.close);
        let wrong = closes().filter(|close| !LEVELS.contains(close)).count();
        if self.kind == FileKind::Index && wrong >= 2 && wrong * 2 > all {
            let (first, scaled) = (closes().next().unwrap_or_default(), |by: f64| {
                closes().filter(|close| LEVELS.contains(&(close * by))).count() * 2 > all
            });
            let (kind, remedy) = if scaled(100.0) {
                ("fractions", "write points, 100 times as much (16 for 0.16)")
            } else if scaled(0.01) {
                ("hundredths", "write points, a hundredth of it (16 for 1600)")
            } else {
                ("no points", "write the closes of the VIX in points")
            };
            return Some(Fault::new(
                format!(
                    "the closes of the index are {kind}, such as {}: {wrong} of {all} are outside 5 … 150; no row is read",
                    Figure(first)
                ),
                remedy,
            ));
        }
        None
    }

    /// Many days with rows that differ, or have times, are not daily prices of one stock.
    fn intraday(&self) -> Option<Fault> {
        let twice = self.rows.windows(2).filter(|pair| {
            let (one, other) = (&pair[0].1, &pair[1].1);
            let differ = one.time != other.time || one.bar.close != other.bar.close;
            one.bar.bar_day == other.bar.bar_day && differ
        });
        let twice = twice.count();
        (twice >= 5 && twice * INTRADAY >= self.rows.len()).then(|| {
            let what = "many days have several rows with different prices or times, so they are no daily prices of one stock; no row is read";
            Fault::new(what, "download daily prices, one row a day; several stocks in one file need a column Ticker")
        })
    }

    /// Sorts the rows by day; what is to be said of it, and of which line.
    fn sort(&mut self) -> Option<(u64, String)> {
        let day = |row: &(u64, Row)| row.1.bar.bar_day;
        if self.rows.is_sorted_by_key(day) {
            return None;
        }
        let newest_first = self.rows.is_sorted_by(|a, b| day(a) >= day(b));
        let mut pairs = self.rows.windows(2);
        let fallen = pairs.find(|pair| day(&pair[0]) > day(&pair[1])).filter(|_| !newest_first);
        let said = fallen.map(|pair| {
            let what = format!("{} comes after a later day; the rows were sorted", day(&pair[1]));
            (pair[1].0, what)
        });
        // Stable: of two rows for one day the one that was written later comes last, as in the file's own order.
        if newest_first {
            self.rows.reverse();
        }
        self.rows.sort_by_key(day);
        said
    }

    /// The last day's row is no bar if its time of day says that the market was open.
    fn drop_unfinished(&mut self, report: &mut Report<'_>, sessions: &Sessions) {
        while let Some((line, row)) = self.rows.last() {
            let (line, day) = (*line, row.bar.bar_day);
            let open = |time: &Time| time.seconds != 0 && self.is_open(*time, day, sessions);
            let Some(time) = row.time.filter(open) else { return };
            let close = sessions.calendar.close_of(day).local / 60;
            let what = format!(
                "the price of {day} is of {time}, before the close ({}:{:02} in New York), so the row is not finished",
                close / 60,
                close % 60
            );
            let _ = self.rows.pop();
            let fault = Fault::new(what, "download the file again after the close");
            report.refuse((line, Some(day)), fault, &mut self.refused);
        }
    }

    /// Whether the market is open at `time`: it is before the close, not midnight in New York and not the time of other
    /// rows, as written or, where a zone stands there, at the exchange.
    fn is_open(&self, time: Time, day: Day, sessions: &Sessions) -> bool {
        let left = |time: Time, day| {
            let close = sessions.calendar.close_of(day);
            (time.before(day, close), i64::from(close.local))
        };
        let (before, since_midnight) = left(time, day);
        if before <= 0 || before == since_midnight {
            return false;
        }
        let rows = self.rows[..self.rows.len() - 1].iter().rev();
        let mut usual = rows
            .filter_map(|(_, row)| Some((row.time?, row.bar.bar_day)))
            .filter(|(_, other)| *other < day)
            .take(300);
        !usual.any(|(other, on)| {
            other == time || {
                let (other, midnight) = left(other, on);
                midnight - other == since_midnight - before
            }
        })
    }

    fn drop_levels(&mut self, report: &mut Report<'_>) {
        let refused = &mut self.refused;
        self.rows.retain(|(line, row)| {
            let Bar { bar_day, close, .. } = row.bar;
            let valid = LEVELS.contains(&close);
            if !valid {
                let what =
                    format!("Close is {}, which is no level of the VIX (5 … 150)", Figure(close));
                report.refuse((*line, Some(bar_day)), wrong(what), refused);
            }
            valid
        });
    }

    fn keep_last_of_day(&mut self, report: &mut Report<'_>) {
        let mut kept: Vec<(u64, Row)> = Vec::with_capacity(self.rows.len());
        let mut twice: Vec<(Day, u64, u64)> = Vec::new();
        for (line, row) in self.rows.drain(..) {
            match kept.last_mut().filter(|(_, last)| last.bar.bar_day == row.bar.bar_day) {
                Some(last) => {
                    twice.push((row.bar.bar_day, last.0, line));
                    *last = (line, row);
                }
                None => kept.push((line, row)),
            }
        }
        self.rows = kept;
        let of =
            if self.ticker.is_empty() { String::new() } else { format!(" of {}", self.ticker) };
        // Of a file that is sorted newest first, the first.
        let place = |one: u64, kept: u64| if kept < one { "first" } else { "last" };
        let (first, many) = (twice.first().copied(), twice.len() > SAID_OF_DAYS);
        if let Some((day, one, other)) = first.filter(|_| many) {
            let what = format!(
                "{} rows{of} are second rows for their day, the first {day} in lines {} and {}; the {} of each day stands",
                twice.len(),
                one.min(other),
                one.max(other),
                place(one, other)
            );
            return report.say(Some(other), what, "delete the wrong ones");
        }
        for (day, one, line) in twice {
            let what = format!(
                "{day} has two rows, in lines {} and {}; that in line {line}, the {}, stands",
                one.min(line),
                one.max(line),
                place(one, line)
            );
            report.say_of_row(line, what, "delete the wrong one of the two");
        }
    }
}

/// A table of nothing, and why.
fn worthless(report: &mut Report<'_>, fault: Fault) -> PriceTable {
    let mut table = PriceTable::default();
    fault_of_table(report, &mut table, fault);
    table
}
