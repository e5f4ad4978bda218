//! Bugs planted into a copy of the undisturbed run and of what a reader saw of it. The checks must
//! report each by its name, or their silence after a round means nothing.

use crate::actors::copy;
use crate::base::{Base, log_of};
use crate::book::{Book, Places};
use crate::witness::{Sight, look};
use crate::{checks, compare};
use eventlog::{EmbeddedLog, Fetched, Reader, Record, SharedRecord, TopicPartition};
use schemas::events::{Fills, Orders, Predictions};
use schemas::{Body, Event, EventId, Topic, codec};
use std::collections::VecDeque;
use std::time::Duration;

/// A reader that returns prepared records, poll by poll.
struct Told(VecDeque<Vec<Fetched>>);

impl Reader for Told {
    fn poll(
        &mut self,
        _: &[(TopicPartition, u64)],
        _: usize,
        _: Duration,
    ) -> eventlog::Result<Vec<Fetched>> {
        Ok(self.0.pop_front().unwrap_or_default())
    }
}

/// The undisturbed run and what a reader saw of it.
#[derive(Clone)]
struct Left {
    book: Book,
    sight: Sight,
}

impl Left {
    /// The place of the first event of `topic` after a round's start for which `is` holds.
    fn find(&self, ends: &Places, topic: Topic, is: fn(&Body) -> bool) -> Option<Found> {
        self.book.events(topic).into_iter().find_map(|(place, offset, event)| {
            let at = self.book.records[&place].iter().position(|record| record.offset == offset)?;
            (offset >= ends[&place] && is(&event.body)).then_some(Found { place, at, event })
        })
    }

    fn held(&mut self, found: &Found) -> &mut Vec<Record> {
        self.book.records.entry(found.place.clone()).or_default()
    }

    /// Adds `record` at the partition's end, for the reader as well.
    fn add(&mut self, found: &Found, mut record: Record) {
        let held = self.held(found);
        record.offset = held.last().map_or(0, |last| last.offset + 1);
        held.push(record.clone());
        self.sight.seen.entry(found.place.clone()).or_default().push(record);
    }

    /// Removes a record, for the reader as well.
    fn lose(&mut self, found: &Found) {
        let record = self.held(found).remove(found.at);
        let seen = self.sight.seen.entry(found.place.clone()).or_default();
        seen.retain(|other| other.offset != record.offset);
    }
}

struct Found {
    place: TopicPartition,
    at: usize,
    event: Event,
}

fn scored(body: &Body) -> bool {
    matches!(body, Body::Predictions(Predictions::CandidateScored(_)))
}

fn intended(body: &Body) -> bool {
    matches!(body, Body::Orders(Orders::OrderIntended(_)))
}

fn executed(body: &Body) -> bool {
    matches!(body, Body::Fills(Fills::OrderExecuted(_)))
}

/// A bug: the topic and event it strikes, the change, and the words of the expected complaint.
type Plant = (Topic, fn(&Body) -> bool, fn(&mut Left, &Found), &'static [&'static str]);

const PLANTS: [Plant; 9] = [
    (
        Topic::Predictions,
        scored,
        Left::lose,
        &["lost: butterquant.predictions", "unscored", "counts"],
    ),
    (Topic::Orders, intended, Left::lose, &["lost: butterquant.orders"]),
    (Topic::Fills, executed, Left::lose, &["lost: butterquant.fills", "orders unanswered"]),
    (Topic::Orders, intended, again, &["event ids of orders twice", "twice, or out"]),
    (Topic::Predictions, scored, under_another_id, &["predictions twice", "not of this run"]),
    (Topic::Orders, intended, under_another_id, &["orders twice"]),
    (Topic::Fills, executed, under_another_id, &["fills twice"]),
    (Topic::Predictions, scored, aborted, &["aborted read: butterquant.predictions"]),
    (Topic::Orders, intended, in_two_publishes, &["torn transaction: butterquant.orders"]),
];

/// The same event once more.
fn again(left: &mut Left, found: &Found) {
    let record = left.held(found)[found.at].clone();
    left.add(found, record);
}

/// The same content once more, under another id.
fn under_another_id(left: &mut Left, found: &Found) {
    let mut record = left.held(found)[found.at].clone();
    let event = Event { id: EventId::of(&["planted"], 0), ..found.event.clone() };
    record.value = codec::encode(&event).unwrap_or_default();
    left.add(found, record);
}

/// A record was shown that the log no longer holds.
fn aborted(left: &mut Left, found: &Found) {
    under_another_id(left, found);
    left.held(found).pop();
}

