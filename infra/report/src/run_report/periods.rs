//! Periods that the user has named. The program names none itself: a list of its own would be chosen by what is known of
//! them today.

use super::figures::values;
use super::track_book::TrackBook;
use anyhow::{Result, bail};
use schemas::Day;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

/// A period and its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedPeriod {
    /// Its name.
    pub name: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl FromStr for NamedPeriod {
    type Err = String;

    fn from_str(text: &str) -> Result<NamedPeriod, String> {
        let form = || "must be NAME=FROM..TO, such as Brexit=2016-06-20..2016-07-15".to_owned();
        let (name, days) = text.rsplit_once('=').ok_or_else(form)?;
        let (from, to) = days.split_once("..").ok_or_else(form)?;
        let day = |text: &str| text.trim().parse::<Day>().map_err(|error| error.to_string());
        let period = NamedPeriod { name: name.trim().to_owned(), from: day(from)?, to: day(to)? };
        if period.name.is_empty() {
            return Err(form());
        }
        if period.to < period.from {
            return Err(format!("ends on {} before it begins; exchange the days", period.to));
        }
        Ok(period)
    }
}

/// Both tracks in a period.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// Its name.
    pub name: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Who named it.
    pub named_by: &'static str,
    /// Both tracks.
    pub tracks: Vec<TrackPeriod>,
}

/// A track in a period.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrackPeriod {
    /// The track.
    pub track: &'static str,
    /// Sum of the daily changes ÷ capital.
    pub total_return: Value,
    /// Deepest fall of the equity below its highest point since the period began ÷ that point.
    pub drawdown: Value,
    /// Trades closed in it.
    pub trades: Value,
}

/// Figures of each period.
///
/// # Errors
/// A period is not within the run's days, or has no trading day.
pub(super) fn periods(named: &[NamedPeriod], books: &[TrackBook]) -> Result<Vec<Period>> {
    named.iter().map(|period| of(period, books)).collect()
}

fn of(period: &NamedPeriod, books: &[TrackBook]) -> Result<Period> {
    let NamedPeriod { name, from, to } = period;
    let days: BTreeSet<Day> =
        books.iter().flat_map(|book| book.changes.iter().map(|(day, _)| *day)).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        bail!("--period {name}: the run has no day yet; leave it out until it has");
    };
    if from < first || to > last {
        bail!(
            "--period {name}: {from} to {to} is not within the run's days, {first} to {last}; name days within them"
        );
    }
    let within: BTreeSet<Day> = days.range(*from..=*to).copied().collect();
    if within.is_empty() {
        bail!("--period {name}: there is no trading day from {from} to {to}; name a longer one");
    }
    let track = |book: &TrackBook| {
        let mut found = values(book, Some(&within))?;
        let mut take = |key| found.remove(key).unwrap_or_default();
        Ok(TrackPeriod {
            track: book.track.name(),
            total_return: take("total_return"),
            drawdown: take("max_drawdown"),
            trades: take("closed_trades"),
        })
    };
    Ok(Period {
        name: name.clone(),
        from: *from,
        to: *to,
        named_by: "user",
        tracks: books.iter().map(track).collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testkit::{book, trade};
    use super::*;
    use schemas::events::Track;
    use serde_json::json;

    #[test]
    fn a_period_is_a_name_and_two_days_in_order() {
        let period: NamedPeriod = "A = B=2016-06-20..2016-07-15".parse().unwrap();
        assert_eq!(
            (period.name.as_str(), period.to.to_string()),
            ("A = B", "2016-07-15".to_owned())
        );
        for wrong in [
            "Brexit",
            "Brexit=2016-06-20",
            "=2016-06-20..2016-07-15",
            "x=2016-06-20..2016-06-19",
            "x=a..b",
        ] {
            assert!(wrong.parse::<NamedPeriod>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn both_ends_count_and_what_is_outside_is_refused() {
        let books = [book(
            &[10, -20, -30, 30],
            vec![trade(Track::ButterAI, (9, 11), 100, 60), trade(Track::ButterAI, (9, 13), 100, 1)],
        )];
        let named = |from, to| NamedPeriod { name: "x".to_owned(), from: Day(from), to: Day(to) };
        let found = periods(&[named(11, 12)], &books).unwrap().remove(0);
        let track = &found.tracks[0];
        assert_eq!((&track.total_return, &track.trades), (&json!(-0.05), &json!(1)));
        // From 1,010 to 960: the fall counts by what the track still had.
        assert!((track.drawdown.as_f64().unwrap() - 50.0 / 1010.0).abs() < 1e-12);
        for (from, to) in [(9, 12), (11, 14), (20, 30)] {
            let refused = periods(&[named(from, to)], &books).unwrap_err().to_string();
            assert!(refused.contains("1970-01-11 to 1970-01-14"), "{refused}");
        }
        assert!(periods(&[named(11, 12)], &[]).is_err());
    }
}
