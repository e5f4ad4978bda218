//! The exchange's trading days. Expiry, evaluation and exit days follow it, and a market's days are checked against
//! it, so that no weekend row or filled holiday becomes a trading day.

use crate::Day;
use chrono::NaiveDate;
use exchange_hours::{Exchange, SessionKind, calendar_for_exchange};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// A calendar by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum TradingCalendar {
    /// The New York Stock Exchange: its own days from 2010 to 2028, every weekday outside these years.
    #[default]
    Nyse,
    /// No exchange: every weekday is expected to trade, and any day with a bar did.
    None,
}

/// The end of a trading day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Close {
    /// Seconds since midnight in the exchange's own time.
    pub local: u32,
    /// Seconds since 1970 in Greenwich.
    pub utc: i64,
}

/// The years of which the library has the NYSE's days.
const YEARS: std::ops::RangeInclusive<i32> = 2010..=2028;
const N_YEARS: usize = (*YEARS.end() - *YEARS.start() + 1) as usize;
/// Weekdays on which the NYSE was closed though it was announced at most a few days before: hurricane Sandy and two
/// days of mourning. On the days before, they were trading days like any other.
const UNFORESEEN: [(i32, u32, u32); 4] =
    [(2012, 10, 29), (2012, 10, 30), (2018, 12, 5), (2025, 1, 9)];
/// Of these, the one that the library takes for a trading day.
const LACKING: (i32, u32, u32) = (2018, 12, 5);

impl TradingCalendar {
    /// Every calendar.
    pub const ALL: [TradingCalendar; 2] = [TradingCalendar::Nyse, TradingCalendar::None];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            TradingCalendar::Nyse => "NYSE",
            TradingCalendar::None => "none",
        }
    }

    /// Whether the exchange traded on `day`, or is to trade then. Without an exchange, any day may have traded.
    pub fn is_session(self, day: Day) -> bool {
        match self {
            TradingCalendar::None => true,
            TradingCalendar::Nyse => day.ymd() != LACKING && nyse(day),
        }
    }

    /// Whether a market must have had a bar on `day`: it is known that the exchange traded. Outside the years that
    /// the calendar has, and without an exchange, nothing is known.
    pub fn requires(self, day: Day) -> bool {
        self == TradingCalendar::Nyse && YEARS.contains(&day.ymd().0) && self.is_session(day)
    }

    /// Whether `day` was expected to trade on the days before it: a closure that nobody foresaw is not known yet.
    pub fn is_expected(self, day: Day) -> bool {
        match self {
            TradingCalendar::None => day.is_weekday(),
            TradingCalendar::Nyse => UNFORESEEN.contains(&day.ymd()) || self.is_session(day),
        }
    }

    /// The first day after `day` that is expected to trade, as known on `day`.
    pub fn next_expected(self, day: Day) -> Day {
        self.search(day + 1, 1)
    }

    /// The last day up to `day`, inclusive, that was expected to trade.
    pub fn expected_on_or_before(self, day: Day) -> Day {
        self.search(day, -1)
    }

    /// When the exchange closes on `day`. Without an exchange, and outside the years of its calendar, at 16:00 in New
    /// York.
    pub fn close_of(self, day: Day) -> Close {
        let midnight = i64::from(day.0) * 86_400 + behind_greenwich(day);
        let known = (self == TradingCalendar::Nyse).then(|| nyse_close(day)).flatten();
        let utc = known.unwrap_or(midnight + 16 * 3_600);
        Close { local: u32::try_from(utc - midnight).unwrap_or(0), utc }
    }

    fn search(self, mut day: Day, step: i32) -> Day {
        // The longest closure since 2010 is four days; the bound is for days at the ends of time.
        for _ in 0..14 {
            if self.is_expected(day) {
                break;
            }
            day = day + step;
        }
        day
    }
}

/// Whether the NYSE traded on each day of a year, looked up once: the library asks a time zone each time, and every
/// position is asked for its dates on every day.
static NYSE_DAYS: [OnceLock<Vec<bool>>; N_YEARS] = [const { OnceLock::new() }; N_YEARS];

