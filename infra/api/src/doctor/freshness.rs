//! How far each topic has come: the last day that is closed in all of its partitions, against the newest that the source
//! has published. Whether the source itself is behind its market is looked at where the market is opened.

use super::Examination;
use anyhow::Result;
use eventlog::Log;
use run::data_dir;
use schemas::{Day, Topic};
use shell::last_markers::{Stretch, Which, last_markers};
use std::collections::BTreeMap;

const WHAT: &str = "freshness";
/// Trading days that a topic may be behind `bars` while its role is at work.
const AT_WORK: usize = 1;

/// The last day that is closed in every partition of each topic that has day markers; none before its first.
///
/// # Errors
/// The log's.
pub fn closed_by_topic(log: &dyn Log) -> Result<BTreeMap<Topic, Option<Day>>> {
    let partitions = data_dir::partitions(log)?;
    let mut stretches = Vec::new();
    for topic in Topic::ALL.into_iter().filter(|topic| topic.marked()) {
        for partition in 0..topic.partitions(partitions) {
            stretches.push(Stretch::whole(log, topic, partition)?);
        }
    }
    let mut closed: BTreeMap<Topic, Option<Day>> = BTreeMap::new();
    for (stretch, marker) in last_markers(log, partitions, Which::Any, stretches)? {
        let day = marker?.map(|marker| marker.day);
        let oldest = closed.entry(stretch.topic).or_insert(day);
        *oldest = (*oldest).min(day);
    }
    Ok(closed)
}

/// Looks at the topics on `log`.
pub(super) fn check(log: &dyn Log, of: &mut Examination) {
    match closed_by_topic(log) {
        Ok(closed) => compare(&closed, of),
        Err(error) => of.failed(WHAT, "the log", &error),
    }
}

fn compare(closed: &BTreeMap<Topic, Option<Day>>, of: &mut Examination) {
    let newest = closed.get(&Topic::Bars).copied().flatten();
    let Some(newest) = newest else {
        return of.fine(WHAT, "the log", "the source has published no day yet");
    };
    let mut level = Vec::new();
    for (topic, day) in closed {
        let behind = day.map_or(usize::MAX, |day| trading_days(day, newest));
        let since = day.map_or("no day".to_owned(), |day| day.to_string());
        let place = topic.dataset();
        match behind {
            0 => level.push(place),
            1..=AT_WORK => of.fine(WHAT, place, format!("closed to {since}, and bars to {newest}: its role is at work, or has to be started")),
            more => of.found(
                WHAT,
                place,
                match day {
                    Some(_) => format!("closed to {since}, {more} trading days behind bars, {newest}"),
                    None => format!("no day is closed, and bars are to {newest}"),
                },
                "start the role that writes it (`butterquant up` starts all); `butterquant lag` says what it waits for",
            ),
        }
    }
    of.fine(WHAT, level.join(", "), format!("closed to {newest}"));
}

/// Days from Monday to Friday after `from`, up to and with `to`.
pub fn trading_days(from: Day, to: Day) -> usize {
    if from >= to {
        return 0;
    }
    const MOST: i32 = 10_000;
    let first = from.0.max(to.0.saturating_sub(MOST));
    (first + 1..=to.0).filter(|day| Day(*day).is_weekday()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(days: &[(Topic, Option<i32>)]) -> (Vec<String>, Vec<String>) {
        const FRIDAY: i32 = 17_711;
        let closed = days.iter().map(|(topic, day)| (*topic, day.map(|day| Day(FRIDAY + day))));
        let mut of = Examination::default();
        compare(&closed.collect(), &mut of);
        let found = of.findings.into_iter().map(|one| one.place).collect();
        (found, of.fine.into_iter().map(|one| one.place).collect())
    }

    #[test]
    fn a_topic_that_is_more_than_a_day_behind_bars_is_stale() {
        let one = |topic, day| looked(&[(Topic::Bars, Some(0)), (topic, day)]);
        assert_eq!(one(Topic::Scans, Some(0)), (vec![], vec!["bars, scans".to_owned()]));
        assert_eq!(one(Topic::Scans, Some(-1)).0, [""; 0]);
        assert_eq!(one(Topic::Scans, Some(-2)).0, ["scans"]);
        assert_eq!(one(Topic::Models, None).0, ["models"]);
        assert_eq!(looked(&[(Topic::Bars, None)]), (vec![], vec!["the log".to_owned()]));
    }

    #[test]
    fn a_weekend_is_no_trading_day() {
        let friday = (0..7).map(Day).find(|day| day.weekday() == Day(1).weekday()).map(|day| day.0);
        let thursday = Day(friday.unwrap_or(1) - 1); // 1970-01-01 was a Thursday
        assert_eq!(trading_days(thursday, thursday), 0);
        assert_eq!(trading_days(thursday, Day(thursday.0 + 1)), 1);
        assert_eq!(trading_days(thursday, Day(thursday.0 + 4)), 2);
        assert_eq!(trading_days(thursday, Day(thursday.0 + 7)), 5);
    }
}
