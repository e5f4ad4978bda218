//! Reading dead letters and settling them: redriving their bytes to where they came from, or
//! dropping them. Either is an event on `dead-letters`, in one publish with the redriven bytes.
//!
//! Invariants:
//! 1. A dead letter is settled once: the producer is opened before the dead letters are read, so a
//!    later operator fences this one.
//! 2. The values of only a few dead letters are in memory at a time.

use crate::dead_letters::REDRIVEN;
use crate::{error::ShellError, record_codec};
use eventlog::{Batch, Headers, Log, NewRecord, Nulls, PartitionReader, Producer};
use schemas::events::{DeadLetter, DeadLetters, Fate, LetterSettled};
use schemas::{Body, Day, Event, Topic};
use serde::Serialize;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

/// Records and bytes of one publish, about.
const MOST_RECORDS: usize = 1_000;
const MOST_BYTES: usize = 4 << 20;
/// Ids that a message lists.
const NAMED: usize = 5;

/// A dead letter on the log.
#[derive(Clone, PartialEq, Debug)]
pub struct Letter {
    /// Its offset in `dead-letters`.
    pub id: u64,
    /// The day it was written on.
    pub day: Day,
    /// The dead letter itself.
    pub said: DeadLetter,
}

/// An entry of `dead-letters`.
#[derive(Clone, PartialEq, Debug)]
pub enum DeadLetterEntry {
    /// A dead letter.
    Letter(Letter),
    /// What an operator did with one.
    Settled(LetterSettled),
}

/// Shows every entry from offset `from` on to `visit`, oldest first, until it returns false; returns
/// the offset after the last entry. Skips records that cannot be read.
pub fn entries(
    log: &dyn Log,
    from: u64,
    visit: &mut dyn FnMut(DeadLetterEntry) -> Result<bool, ShellError>,
) -> Result<u64, ShellError> {
    let place = record_codec::place(Topic::DeadLetters, 0);
    let mut reader = PartitionReader::new(log)?;
    let end = log.watermarks(&place)?.high;
    let mut records = reader.records(&place, from..end);
    while let Some(record) = records.next().transpose()? {
        let Ok(event) = record_codec::event(Topic::DeadLetters, &record) else { continue };
        let (id, day) = (record.offset, event.day);
        let goes_on = match event.body {
            Body::DeadLetters(DeadLetters::EventRejected(said)) => {
                visit(DeadLetterEntry::Letter(Letter { id, day, said }))?
            }
            Body::DeadLetters(DeadLetters::LetterSettled(settled)) => {
                visit(DeadLetterEntry::Settled(settled))?
            }
            _ => true,
        };
        if !goes_on {
            return Ok(id + 1);
        }
    }
    Ok(records.position())
}

/// Dead letters of one topic and stage, by fate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FateCounts {
    /// Not settled yet.
    pub open: u64,
    /// Redriven.
    pub redriven: u64,
    /// Dropped.
    pub dropped: u64,
}

/// Dead letters by topic and stage, as far as they have been read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DeadLetterTally {
    next: u64,
    /// By the topic's name and the stage.
    pub counts: BTreeMap<(String, String), FateCounts>,
    /// The fate of every settled dead letter, by id. The first of two decisions stands.
    pub settled: BTreeMap<u64, LetterSettled>,
}

impl DeadLetterTally {
    /// Of all dead letters.
    pub fn of(log: &dyn Log) -> Result<DeadLetterTally, ShellError> {
        let mut tally = DeadLetterTally::default();
        tally.read_on(log)?;
        Ok(tally)
    }

    /// Counts those that were added since. After a failure it starts again from the first.
    pub fn read_on(&mut self, log: &dyn Log) -> Result<(), ShellError> {
        let read = self.count(log);
        if read.is_err() {
            *self = DeadLetterTally::default();
        }
        read
    }

    fn count(&mut self, log: &dyn Log) -> Result<(), ShellError> {
        let DeadLetterTally { counts, settled, .. } = self;
        let next = entries(log, self.next, &mut |entry| {
            match entry {
                DeadLetterEntry::Letter(Letter { said, .. }) => {
                    counts.entry((said.topic, said.stage)).or_default().open += 1;
                }
                DeadLetterEntry::Settled(word) => {
                    let id = word.letter.unsigned_abs();
                    if let Slot::Vacant(slot) = settled.entry(id) {
                        let count = (word.topic.clone(), word.stage.clone());
                        counts.entry(count).or_default().settle(word.fate);
                        slot.insert(word);
                    }
                }
            }
            Ok(true)
        })?;
        self.next = next;
        Ok(())
    }
}

impl FateCounts {
    fn settle(&mut self, fate: Fate) {
        self.open = self.open.saturating_sub(1);
        match fate {
            Fate::Redriven => self.redriven += 1,
            Fate::Dropped => self.dropped += 1,
        }
    }
}

/// The dead letters to settle.
#[derive(Clone, PartialEq, Debug)]
pub enum Selection {
    /// These, all of which must be open.
    Ids(BTreeSet<u64>),
    /// Every open one, or the open ones of a stage.
    Open(Option<String>),
}

/// What to do with them and, for the record, why and by whom.
#[derive(Clone, PartialEq, Debug)]
pub struct Instruction {
    /// Redrive or drop.
    pub fate: Fate,
    /// In the operator's words.
    pub why: String,
    /// The operator.
    pub by: String,
}

/// The outcome of settling, by id.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settled {
    /// Settled now.
    pub settled: BTreeSet<u64>,
    /// Still open: they were too large to be kept whole and cannot be redriven.
    pub too_large: BTreeSet<u64>,
}

