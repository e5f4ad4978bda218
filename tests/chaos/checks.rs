//! The invariants after the faults, as Jepsen checks them: nothing lost, nothing twice, no aborted
//! read, no torn transaction; and beyond them, every topic as it is without faults.

use crate::book::{Book, Places, places};
use crate::compare::{unlike, unseen};
use crate::witness::Sight;
use eventlog::{Log, TopicPartition};
use schemas::events::{Features, Fills, Orders, Predictions};
use schemas::role::Role;
use schemas::{Body, Event, EventId, Topic};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// All violations, each a sentence.
pub(crate) fn complaints(
    book: &Book,
    reference: &Book,
    sight: &Sight,
    ends: &Places,
) -> Vec<String> {
    let mut found = sight.wrong.clone();
    found.extend(unlike(book, reference));
    found.extend(unseen(book, sight, ends));
    found.extend(unsound(book));
    found
}

/// Violations that a log shows by itself.
pub(crate) fn unsound(book: &Book) -> Vec<String> {
    let mut found = twice(book);
    found.extend(unanswered(book));
    found.extend(miscounted(book));
    found.extend(torn(book));
    found
}

fn first<T>(found: impl IntoIterator<Item = T>) -> Option<T> {
    found.into_iter().next()
}

fn repeated<K: Ord + Debug>(what: &str, keys: impl IntoIterator<Item = K>) -> Option<String> {
    let mut known = BTreeSet::new();
    let twice: Vec<K> = keys.into_iter().filter_map(|key| known.replace(key)).collect();
    let count = twice.len();
    first(twice).map(|one| format!("{count} {what} twice, such as {one:?}"))
}

/// Events that a reader sees twice: under one id, or with the same content under another.
fn twice(book: &Book) -> Vec<String> {
    let mut found = Vec::new();
    for topic in Topic::ALL {
        let ids = book.events(topic).into_iter().map(|(_, _, event)| event.id.to_string());
        found.extend(repeated(&format!("event ids of {topic}"), ids));
    }
    let mut said: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for topic in [Topic::Predictions, Topic::Orders, Topic::Fills] {
        for (what, key) in book.events(topic).iter().filter_map(|(_, _, event)| about(event)) {
            said.entry(what).or_default().push(key);
        }
    }
    found.extend(said.into_iter().filter_map(|(what, keys)| repeated(what, keys)));
    found
}

/// The content of a prediction, order or fill, apart from its id.
fn about(event: &Event) -> Option<(&'static str, String)> {
    Some(match &event.body {
        Body::Predictions(Predictions::CandidateScored(score)) => {
            ("predictions", format!("{:?} {:?} {}", score.candidate, score.alias, event.revision))
        }
        Body::Orders(Orders::OrderIntended(order)) => {
            ("orders", format!("{:?} {:?} {:?}", order.track, order.candidate, order.action))
        }
        Body::Fills(Fills::OrderExecuted(fill)) => {
            ("fills", format!("{:?} {:?} {:?}", fill.track, fill.candidate, fill.action))
        }
        _ => return None,
    })
}

/// Unanswered inputs: candidates without a prediction, intents without a fill event on the day
/// after.
fn unanswered(book: &Book) -> Vec<String> {
    let mut scored = BTreeSet::new();
    for (_, _, event) in book.events(Topic::Predictions) {
        match &event.body {
            Body::Predictions(Predictions::CandidateScored(score)) => {
                scored.insert(score.candidate)
            }
            Body::Predictions(Predictions::ScoringRefused(refused)) => {
                scored.insert(refused.candidate)
            }
            _ => false,
        };
    }
    let features = book.events(Topic::Features);
    let asked = features.iter().filter_map(|(_, _, event)| match &event.body {
        Body::Features(Features::FeaturesExtracted(features)) => Some(features.candidate),
        _ => None,
    });
    let silent: Vec<EventId> = asked.filter(|candidate| !scored.contains(candidate)).collect();
    let mut found = Vec::new();
    if let Some(one) = silent.first() {
        found.push(format!("{} candidates unscored, such as {one}", silent.len()));
    }
    found.extend(unfilled(book));
    found
}

