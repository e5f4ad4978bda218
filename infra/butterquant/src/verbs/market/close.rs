//! `market close`: lets the source publish a day of the market without what it still lacks.

use crate::arg_ranges::date;
use crate::exit::Found;
use crate::operator::{Given, publish};
use anyhow::{Result, ensure};
use run::config::Config;
use run::data_dir;
use schemas::events::{Controls, DayReleased};
use schemas::{Day, TradingCalendar};
use std::time::{SystemTime, UNIX_EPOCH};

/// Trading days after the run's last one that can be closed ahead.
const AHEAD: usize = 10;

/// Arguments of `market close`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Day that need not be complete, as `status` names it
    #[arg(value_name = "DATE", value_parser = date)]
    pub day: Day,
    #[command(flatten)]
    pub given: Given,
}

/// Publishes the word on `controls`.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let Args { day, given } = args;
    let run = config.this_run()?;
    {
        let opened = data_dir::reach(&run)?;
        let begun = shell::open::opened(&*opened.log)?;
        let Some(begun) = begun else { return Err(data_dir::no_run(&run)) };
        let partitions = data_dir::partitions(&*opened.log)?;
        let closed = shell::source::last_closed(&*opened.log, partitions, begun.previous_day)?;
        can_be_closed(*day, closed, begun.settings.calendar)?;
    }
    let word = DayReleased { released_day: *day, reason: given.why("an operator closed the day") };
    publish(
        config,
        Controls::DayReleased(word),
        given,
        &format!("the source no longer waits for what {day} lacks"),
    )
}

/// Whether the source may wait for `day`, where `closed` is the last day that it has published.
fn can_be_closed(day: Day, closed: Day, calendar: TradingCalendar) -> Result<()> {
    const WHICH: &str = "`butterquant status` names the day that the source waits for";
    ensure!(day > closed, "the run has published {closed} already, so {day} is closed");
    ensure!(calendar.is_session(day), "{day} is no trading day of {calendar}; {WHICH}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let today = Day(i32::try_from(now.as_secs() / 86_400).unwrap_or(i32::MAX));
    ensure!(day <= today, "{day} is later than today ({today}); {WHICH}");
    let last = (0..AHEAD).fold(closed, |day, _| calendar.next_expected(day));
    ensure!(
        day <= last,
        "{day} is too far ahead: the run has published {closed}, and only the {AHEAD} trading days after it, up to \
         {last}, can be closed; {WHICH}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_trading_days_can_be_closed() {
        let day = |text: &str| -> Day { text.parse().unwrap() };
        let check = |text: &str| {
            let closed = day("2018-06-29");
            can_be_closed(day(text), closed, TradingCalendar::Nyse).map_err(|e| e.to_string())
        };
        assert_eq!(check("2018-07-02"), Ok(()));
        assert_eq!(check("2018-07-16"), Ok(()));
        for (text, expected) in [
            ("2018-06-29", "has published 2018-06-29 already"),
            ("2018-07-04", "2018-07-04 is no trading day of NYSE"),
            ("2018-07-07", "no trading day of NYSE"),
            ("2999-01-01", "later than today"),
            ("2018-12-31", "up to 2018-07-16, can be closed"),
        ] {
            let said = check(text).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
    }
}
