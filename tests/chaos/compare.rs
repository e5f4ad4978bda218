//! Compares the log with that of the undisturbed run, and with what a reader was shown during the
//! faults.

use crate::book::{Book, Places, same};
use crate::witness::Sight;
use eventlog::{Log, Record, TopicPartition};
use schemas::Topic;
use std::time::Duration;

fn said(place: &TopicPartition, record: Option<&eventlog::Record>) -> String {
    let event = place.topic.parse().ok().and_then(|topic: Topic| {
        let event = shell::record_codec::event(topic, record?).ok()?;
        Some(format!("{} {} of {}", event.body.kind(), event.ticker, event.day))
    });
    event.unwrap_or_else(|| "nothing".to_owned())
}

/// Whether `all` does not contain `one`.
fn absent(one: Option<&Record>, all: &[Record]) -> bool {
    one.is_some_and(|one| !all.iter().any(|other| same(one, other)))
}

/// Partitions that differ, record by record, from those of the undisturbed run.
pub(crate) fn unlike(book: &Book, reference: &Book) -> Vec<String> {
    let differs = |(place, expected): (&TopicPartition, &Vec<eventlog::Record>)| {
        let found = book.records.get(place).map_or(&[][..], Vec::as_slice);
        let at = expected.iter().zip(found).position(|(a, b)| !same(a, b));
        let at = at.or((expected.len() != found.len()).then(|| expected.len().min(found.len())))?;
        let what = match (absent(expected.get(at), found), absent(found.get(at), expected)) {
            (true, _) => "lost",
            (_, true) => "not of this run",
            _ => "twice, or out of order",
        };
        Some(format!(
            "{what}: {place} differs from the undisturbed run at its {at}. record of {}: {} instead of {}",
            found.len(),
            said(place, found.get(at)),
            said(place, expected.get(at)),
        ))
    };
    reference.records.iter().filter_map(differs).collect()
}

/// Records that the witness saw and the log does not hold (aborted reads), or that the log holds and
/// the witness never saw, or saw in another order.
pub(crate) fn unseen(book: &Book, sight: &Sight, ends: &Places) -> Vec<String> {
    let check = |(place, from): (&TopicPartition, &u64)| {
        let held = book.records.get(place).map_or(&[][..], Vec::as_slice);
        let held = &held[held.partition_point(|record| record.offset < *from)..];
        let seen = sight.seen.get(place).map_or(&[][..], Vec::as_slice);
        let at = held.iter().zip(seen).position(|(a, b)| a.offset != b.offset || !same(a, b));
        let at = at.or((held.len() != seen.len()).then(|| held.len().min(seen.len())))?;
        let what = match (absent(seen.get(at), held), absent(held.get(at), seen)) {
            (true, _) => "aborted read",
            (_, true) => "never shown",
            _ => "shown twice, or out of order",
        };
        let (held, seen) = (held.get(at), seen.get(at));
        Some(format!(
            "{what}: {place}: the witness saw {} at {:?} where the log holds {} at {:?}",
            said(place, seen),
            seen.map(|record| record.offset),
            said(place, held),
            held.map(|record| record.offset)
        ))
    };
    ends.iter().filter_map(check).collect()
}

/// Records that a reader was shown and a dead owner left out of the log. This must be checked before
/// the next owner starts: roles would publish them again, the same bytes at the same place.
pub(crate) fn lost(
    log: &dyn Log,
    shown: &[(TopicPartition, Record)],
) -> eventlog::Result<Vec<String>> {
    let mut reader = log.reader()?;
    let mut found = Vec::new();
    for (place, record) in shown {
        let due = [(place.clone(), record.offset)];
        let held = match log.watermarks(place)?.high > record.offset {
            true => reader.poll(&due, 1, Duration::ZERO)?,
            false => Vec::new(),
        };
        if !held.iter().flat_map(|part| &part.records).any(|held| same(held, record)) {
            found.push(format!(
                "lost: a reader was shown {} at {} of {place}; it was lost with the log's owner",
                said(place, Some(record)),
                record.offset
            ));
        }
    }
    Ok(found)
}