/// Settles dead letters.
///
/// # Errors
/// [`ShellError::Letters`] where a selected id is no dead letter, is settled already, or is to be
/// redriven and was too large to be kept whole; then nothing is done. A failed publish leaves those
/// before it settled; a call for [`Selection::Open`] goes on from there.
pub fn settle(log: &dyn Log, which: &Selection, word: &Instruction) -> Result<Settled, ShellError> {
    let producer = log.producer("letters")?;
    let done = choose(log, which, word.fate)?;
    let mut batch = OpenBatch { producer, batch: Batch::default(), bytes: 0 };
    entries(log, 0, &mut |entry| {
        if let DeadLetterEntry::Letter(letter) = entry
            && done.settled.contains(&letter.id)
        {
            batch.add(letter, word)?;
        }
        Ok(true)
    })?;
    batch.publish()?;
    Ok(done)
}

/// The ids of the dead letters to settle, checked.
fn choose(log: &dyn Log, which: &Selection, fate: Fate) -> Result<Settled, ShellError> {
    let settled = DeadLetterTally::of(log)?.settled;
    let mut done = Settled::default();
    entries(log, 0, &mut |entry| {
        let DeadLetterEntry::Letter(Letter { id, said, .. }) = entry else { return Ok(true) };
        let wanted = match which {
            Selection::Ids(ids) => ids.contains(&id),
            Selection::Open(stage) => {
                !settled.contains_key(&id) && stage.as_ref().is_none_or(|one| *one == said.stage)
            }
        };
        if wanted {
            let whole = fate == Fate::Dropped || said.sha256.is_none();
            if whole { &mut done.settled } else { &mut done.too_large }.insert(id);
        }
        Ok(true)
    })?;
    if let Selection::Ids(ids) = which {
        let known: BTreeSet<u64> = &done.settled | &done.too_large;
        if !ids.is_subset(&known) {
            return refuse(&(ids - &known), "no such letter; `butterquant dlq list` shows them");
        }
        if let Some((id, one)) = ids.iter().find_map(|id| Some((id, settled.get(id)?))) {
            let done = if one.fate == Fate::Redriven { "redriven" } else { "dropped" };
            let what = format!("it was {done} already by {} ({})", one.by, one.why);
            return refuse(&BTreeSet::from([*id]), &what);
        }
        if !done.too_large.is_empty() {
            return refuse(
                &done.too_large,
                "its value was too large to be kept whole; drop it instead",
            );
        }
    }
    Ok(done)
}

fn refuse<T>(ids: &BTreeSet<u64>, what: &str) -> Result<T, ShellError> {
    let named: Vec<String> = ids.iter().take(NAMED).map(u64::to_string).collect();
    let more = if ids.len() > NAMED { ", …" } else { "" };
    Err(ShellError::Letters(format!("letter {}{more}: {what}", named.join(", "))))
}

/// The next publish.
struct OpenBatch {
    producer: Box<dyn Producer>,
    batch: Batch,
    bytes: usize,
}

impl OpenBatch {
    fn add(&mut self, letter: Letter, word: &Instruction) -> Result<(), ShellError> {
        let settled = LetterSettled {
            letter: letter.id as i64,
            fate: word.fate,
            topic: letter.said.topic.clone(),
            stage: letter.said.stage.clone(),
            why: word.why.clone(),
            by: word.by.clone(),
        };
        let about = ["letter", &letter.id.to_string()];
        let settled = Event::new(letter.day, "", &about, DeadLetters::LetterSettled(settled));
        if word.fate == Fate::Redriven {
            self.bytes += letter.said.value.len() + letter.said.key.len();
            self.batch.records.push(put_back(letter)?);
        }
        self.batch.records.push(record_codec::record(&settled, 1, "operator")?);
        if self.bytes >= MOST_BYTES || self.batch.records.len() >= MOST_RECORDS {
            self.publish()?;
        }
        Ok(())
    }

    fn publish(&mut self) -> Result<(), ShellError> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if !batch.records.is_empty() {
            self.producer.publish(batch, None)?;
        }
        Ok(())
    }
}

/// The record in a dead letter, with a header that names the dead letter.
fn put_back(letter: Letter) -> Result<NewRecord, ShellError> {
    let Letter { id, day, said } = letter;
    let topic: Topic =
        said.topic.parse().map_err(|error| ShellError::Letters(format!("letter {id}: {error}")))?;
    let partition = u32::try_from(said.partition)
        .map_err(|_| ShellError::Letters(format!("letter {id}: no partition")))?;
    let kept: Headers =
        said.headers.into_iter().map(|header| (header.name, header.value)).collect();
    let (nulls, kept) = Nulls::of(&kept);
    let mut back = Nulls { value: nulls.value, ..Nulls::default() };
    let mut headers = Headers::default();
    for (at, (name, value)) in kept.enumerate().filter(|(_, (name, _))| *name != REDRIVEN) {
        if nulls.headers.contains(&at) {
            back.headers.insert(headers.len());
        }
        headers.push(name, value);
    }
    headers.push(REDRIVEN, id.to_string().as_bytes());
    back.mark(&mut headers);
    Ok(NewRecord {
        to: record_codec::place(topic, partition),
        timestamp_ms: if said.timestamp_ms > 0 {
            said.timestamp_ms
        } else {
            schemas::close_ms(day)
        },
        key: (nulls.empty_key || !said.key.is_empty()).then_some(said.key),
        value: said.value,
        headers,
    })
}