fn unfilled(book: &Book) -> Option<String> {
    let mut answered = BTreeSet::new();
    for (_, _, event) in book.events(Topic::Fills) {
        answered.extend(match &event.body {
            Body::Fills(Fills::OrderExecuted(fill)) => Some(fill.broker_order_id),
            Body::Fills(
                Fills::OrderCancelled(end) | Fills::OrderRejected(end) | Fills::OrderUnknown(end),
            ) => Some(end.broker_order_id),
            _ => None,
        });
    }
    let orders = book.events(Topic::Orders);
    let last = orders.iter().map(|(_, _, event)| event.day).max();
    let open: Vec<i64> = orders
        .iter()
        .filter(|(_, _, event)| Some(event.day) < last)
        .filter_map(|(_, _, event)| match &event.body {
            Body::Orders(Orders::OrderIntended(order)) => Some(order.broker_order_id),
            _ => None,
        })
        .filter(|order| !answered.contains(order))
        .collect();
    first(&open).map(|one| format!("{} orders unanswered, such as {one}", open.len()))
}

/// Days whose marker's count differs from the events before it.
fn miscounted(book: &Book) -> Vec<String> {
    let mut found = Vec::new();
    for topic in Topic::ALL.into_iter().filter(|topic| topic.marked()) {
        let mut counted = 0;
        let mut at: Option<TopicPartition> = None;
        for (place, offset, event) in book.events(topic) {
            if at.as_ref() != Some(&place) {
                (at, counted) = (Some(place.clone()), 0);
            }
            match event.body.marker() {
                Some(marker)
                    if marker.events != counted && marker.previous_day >= opening(book) =>
                {
                    found.push(format!(
                        "{place} at {offset}: the marker of {} counts {}, there are {counted}",
                        event.day, marker.events
                    ));
                }
                Some(_) => {}
                None => counted += 1,
            }
            if event.body.marker().is_some() {
                counted = 0;
            }
        }
    }
    first(found).into_iter().collect()
}

/// Torn days. A role with one active instance publishes a day's events at once, and on Kafka the end
/// of a transaction takes an offset: a gap within a day means that it was published in two parts.
/// (Kafka does not promise that a transaction's partitions become visible at one moment; the witness
/// checks that on the embedded log.)
fn torn(book: &Book) -> Option<String> {
    for topic in [Topic::Bars, Topic::Orders, Topic::Fills] {
        let events = book.events(topic);
        for pair in events.windows(2) {
            let [(place, offset, before), (of, next, event)] = pair else { continue };
            if place == of && before.day == event.day && *next != offset + 1 {
                return Some(format!(
                    "torn transaction: {place} holds {} in two publishes, up to {offset} and from {next}",
                    event.day
                ));
            }
        }
    }
    None
}

/// The day before the run's first, whose events no marker counts.
fn opening(book: &Book) -> schemas::Day {
    let bars = book.events(Topic::Bars);
    let first =
        bars.iter().filter_map(|(_, _, event)| Some(event.body.marker()?.previous_day)).min();
    first.unwrap_or(schemas::Day(i32::MAX))
}

/// Partitions that a role's group has not read to the end.
pub(crate) fn lag(log: &dyn Log, partitions: u32) -> eventlog::Result<Vec<String>> {
    let mut found = Vec::new();
    for role in Role::ALL {
        let inputs = role.inputs().iter().map(|input| input.topic);
        // A topic that every instance reads is outside the group.
        let inputs: Vec<Topic> =
            inputs.filter(|topic| !(role.by_partition() && topic.single())).collect();
        let places: Vec<TopicPartition> = places(partitions)
            .filter(|place| inputs.iter().any(|topic| topic.name() == &*place.topic))
            .collect();
        for (place, committed) in places.iter().zip(log.committed(role.name(), &places)?) {
            let end = log.watermarks(place)?.high;
            if committed.unwrap_or(0) != end {
                found.push(format!("{role} committed {committed:?} of {end} on {place}"));
            }
        }
    }
    Ok(found)
}
