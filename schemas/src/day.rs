//! A calendar day. Every event carries the trading day being processed; no decision reads a clock.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// Days since 1970-01-01 (the Avro `date` logical type).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Day(pub i32);

/// A number in binary formats (Avro, saved state), `2018-06-29` in human-readable ones.
impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i32(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            i32::deserialize(deserializer).map(Day)
        }
    }
}

const EPOCH_FROM_CE: i32 = 719_163;

impl Day {
    /// The day of a civil date; `None` if the date does not exist.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        NaiveDate::from_ymd_opt(year, month, day).map(Day::of)
    }

    fn of(date: NaiveDate) -> Day {
        Day(date.num_days_from_ce() - EPOCH_FROM_CE)
    }

    fn civil(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(EPOCH_FROM_CE))
            .unwrap_or(NaiveDate::MAX)
    }

    /// (year, month 1–12, day 1–31).
    pub fn ymd(self) -> (i32, u32, u32) {
        let date = self.civil();
        (date.year(), date.month(), date.day())
    }

    /// 0 = Monday … 6 = Sunday.
    pub fn weekday(self) -> u32 {
        self.civil().weekday().num_days_from_monday()
    }

    /// Whether it is a day from Monday to Friday.
    pub fn is_weekday(self) -> bool {
        self.weekday() < 5
    }

    /// The first day on or after this one that is a Friday.
    pub fn friday_on_or_after(self) -> Day {
        self + ((4 + 7 - self.weekday() as i32) % 7)
    }

    /// The first Monday-to-Friday day after this one.
    pub fn next_weekday(self) -> Day {
        let mut day = self + 1;
        while !day.is_weekday() {
            day = day + 1;
        }
        day
    }
}

/// Saturates, so that a forged date is wrong but never a panic.
impl Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl Sub<Day> for Day {
    type Output = i32;
    fn sub(self, other: Day) -> i32 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

/// The text is not a date of the form `2018-06-29`.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a date; write it as 2018-06-29")]
pub struct NotADate(String);

impl FromStr for Day {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Day, NotADate> {
        NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
            .map(Day::of)
            .map_err(|_| NotADate(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_1970() {
        assert_eq!(Day::from_ymd(1970, 1, 1), Some(Day(0)));
        let day: Day = "2018-06-29".parse().unwrap();
        assert_eq!((day.weekday(), day.to_string().as_str()), (4, "2018-06-29"));
        assert_eq!(day.friday_on_or_after(), day);
        assert_eq!((day + 1).friday_on_or_after(), day + 7);
        assert_eq!(day.next_weekday(), day + 3);
        assert!("29/06/2018".parse::<Day>().is_err());
    }

    #[test]
    fn days_at_the_ends_of_time_are_no_panic() {
        for day in [Day(i32::MIN), Day(i32::MAX)] {
            assert_eq!(day - day, 0);
            assert!(Day(i32::MAX) - Day(i32::MIN) == i32::MAX && !day.to_string().is_empty());
            assert!((day + -1) <= day && (day + 1) >= day);
            assert!(day.friday_on_or_after() >= day && day.weekday() < 7);
        }
    }
}
