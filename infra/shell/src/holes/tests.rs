//! Each kind of hole is found where it is, and nothing is found in a log that is whole.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::record_codec;
use eventlog::{MemoryLog, Record};
use schemas::events::{Bar, Bars, DayClosed};
use schemas::{Day, Event, Topic};

const BEFORE: Day = Day(99);

/// Two days of `bars`, each with its events and its marker; the records of transactions' ends are left out.
fn records() -> Vec<Record> {
    let mut events = Vec::new();
    for day in [BEFORE + 1, BEFORE + 2, BEFORE + 3] {
        for ticker in ["A", "B", "C"] {
            let bar = Bar { bar_day: day, ..Bar::default() };
            let about = [ticker, &day.to_string()];
            events.push(Event::new(day, ticker, &about, Bars::BarClosed(bar)));
        }
        let marker = DayClosed { previous_day: day + -1, events: 3, ..DayClosed::default() };
        events.push(Event::marker(Topic::Bars, day, marker).unwrap());
    }
    let record = |(at, event): (usize, &Event)| {
        let written = record_codec::record(event, 1, "source").unwrap();
        let offset = (at + at / 4) as u64;
        let (timestamp_ms, key, value) = (written.timestamp_ms, written.key, written.value);
        Record { offset, timestamp_ms, key, value, headers: written.headers }
    };
    events.iter().enumerate().map(record).collect()
}

fn found(low: u64, keep: impl Fn(&Record) -> bool) -> Vec<(HoleKind, u64, u64)> {
    let log = MemoryLog::new("memory").unwrap();
    crate::open::ensure_topics(&log, 1).unwrap();
    let mut check = PartitionCheck::new(Topic::Bars, 0, 1, low, BEFORE);
    records().iter().filter(|record| record.offset >= low && keep(record)).for_each(|record| {
        check.take(record);
    });
    let found = check.end(&log, 15).unwrap();
    found.into_iter().map(|hole| (hole.kind, hole.from, hole.to)).collect()
}

#[test]
fn a_log_that_is_whole_has_no_hole() {
    assert_eq!(found(0, |_| true), []);
}

#[test]
fn what_is_gone_is_named_with_its_offsets() {
    use HoleKind::*;
    // Offsets 4, 9 and 14 are the ends of transactions.
    assert_eq!(found(5, |_| true), [(Deleted, 0, 5)]);
    assert_eq!(found(0, |record| record.offset != 6), [(Events, 4, 8)]);
    assert_eq!(found(0, |record| ![5, 6].contains(&record.offset)), [(Events, 4, 7)]);
    let no_marker = found(0, |record| record.offset != 8);
    assert_eq!(no_marker, [(Markers, 8, 10)]);
    assert_eq!(found(0, |record| record.offset < 10), [(Empty, 9, 15)]);
}

#[test]
fn a_hole_says_where_it_is() {
    let log = MemoryLog::new("memory").unwrap();
    crate::open::ensure_topics(&log, 1).unwrap();
    let hole = PartitionCheck::new(Topic::Bars, 3, 12, 7, BEFORE).end(&log, 7).unwrap();
    assert!(hole[0].to_string().starts_with("bars/3, offsets 0 to 6: deleted by retention"));
    let error = refuse(&hole).unwrap_err().to_string();
    assert!(error.contains("bars/3") && error.contains("another run"), "{error}");
}
