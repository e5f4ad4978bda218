//! The rules of a local log: check, store, flush, show.
//!
//! There are two copies of the [`State`]: the writer's, which includes what is stored but
//! not flushed, and the shown one, which does not. A flush moves the one to the other.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::groups::{Groups, Seat};
use super::state::{Change, Placed, Slot, State, Topic};
use crate::{Batch, ErrorClass, LogError, Record, Result, TopicMismatch, TopicSpec};

/// Where the records are kept.
pub(crate) trait Store: Send + Sync {
    /// What was stored so far.
    fn load(&self) -> Result<State>;
    /// Stores a change whole or not at all; durable after the next flush.
    fn write(&self, change: &Change, records: Placed) -> Result<()>;
    /// Makes all that was stored durable.
    fn flush(&self) -> Result<()>;
    /// Appends the records `from..end` to `out` for as long as `room` allows.
    fn read(
        &self,
        at: Slot,
        from: u64,
        end: u64,
        room: &mut Room,
        out: &mut Vec<Record>,
    ) -> Result<()>;
    /// The timestamp of one record.
    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64>;
    /// A name for a new topic that no earlier topic had.
    fn topic_id(&self, number: u32) -> String;
}

/// What one poll may still take.
pub(crate) struct Room {
    /// Records left.
    pub(crate) records: usize,
    /// Bytes left; the first record is taken whatever its size.
    pub(crate) bytes: usize,
}

impl Room {
    /// Whether another record may be taken.
    pub(crate) fn left(&self) -> bool {
        self.records > 0 && self.bytes > 0
    }

    /// Counts one record.
    pub(crate) fn take(&mut self, record: &Record) {
        self.records -= 1;
        self.bytes = self.bytes.saturating_sub(record.bytes());
    }
}

struct Writer {
    state: State,
    epochs: BTreeMap<String, u64>,
    waiting: Vec<Change>,
    written: u64,
    broken: Option<LogError>,
}

/// What readers see, with a counter that moves whenever it changes.
pub(crate) struct Shown {
    pub(crate) state: State,
    pub(crate) version: u64,
}

/// A local log.
pub struct Engine {
    pub(crate) store: Box<dyn Store>,
    pub(crate) identity: String,
    pub(crate) groups: Groups,
    pub(crate) published: Condvar,
    writer: Mutex<Writer>,
    flushed: Mutex<u64>,
    shown: Mutex<Shown>,
}

impl Engine {
    /// A log over what `store` already holds.
    pub(crate) fn new(store: Box<dyn Store>, identity: String) -> Result<Self> {
        let state = store.load()?;
        Ok(Self {
            store,
            identity,
            groups: Groups::default(),
            published: Condvar::new(),
            writer: Mutex::new(Writer {
                state: state.clone(),
                epochs: BTreeMap::new(),
                waiting: Vec::new(),
                written: 0,
                broken: None,
            }),
            flushed: Mutex::new(0),
            shown: Mutex::new(Shown { state, version: 0 }),
        })
    }

    /// What readers see now.
    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        lock(&self.shown)
    }

    /// Opens a producer: the number it must show from now on.
    pub(crate) fn open_producer(&self, id: &str) -> u64 {
        let mut writer = lock(&self.writer);
        let epoch = writer.epochs.entry(id.to_string()).or_default();
        *epoch += 1;
        *epoch
    }

    /// Publishes `batch`; gives the offsets of its records.
    pub(crate) fn publish(
        &self,
        producer: (&str, u64),
        batch: Batch,
        seat: Option<&Seat>,
    ) -> Result<Vec<u64>> {
        let mut writer = self.writer()?;
        if writer.epochs.get(producer.0) != Some(&producer.1) {
            return Err(LogError::fenced("a newer producer has this id", producer.0));
        }
        if let Some(seat) = seat {
            self.groups.check(seat)?;
        }
        let (change, records) = writer.state.plan(batch, seat.map(|s| s.group.as_str()))?;
        let offsets = records.iter().map(|(_, record)| record.offset).collect();
        if !change.ends.is_empty() || !change.committed.is_empty() {
            let written = self.write(&mut writer, change, records)?;
            drop(writer);
            self.settle(written)?;
        }
        Ok(offsets)
    }

    /// Creates the missing topics and reports those with another partition count.
    pub(crate) fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        let mut writer = self.writer()?;
        let mut change = Change::default();
        let mut mismatches = Vec::new();
        let mut number = writer.state.topics.len() as u32;
        for spec in specs {
            check_spec(spec)?;
            match writer.state.topics.get(spec.name.as_str()) {
                Some(topic) if topic.partitions != spec.partitions => {
                    mismatches.push(TopicMismatch::partitions(spec, topic.partitions));
                }
                Some(_) => {}
                None => {
                    let id = self.store.topic_id(number);
                    let topic = Topic { number, id, partitions: spec.partitions };
                    change.topics.push((spec.name.as_str().into(), topic));
                    number += 1;
                }
            }
        }
        if !change.topics.is_empty() {
            let written = self.write(&mut writer, change, Vec::new())?;
            drop(writer);
            self.settle(written)?;
        }
        Ok(mismatches)
    }

    /// Fails where the log takes no more until it is opened again.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.writer().map(drop)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>> {
        let writer = lock(&self.writer);
        match &writer.broken {
            Some(error) => Err(LogError { class: ErrorClass::Closed, ..error.clone() }),
            None => Ok(writer),
        }
    }

    fn write(&self, writer: &mut Writer, change: Change, records: Placed) -> Result<u64> {
        if let Err(error) = self.store.write(&change, records) {
            return Err(break_down(writer, error));
        }
        writer.state.apply(change.clone());
        writer.waiting.push(change);
        writer.written += 1;
        Ok(writer.written)
    }

    /// Waits until the write numbered `written` is durable and shown; whoever comes first
    /// flushes for all that are waiting.
    fn settle(&self, written: u64) -> Result<()> {
        let mut flushed = lock(&self.flushed);
        if *flushed >= written {
            return Ok(());
        }
        let (changes, upto) = {
            let mut writer = lock(&self.writer);
            // Stored before another one's flush failed, it may be there when the log is reopened.
            if let Some(error) = &writer.broken {
                return Err(error.clone());
            }
            (std::mem::take(&mut writer.waiting), writer.written)
        };
        if let Err(error) = self.store.flush() {
            return Err(break_down(&mut lock(&self.writer), error));
        }
        let mut shown = self.shown();
        changes.into_iter().for_each(|change| shown.state.apply(change));
        shown.version += 1;
        *flushed = upto;
        self.published.notify_all();
        Ok(())
    }
}

/// After a failed write or flush, what is on disk is unknown; everything that follows is
/// refused until the log is opened again.
fn break_down(writer: &mut Writer, error: LogError) -> LogError {
    let broken = LogError {
        class: ErrorClass::Uncertain,
        remedy: format!(
            "{}; then start again: the log takes no more until it is reopened",
            error.remedy
        ),
        ..error
    };
    writer.broken = Some(broken.clone());
    broken
}

fn check_spec(spec: &TopicSpec) -> Result<()> {
    let named = !spec.name.is_empty()
        && spec.name.len() <= 249
        && spec.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if named && spec.partitions > 0 {
        return Ok(());
    }
    Err(LogError::fatal(
        format!("not a topic: {} partitions", spec.partitions),
        &spec.name,
        "a name has letters, digits, '.', '_' and '-' only, and at least one partition",
    ))
}

/// A poisoned lock is taken all the same: every change under it is a single assignment or
/// is followed by a refusal of further writes.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