fn nyse(day: Day) -> bool {
    let (year, _, _) = day.ymd();
    let place = usize::try_from(year - YEARS.start()).ok();
    let (Some(days), Some(first)) =
        (place.and_then(|place| NYSE_DAYS.get(place)), Day::from_ymd(year, 1, 1))
    else {
        return day.is_weekday();
    };
    let days = days.get_or_init(|| (0..366).map(|more| nyse_by_library(first + more)).collect());
    usize::try_from(day.0 - first.0)
        .ok()
        .and_then(|place| days.get(place))
        .copied()
        .unwrap_or(false)
}

fn nyse_by_library(day: Day) -> bool {
    let (year, month, date) = day.ymd();
    let closed = NaiveDate::from_ymd_opt(year, month, date).map(|date| {
        calendar_for_exchange(Exchange::Nyse).is_closed_trade_date(date, SessionKind::Regular)
    });
    match closed {
        Some(Ok(closed)) => !closed,
        // Outside the years that the library covers.
        Some(Err(_)) | None => day.is_weekday(),
    }
}

fn nyse_close(day: Day) -> Option<i64> {
    let (year, month, date) = day.ymd();
    // Noon in Greenwich is in the morning of the same day in New York.
    let noon = NaiveDate::from_ymd_opt(year, month, date)?.and_hms_opt(12, 0, 0)?.and_utc();
    let exchange = calendar_for_exchange(Exchange::Nyse);
    let (open, close) = exchange.session_bounds_with(noon, SessionKind::Regular).ok()??;
    (open.date_naive() == noon.date_naive()).then(|| close.timestamp())
}

/// Seconds that New York's clocks are behind Greenwich on `day`. Summer time is from the second Sunday of March to the
/// first of November since 2007; the rules before it are those of the time zone database, from 1967 on.
fn behind_greenwich(day: Day) -> i64 {
    let (year, _, _) = day.ymd();
    let date = |month, date| Day::from_ymd(year, month, date).unwrap_or(day);
    let sunday_from = |day: Day| day + (6 - day.weekday() as i32);
    // The last Sunday of April and of October.
    let (last_of_april, last_of_october) = (sunday_from(date(4, 24)), sunday_from(date(10, 25)));
    let (begins, ends) = match year {
        2007.. => (sunday_from(date(3, 8)), sunday_from(date(11, 1))),
        1987.. => (sunday_from(date(4, 1)), last_of_october),
        1975 => (date(2, 23), last_of_october),
        1974 => (date(1, 6), last_of_october),
        _ => (last_of_april, last_of_october),
    };
    if day >= begins && day < ends { 4 * 3_600 } else { 5 * 3_600 }
}

impl fmt::Display for TradingCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a calendar.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a calendar; write NYSE or none")]
pub struct NotACalendar(String);

impl From<TradingCalendar> for String {
    fn from(calendar: TradingCalendar) -> String {
        calendar.name().to_owned()
    }
}

impl TryFrom<String> for TradingCalendar {
    type Error = NotACalendar;
    fn try_from(text: String) -> Result<TradingCalendar, NotACalendar> {
        text.parse()
    }
}

