//! The rows of one ticker on their way to a table: what only all of them tell. Order, two rows for
//! one day, a last row that is not finished, closes adjusted for dividends, an index in fractions, dates
//! that are shifted.

use super::dates::Time;
use super::price_table::{FileKind, PriceTable, Sessions};
use super::report::{Report, fault_of_table, out_of_range, wrong};
use super::shift::{Dates, weekday};
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
        let dates = (!self.closed.is_empty()).then(|| self.dates(sessions));
        if let Some(fault) = dates.as_ref().and_then(Dates::fault).or_else(|| self.fault()) {
            let mut table = PriceTable::default();
            fault_of_table(report, &mut table, fault);
            return table;
        }
        if let Some(dates) = dates {
            self.say_closed(report, &dates, sessions);
        }
        for (line, bar) in std::mem::take(&mut self.outside) {
            let what = out_of_range(&bar, 4);
            report.refuse((line, Some(bar.bar_day)), wrong(what), &mut self.refused);
        }
        self.sort(report);
        self.drop_unfinished(report);
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
        PriceTable { bars, actions, readings, refused, ..PriceTable::default() }
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
        self.intraday()
    }

    fn intraday(&self) -> Option<Fault> {
        let timed: Vec<Day> = self
            .rows
            .iter()
            .filter(|(_, row)| row.time.is_some())
            .map(|(_, row)| row.bar.bar_day)
            .collect();
        let twice = timed.windows(2).filter(|pair| pair[0] == pair[1]).count();
        (twice >= 5 && twice * INTRADAY >= self.rows.len()).then(|| {
            let what = "the days have several rows with times, so the prices are not daily; no row is read";
            Fault::new(what, "download daily prices, one row a day")
        })
    }

    fn sort(&mut self, report: &mut Report<'_>) {
        let day = |row: &(u64, Row)| row.1.bar.bar_day;
        if self.rows.is_sorted_by_key(day) {
            return;
        }
        let newest_first = self.rows.is_sorted_by(|a, b| day(a) >= day(b));
        if let Some(pair) = self
            .rows
            .windows(2)
            .find(|pair| day(&pair[0]) > day(&pair[1]))
            .filter(|_| !newest_first)
        {
            let what = format!("{} comes after a later day; the rows were sorted", day(&pair[1]));
            report.say(Some(pair[1].0), what, "sort the file by date, oldest first");
        }
        // Stable: of two rows for one day the last in the file comes last.
        self.rows.sort_by_key(day);
    }

    /// The last day's row is no bar if its time of day says that the market was open.
    fn drop_unfinished(&mut self, report: &mut Report<'_>) {
        while let Some((line, row)) = self.rows.last() {
            let (line, day) = (*line, row.bar.bar_day);
            let Some(time) = row.time.filter(|time| self.is_open(*time, day)) else { return };
            let (hours, minutes) = (time.seconds / 3600, time.seconds / 60 % 60);
            let what = format!(
                "the price of {day} is of {hours:02}:{minutes:02}, before the close, so the row is not finished"
            );
            let _ = self.rows.pop();
            let fault = Fault::new(what, "download the file again after the close");
            report.refuse((line, Some(day)), fault, &mut self.refused);
        }
    }

    /// Whether the market is open at `time`: it is not midnight, not after the close and not the time of other rows,
    /// which a change to daylight saving time moves by an hour.
    fn is_open(&self, time: Time, day: Day) -> bool {
        let summer = (4..=10).contains(&day.ymd().1);
        let close = match (time.utc, summer) {
            (false, _) => 16,
            (true, true) => 20,
            (true, false) => 21,
        } * 3600;
        let before = &self.rows[..self.rows.len() - 1];
        let usual =
            before.iter().rev().filter_map(|(_, row)| row.time.filter(|_| row.bar.bar_day < day));
        let same = |other: Time| [0, 3600].contains(&other.seconds.abs_diff(time.seconds));
        time.seconds != 0 && time.seconds < close && !usual.take(300).any(same)
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
        for (line, row) in self.rows.drain(..) {
            match kept.last_mut().filter(|(_, last)| last.bar.bar_day == row.bar.bar_day) {
                Some(last) => {
                    let what = format!(
                        "{} has two rows, in lines {} and {line}; that in line {line}, the last, stands",
                        row.bar.bar_day, last.0
                    );
                    report.say_of_row(line, what, "delete the wrong one of the two");
                    *last = (line, row);
                }
                None => kept.push((line, row)),
            }
        }
        self.rows = kept;
    }
}
