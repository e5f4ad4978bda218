//! When a butterfly ends: expiry and evaluation day, on the days that the exchange's calendar
//! expects to trade, never on whatever days the files hold.

use schemas::{Day, TradingCalendar};
use serde::{Deserialize, Serialize};

/// When a butterfly ends; decided before its strikes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The first Friday at least the target number of days ahead, or the last trading day before
    /// it where that Friday is a holiday.
    pub expiry: Day,
    /// Expiry − 7 days for a target of 30 or 45, otherwise − 3, or the last trading day before it:
    /// the position is marked at the last bar on or before it.
    pub evaluation_day: Day,
    /// Calendar days from the scan to expiry.
    pub dte: i32,
    /// h: trading days from the scan to the evaluation date, ⌊days × 252/365 + ½⌋.
    pub horizon: i32,
}

impl Term {
    /// The term for a scan on `day` with a dominant period in trading days: target 21 days
    /// below a period of 20, 30 below 40, else 45. Days are those that `calendar` expects to trade:
    /// a closure that nobody foresaw moves nothing. By the target, not by `dte`: a holiday makes
    /// a target of 30 days 29.
    pub fn of(day: Day, dominant_period: f64, calendar: TradingCalendar) -> Term {
        let (target, before_expiry) = match dominant_period {
            p if p < 20.0 => (21, 3),
            p if p < 40.0 => (30, 7),
            _ => (45, 7),
        };
        let expiry = calendar.expected_on_or_before((day + target).friday_on_or_after());
        let evaluation_day = calendar.expected_on_or_before(expiry + -before_expiry);
        let horizon = (f64::from(evaluation_day - day) * 252.0 / 365.0 + 0.5).floor() as i32;
        Term { expiry, evaluation_day, dte: expiry - day, horizon }
    }

    /// The latest evaluation day that a butterfly chosen on `day` can have.
    pub fn longest(day: Day, calendar: TradingCalendar) -> Day {
        Term::of(day, f64::INFINITY, calendar).evaluation_day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_term_is_a_friday_and_its_evaluation_a_trading_week_or_three_days_before() {
        // From Friday 2018-06-29: period, days to expiry, days to evaluation, trading days.
        for (period, dte, evaluation, h) in
            [(14.0, 21, 18, 12), (36.0, 35, 28, 19), (42.0, 49, 42, 29)]
        {
            let day: Day = "2018-06-29".parse().unwrap();
            for calendar in TradingCalendar::ALL {
                let term = Term::of(day, period, calendar);
                let found = (term.dte, term.evaluation_day - day, term.horizon);
                assert_eq!(found, (dte, evaluation, h), "{calendar}");
                assert_eq!(term.expiry.weekday(), 4);
            }
        }
    }

    /// Scan day, period, expiry, evaluation day, trading days to it; worked out by hand from the
    /// NYSE's published holidays.
    const AROUND_HOLIDAYS: [(&str, f64, &str, &str, i32); 9] = [
        // Good Friday 2018-03-30 moves the expiry to Thursday; 20 days ahead of a target of 21.
        ("2018-03-09", 14.0, "2018-03-29", "2018-03-26", 12),
        // 29 days ahead of a target of 30: by the target it is evaluated a week before.
        ("2018-02-28", 36.0, "2018-03-29", "2018-03-22", 15),
        ("2018-02-13", 42.0, "2018-03-29", "2018-03-22", 26),
        // Evaluated on Good Friday: on the day before.
        ("2018-03-07", 36.0, "2018-04-06", "2018-03-29", 15),
        // The day after Thanksgiving 2018 trades, if only until 13:00.
        ("2018-11-01", 14.0, "2018-11-23", "2018-11-20", 13),
        ("2018-10-31", 36.0, "2018-11-30", "2018-11-23", 16),
        // The day of mourning 2018-12-05 was known to nobody.
        ("2018-11-14", 14.0, "2018-12-07", "2018-12-04", 14),
        // Juneteenth 2026 is a Friday; in 2018 nobody kept it.
        ("2026-05-28", 14.0, "2026-06-18", "2026-06-15", 12),
        ("2018-05-25", 14.0, "2018-06-15", "2018-06-12", 12),
    ];

    #[test]
    fn a_holiday_moves_expiry_and_evaluation_to_the_trading_day_before() {
        for (day, period, expiry, evaluation, horizon) in AROUND_HOLIDAYS {
            let scanned: Day = day.parse().unwrap();
            let term = Term::of(scanned, period, TradingCalendar::Nyse);
            let days = (term.expiry.to_string(), term.evaluation_day.to_string());
            assert_eq!(days, (expiry.to_owned(), evaluation.to_owned()), "{day}");
            assert_eq!((term.horizon, term.dte), (horizon, term.expiry - scanned), "{day}");
        }
    }

    #[test]
    fn the_calendar_only_ever_brings_days_forward_and_weekdays_are_as_without_it() {
        let first: Day = "2010-01-01".parse().unwrap();
        for day in (0..6_900).map(|n| first + n).filter(|day| day.is_weekday()) {
            for period in [14.0, 36.0, 42.0] {
                let weekdays = Term::of(day, period, TradingCalendar::None);
                // As the rule was before there was a calendar.
                let before = if weekdays.dte >= 30 { 7 } else { 3 };
                assert_eq!(weekdays.expiry - weekdays.evaluation_day, before);
                let nyse = Term::of(day, period, TradingCalendar::Nyse);
                assert!(nyse.expiry <= weekdays.expiry && nyse.expiry > nyse.evaluation_day);
                assert!(nyse.evaluation_day <= weekdays.evaluation_day);
                assert!(nyse.evaluation_day > day && nyse.horizon >= 9, "{day} {period}");
                assert!(nyse.evaluation_day <= Term::longest(day, TradingCalendar::Nyse));
            }
        }
    }
}
