//! How old an input was when a decision was made.

use schemas::{Day, TradingCalendar};

/// Trading days after `from` up to `to`; 0 where `to` is not later.
pub(super) fn trading_days(calendar: TradingCalendar, from: Day, to: Day) -> i32 {
    let days = (from.0.saturating_add(1)..=to.0).map(Day);
    // Without an exchange any day may have traded, and weekdays were expected to.
    days.filter(|day| calendar.is_session(*day) && calendar.is_expected(*day)).count() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_holidays_are_no_trading_days() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let (friday, tuesday) = (day("2018-08-31"), day("2018-09-04"));
        assert_eq!(trading_days(TradingCalendar::Nyse, friday, tuesday), 1, "Labor Day");
        assert_eq!(trading_days(TradingCalendar::None, friday, tuesday), 2);
        assert_eq!(trading_days(TradingCalendar::Nyse, tuesday, friday), 0);
    }
}
