//! Dates that are not those of their prices: a time zone has moved each to the day before, or all are
//! some weeks off. Each row alone shows at most that it is of no trading day; all together show the shift.

use super::price_table::Sessions;
use super::text::Fault;
use schemas::Day;
use std::collections::BTreeSet;

/// Weeks with a row of the weekend and none of its trading day from which on the dates are shifted, not the rows stray.
const WEEKS: usize = 3;
/// Rows without a session, and with them sessions without a row, that must be there before any other shift is tried.
const LEAST_CLOSED: usize = 2;
const LEAST: usize = 4;
/// A shift explains the dates if it leaves this share of what does not fit.
const LEFT: usize = 5;
/// Shifts that are tried, days: a month to either side, and 52 weeks.
const FURTHEST: i32 = 31;
const YEAR: i32 = 364;

const WEEK: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The day of the week, as in `Sunday`.
pub(super) fn weekday(day: Day) -> &'static str {
    WEEK[day.weekday() as usize % 7]
}

/// The days of a ticker's rows beside those of its exchange.
pub(super) struct Dates<'a> {
    all: BTreeSet<Day>,
    closed: usize,
    sessions: &'a Sessions,
}

impl<'a> Dates<'a> {
    /// Of rows on `open` days and on `closed` ones, on which the exchange does not trade.
    pub(super) fn of(
        open: impl Iterator<Item = Day>,
        closed: impl Iterator<Item = Day>,
        sessions: &'a Sessions,
    ) -> Dates<'a> {
        let mut all: BTreeSet<Day> = open.collect();
        let before = all.len();
        all.extend(closed);
        Dates { closed: all.len() - before, all, sessions }
    }

    /// The trading days between the first row and the last that have none.
    pub(super) fn lacking(&self) -> impl Iterator<Item = Day> + '_ {
        let ends = self.all.first().zip(self.all.last());
        let days = ends.into_iter().flat_map(|(first, last)| (first.0..=last.0).map(Day));
        days.filter(|day| self.sessions.requires(*day) && !self.all.contains(day))
    }

    /// What is wrong with all of the dates.
    pub(super) fn fault(&self) -> Option<Fault> {
        if self.closed < LEAST_CLOSED {
            return None;
        }
        self.by_weeks().or_else(|| self.by_days())
    }

    /// Weeks that run from Sunday to Thursday, or from Tuesday to Saturday; perhaps not all of the file's, as a clock
    /// that is put forward in spring may be what moves the dates.
    fn by_weeks(&self) -> Option<Fault> {
        let shifted = |row: u32, open: i32| -> Vec<Day> {
            let lacks = |day: &Day| !self.all.contains(day) && self.sessions.requires(*day);
            let rows = self.all.iter().filter(|day| day.weekday() == row);
            rows.filter(|day| lacks(&(**day + open))).copied().collect()
        };
        let (early, late) = (shifted(6, 5), shifted(5, -5));
        let (weeks, row, open, moved, by) = if early.len() >= late.len() {
            (early, "Sunday", "Friday", "early", "add a day to")
        } else {
            (late, "Saturday", "Monday", "late", "take a day from")
        };
        if weeks.len() < WEEKS {
            return None;
        }
        let (count, first) = (weeks.len(), weeks[0]);
        let what = format!(
            "the dates are a day {moved}: in {count} weeks {row} has a row and {open} has none, first on {first}; no row is read"
        );
        Some(fault(what, by))
    }

    fn by_days(&self) -> Option<Fault> {
        let lacking = self.lacking().count();
        let wrong = self.closed + lacking;
        if lacking < LEAST_CLOSED || wrong < LEAST {
            return None;
        }
        let tried = (1..=FURTHEST).flat_map(|by| [by, -by]).chain([YEAR, -YEAR]);
        let (left, by) = tried.map(|by| (self.misfit(by), by)).min_by_key(|(left, _)| *left)?;
        if left * LEFT > wrong {
            return None;
        }
        let (days, moved) = (by.abs(), if by > 0 { "early" } else { "late" });
        let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
        let what = format!(
            "the dates are {days} {moved}: {} rows are of days on which {} does not trade, and {} of its trading days have none; no row is read",
            self.closed, self.sessions.calendar, lacking
        );
        let remedy = if by > 0 { format!("add {days} to") } else { format!("take {days} from") };
        Some(fault(what, &remedy))
    }

    /// Rows without a session and sessions without a row, were all dates `by` days later.
    fn misfit(&self, by: i32) -> usize {
        let ends = self.all.first().zip(self.all.last());
        let days = ends.into_iter().flat_map(|(first, last)| (first.0..=last.0).map(Day));
        days.filter(|day| {
            let moved = *day + by;
            match self.all.contains(day) {
                true => !self.sessions.has(moved),
                false => self.sessions.requires(moved),
            }
        })
        .count()
    }
}

fn fault(what: String, by: &str) -> Fault {
    Fault::new(
        what,
        format!("{by} each date, or download the file again; a time zone often does this"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::TradingCalendar;

    /// The dates of the trading days of 2017, each moved, without the first of them and those that `skip`.
    fn check(moved: impl Fn(Day) -> Day, expected: &str) {
        let sessions = Sessions::of(TradingCalendar::Nyse);
        let year = Day::from_ymd(2017, 1, 1).unwrap().0..Day::from_ymd(2018, 1, 1).unwrap().0;
        let days: Vec<Day> =
            year.map(Day).filter(|day| sessions.requires(*day)).map(moved).collect();
        let (open, closed): (Vec<Day>, Vec<Day>) =
            days.into_iter().partition(|day| sessions.has(*day));
        let dates = Dates::of(open.into_iter(), closed.into_iter(), &sessions);
        let said = dates.fault().map(|fault| format!("{}; {}", fault.what, fault.remedy));
        let said = said.unwrap_or_default();
        assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{said}");
    }

    #[test]
    fn dates_that_are_shifted_together_are_told_from_stray_rows() {
        check(|day| day, "");
        check(|day| day + -1, "the dates are a day early: in 45 weeks Sunday has a row and Friday");
        check(|day| day + 1, "the dates are a day late: in 4");
        // In summer alone, by an hour that the clock was put forward.
        let summer = |day: Day| (4..=10).contains(&day.ymd().1);
        check(
            |day| if summer(day) { day + -1 } else { day },
            "the dates are a day early: in 27 weeks",
        );
        check(|day| day + 7, "the dates are 7 days late: ");
        check(|day| day + -364, "the dates are 364 days early: ");
        // Two Saturdays in place of the Mondays before them.
        let stray = [Day::from_ymd(2017, 5, 8).unwrap(), Day::from_ymd(2017, 6, 5).unwrap()];
        check(|day| if stray.contains(&day) { day + 5 } else { day }, "");
    }
}
