//! The time of an event: when the New York Stock Exchange closes on its trading day, by New York's clocks, whatever
//! calendar the run has. It is the timestamp of the record and the header `ce_time`; no decision depends on it.

use crate::{Day, TradingCalendar};
use std::cell::Cell;

/// The close of `day` in milliseconds since 1970.
pub fn close_ms(day: Day) -> i64 {
    close(day) * 1_000
}

/// The close of `day` as CloudEvents write a time. It is on the same day in Greenwich.
pub(crate) fn close_text(day: Day) -> String {
    let seconds = close(day) - i64::from(day.0) * 86_400;
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Asks the calendar once for all events of a day that come one after the other.
fn close(day: Day) -> i64 {
    thread_local! {
        static LAST: Cell<Option<(Day, i64)>> = const { Cell::new(None) };
    }
    match LAST.get() {
        Some((last, close)) if last == day => close,
        _ => {
            let close = TradingCalendar::Nyse.close_of(day).utc;
            LAST.set(Some((day, close)));
            close
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn an_event_has_the_time_of_its_days_close_in_new_york() {
        for (day, close) in [
            ("2018-06-29", "2018-06-29T20:00:00Z"),
            ("2018-07-03", "2018-07-03T17:00:00Z"),
            ("2018-01-05", "2018-01-05T21:00:00Z"),
            ("2018-11-23", "2018-11-23T18:00:00Z"),
            ("1999-01-04", "1999-01-04T21:00:00Z"),
            ("2006-03-15", "2006-03-15T21:00:00Z"),
            ("2007-03-15", "2007-03-15T20:00:00Z"),
        ] {
            let day: Day = day.parse().unwrap();
            assert_eq!(close_text(day), close);
            let time = DateTime::parse_from_rfc3339(close).unwrap();
            assert_eq!(close_ms(day), time.timestamp_millis(), "{day}");
        }
    }

    #[test]
    fn days_at_the_ends_of_time_are_no_panic() {
        for day in [Day(i32::MIN), Day(i32::MAX)] {
            assert!(close_ms(day) != 0 && !close_text(day).is_empty());
        }
    }
}