impl FromStr for TradingCalendar {
    type Err = NotACalendar;
    fn from_str(text: &str) -> Result<TradingCalendar, NotACalendar> {
        let found = TradingCalendar::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| NotACalendar(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Every weekday of 2010 to 2028 without a session, by `exchange_calendars` (tests/golden/calendar_reference.py).
    #[test]
    fn the_nyse_is_closed_on_the_days_of_the_reference() {
        let closed: Vec<Day> = include_str!("../tests/golden/nyse_closed.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(day)
            .collect();
        let (mut at, end) = (day("2010-01-01"), day("2028-12-31"));
        while at <= end {
            let expected = at.is_weekday() && !closed.contains(&at);
            assert_eq!(TradingCalendar::Nyse.is_session(at), expected, "{at}");
            at = at + 1;
        }
    }

    #[test]
    fn a_closure_that_nobody_foresaw_is_expected_to_trade_until_its_day() {
        let nyse = TradingCalendar::Nyse;
        let mourning = day("2018-12-05");
        assert!(!nyse.is_session(mourning) && nyse.is_expected(mourning));
        assert_eq!(nyse.next_expected(day("2018-12-04")), mourning);
        assert_eq!(nyse.next_expected(day("2012-10-26")), day("2012-10-29"));
        // Good Friday was known.
        assert_eq!(nyse.expected_on_or_before(day("2018-03-30")), day("2018-03-29"));
        assert_eq!(nyse.next_expected(day("2018-03-29")), day("2018-04-02"));
    }

    #[test]
    fn without_an_exchange_every_day_may_trade_and_weekdays_are_expected() {
        let none = TradingCalendar::None;
        let saturday = day("2018-06-30");
        assert!(none.is_session(saturday) && !none.is_expected(saturday));
        let friday = day("2018-06-29");
        assert!(TradingCalendar::Nyse.requires(friday) && !none.requires(friday));
        assert!(!TradingCalendar::Nyse.requires(day("2005-06-30")), "outside its years");
        assert_eq!(none.next_expected(day("2018-06-29")), day("2018-07-02"));
        assert_eq!(none.expected_on_or_before(saturday), day("2018-06-29"));
    }

    /// Every weekday of 1970 to 2037 by `exchange_calendars` and `zoneinfo` (tests/golden/close_reference.py).
    #[test]
    fn the_close_is_that_of_the_reference_in_every_year() {
        let changes: Vec<(Day, i64)> = include_str!("../tests/golden/nyse_close.txt")
            .lines()
            .filter_map(|line| line.split_once(' ').filter(|_| !line.starts_with('#')))
            .map(|(from, minutes)| (day(from), minutes.parse().unwrap()))
            .collect();
        let (mut at, end) = (day("1970-01-01"), day("2037-12-31"));
        while at <= end {
            let next = changes.partition_point(|(from, _)| *from <= at);
            let close = i64::from(at.0) * 86_400 + changes[next - 1].1 * 60;
            assert_eq!(TradingCalendar::Nyse.close_of(at).utc, close, "{at}");
            at = at.next_weekday();
        }
    }

    #[test]
    fn the_close_is_the_exchanges_own_on_half_days_and_in_summer_and_winter() {
        let utc = |calendar: TradingCalendar, text: &str| {
            let day = day(text);
            (calendar.close_of(day).utc - i64::from(day.0) * 86_400) / 60
        };
        for (day, close) in [
            ("2018-06-29", 20 * 60),
            ("2018-01-05", 21 * 60),
            ("2018-07-03", 17 * 60),
            ("2018-11-23", 18 * 60),
            ("2018-03-09", 21 * 60),
            ("2018-03-12", 20 * 60),
            ("2018-11-02", 20 * 60),
            ("2018-11-05", 21 * 60),
            // Outside the years of the calendar.
            ("2008-06-30", 20 * 60),
            ("2008-12-01", 21 * 60),
        ] {
            assert_eq!(utc(TradingCalendar::Nyse, day), close, "{day}");
        }
        assert_eq!(utc(TradingCalendar::None, "2018-07-03"), 20 * 60);
        assert_eq!(TradingCalendar::Nyse.close_of(day("2018-07-03")).local, 13 * 3_600);
        assert_eq!(TradingCalendar::Nyse.close_of(day("2018-01-05")).local, 16 * 3_600);
        let _ = [Day(i32::MIN), Day(i32::MAX)].map(|end| TradingCalendar::Nyse.close_of(end));
    }

    #[test]
    fn names_are_read_whatever_their_case_and_days_at_the_ends_of_time_are_no_panic() {
        assert_eq!("nyse".parse::<TradingCalendar>().unwrap(), TradingCalendar::Nyse);
        assert_eq!("none".parse::<TradingCalendar>().unwrap(), TradingCalendar::None);
        assert!("LSE".parse::<TradingCalendar>().is_err());
        for end in [Day(i32::MIN), Day(i32::MAX)] {
            let nyse = TradingCalendar::Nyse;
            assert!(nyse.next_expected(end) >= end && nyse.expected_on_or_before(end) <= end);
        }
    }
}