/// A transaction ends within a day, which takes an offset on Kafka.
fn in_two_publishes(left: &mut Left, found: &Found) {
    let cut = left.held(found)[found.at].offset;
    let seen = left.sight.seen.entry(found.place.clone()).or_default();
    let held = left.book.records.entry(found.place.clone()).or_default();
    let later = held.iter_mut().chain(seen).filter(|record| record.offset > cut);
    later.for_each(|record| record.offset += 1);
}

fn complained(complaints: &[String], words: &str) -> bool {
    complaints.iter().any(|complaint| complaint.contains(words))
}

/// The planted bugs that the checks miss, each a sentence.
pub(crate) fn unnoticed(base: &Base) -> Vec<String> {
    let mut found: Vec<String> = in_the_log(base);
    found.extend(in_what_was_shown(base));
    found.extend(by_an_owners_death(base).err());
    found
}

fn in_the_log(base: &Base) -> Vec<String> {
    let book = base.reference.clone();
    let whole = [shown(base, |_, _| true)];
    let sight = look(&mut Told(whole.into()), 1, &base.ends, false);
    let left = Left { book, sight };
    let complaints =
        |left: &Left| checks::complaints(&left.book, &base.reference, &left.sight, &base.ends);
    let mut found = complaints(&left);
    for (topic, is, plant, words) in PLANTS {
        let Some(at) = left.find(&base.ends, topic, is) else {
            found.push(format!("there is nothing on {topic} to plant a bug in"));
            continue;
        };
        let mut left = left.clone();
        plant(&mut left, &at);
        let complaints = complaints(&left);
        for words in words.iter().filter(|words| !complained(&complaints, words)) {
            found.push(format!("no complaint has {words:?}, only {complaints:?}"));
        }
    }
    found
}

/// The records after the start of those for which `is` holds, as a reader is shown them.
fn shown(base: &Base, is: impl Fn(&TopicPartition, &Record) -> bool) -> Vec<Fetched> {
    let of = |(tp, records): (&TopicPartition, &Vec<Record>)| {
        let from = base.ends[tp];
        let new = records.iter().filter(|record| record.offset >= from && is(tp, record));
        let records: Vec<SharedRecord> = new.cloned().map(Into::into).collect();
        let position = records.last().map_or(from, |last| last.offset + 1);
        Fetched { tp: tp.clone(), records, position }
    };
    base.reference.records.iter().map(of).collect()
}

/// Half a transaction shown, and a place shown twice.
fn in_what_was_shown(base: &Base) -> Vec<String> {
    let mut found = Vec::new();
    for topic in [Topic::Bars, Topic::Orders, Topic::Fills] {
        let of = |tp: &TopicPartition| &*tp.topic == topic.name();
        let whole = || shown(base, |tp, _| of(tp));
        // One partition's part of the last day comes later.
        let last = base.reference.events(topic).into_iter().map(|(_, _, event)| event.day).max();
        let late = |record: &Record| {
            shell::record_codec::event(topic, record).is_ok_and(|event| Some(event.day) == last)
        };
        let half = || shown(base, |tp, record| of(tp) && !(tp.partition == 1 && late(record)));
        let rest = || shown(base, |tp, record| of(tp) && tp.partition == 1 && late(record));
        let wrong = |looks: Vec<Vec<Fetched>>| {
            let count = looks.len();
            look(&mut Told(looks.into()), count, &base.ends, true).wrong
        };
        found.extend(wrong(vec![whole()]));
        let torn = wrong(vec![half(), rest()]);
        if !complained(&torn, &format!("torn transaction on {topic}")) {
            found.push(format!("no complaint that {topic} is torn, only {torn:?}"));
        }
        let back = wrong(vec![whole(), rest()]);
        if !complained(&back, "went back") {
            found.push(format!("no complaint that a reader of {topic} went back, only {back:?}"));
        }
    }
    found
}

/// A reader was shown records that the log's next owner does not find.
fn by_an_owners_death(base: &Base) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let folder = tempfile::tempdir().map_err(|error| text(&error))?;
    let at = folder.path().join("log");
    copy(&log_of(&base.data), &at).map_err(|error| text(&error))?;
    let log = EmbeddedLog::open(&at).map_err(|error| text(&error))?;
    let last = |kept: bool| -> Vec<(TopicPartition, Record)> {
        let of = |(place, records): (&TopicPartition, &Vec<Record>)| {
            let known = |record: &&Record| (record.offset < base.ends[place]) == kept;
            Some((place.clone(), records.iter().rfind(known)?.clone()))
        };
        base.reference.records.iter().filter_map(of).collect()
    };
    let lost = |shown| compare::lost(&log, shown).map_err(|error| text(&error));
    let (kept, gone) = (lost(&last(true))?, lost(&last(false))?);
    match kept.is_empty() && gone.len() == last(false).len() {
        true => Ok(()),
        false => Err(format!("lost by its owner's death are {gone:?}, and nothing of {kept:?}")),
    }
}
