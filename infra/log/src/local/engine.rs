//! The rules of a local log: check, store, flush, show.
//!
//! There are two copies of the [`LogState`]: the writer's includes changes that are stored but not
//! flushed, the readers' does not. A flush moves the changes from one to the other.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use parking_lot::{Mutex, MutexGuard};

use super::groups::{Groups, Seat};
use super::state::{LogState, Placed, Slot, StateChange, StoredTopic};
use super::waiting::Waiting;
use crate::group_admin::has_members;
use crate::{Batch, ErrorClass, LogError, Record, Result, SharedRecord, TopicMismatch, TopicSpec};

/// Where records are kept.
pub(crate) trait Store: Send + Sync {
    /// The stored state.
    fn load(&self) -> Result<LogState>;
    /// Stores a change of the state `before`, whole or not at all; durable after the next flush.
    fn write(&self, change: &StateChange, before: &LogState, records: Placed) -> Result<()>;
    /// Makes everything stored so far durable.
    fn flush(&self) -> Result<()>;
    /// Appends the records `from..end` to `out` for as long as `room` allows.
    fn read(
        &self,
        at: Slot,
        from: u64,
        end: u64,
        room: &mut Room,
        out: &mut Vec<SharedRecord>,
    ) -> Result<()>;
    /// The timestamp of one record.
    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64>;
    /// An identity for a new topic that no earlier topic had.
    fn topic_id(&self, number: u32) -> String;
    /// Fails where nothing can be written.
    fn check_writes(&self) -> Result<()> {
        Ok(())
    }
    /// How often it was written.
    fn writes(&self) -> u64 {
        0
    }
    /// Checks the stored records against their sum.
    fn check_records(&self) -> Result<()> {
        Ok(())
    }
}

/// Records and bytes that one poll may still take.
#[derive(Clone, Copy)]
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

    /// Appends shared records to `out` for as long as they are to be taken.
    pub(crate) fn fill<'a>(
        &mut self,
        records: impl Iterator<Item = &'a SharedRecord>,
        out: &mut Vec<SharedRecord>,
    ) {
        for record in records {
            if !self.left() {
                break;
            }
            self.take(record);
            out.push(record.clone());
        }
    }

    /// Counts one record.
    pub(crate) fn take(&mut self, record: &Record) {
        self.records -= 1;
        self.bytes = self.bytes.saturating_sub(record.bytes());
    }
}

struct Writer {
    state: LogState,
    epochs: BTreeMap<String, u64>,
    waiting: Vec<StateChange>,
    written: u64,
}

/// The state that readers see, and who waits for a change of it.
pub(crate) struct Visible {
    pub(crate) state: LogState,
    pub(crate) waiting: Waiting,
}

/// A local log.
pub struct Engine {
    pub(crate) store: Box<dyn Store>,
    pub(crate) identity: String,
    pub(crate) groups: Groups,
    writer: Mutex<Writer>,
    /// Set under the writer's lock. Roles ask for it each time they look for work, and do not wait for a writer.
    broken: OnceLock<LogError>,
    flushed: Mutex<u64>,
    visible: Mutex<Visible>,
}

impl Engine {
    /// A log over `store` and its contents.
    pub(crate) fn new(store: Box<dyn Store>, identity: String) -> Result<Self> {
        let state = store.load()?;
        Ok(Self {
            store,
            identity,
            groups: Groups::default(),
            writer: Mutex::new(Writer {
                state: state.clone(),
                epochs: BTreeMap::new(),
                waiting: Vec::new(),
                written: 0,
            }),
            broken: OnceLock::new(),
            flushed: Mutex::new(0),
            visible: Mutex::new(Visible { state, waiting: Waiting::default() }),
        })
    }

    /// The state that readers see.
    pub(crate) fn visible(&self) -> MutexGuard<'_, Visible> {
        self.visible.lock()
    }

    /// Opens a producer; returns the epoch it must show from now on.
    pub(crate) fn open_producer(&self, id: &str) -> u64 {
        let mut writer = self.writer.lock();
        let epoch = writer.epochs.entry(id.to_string()).or_default();
        *epoch += 1;
        *epoch
    }

    /// Publishes `batch`; returns the offsets of its records.
    pub(crate) fn publish(
        &self,
        producer: (&str, u64),
        batch: Batch,
        seat: Option<&Seat>,
    ) -> Result<Vec<u64>> {
        let mut writer = self.writer()?;
        // Nobody else writes meanwhile.
        self.store.check_writes()?;
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
            self.make_durable(written)?;
        }
        Ok(offsets)
    }

    /// Creates the missing topics and reports those with another partition count.
    pub(crate) fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        let mut writer = self.writer()?;
        let mut change = StateChange::default();
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
                    let topic = StoredTopic { number, id, partitions: spec.partitions };
                    change.topics.push((spec.name.as_str().into(), topic));
                    number += 1;
                }
            }
        }
        if !change.topics.is_empty() {
            self.store.check_writes()?;
            let written = self.write(&mut writer, change, Vec::new())?;
            drop(writer);
            self.make_durable(written)?;
        }
        Ok(mismatches)
    }

    /// Changes what `group` has committed, as `plan` says; refused while it has members.
    pub(crate) fn change_offsets(
        &self,
        group: &str,
        plan: impl FnOnce(&LogState) -> Result<StateChange>,
    ) -> Result<()> {
        let mut writer = self.writer()?;
        if self.groups.names().iter().any(|active| active == group) {
            return Err(has_members(group));
        }
        let change = plan(&writer.state)?;
        if change.committed.is_empty() {
            return Ok(());
        }
        self.store.check_writes()?;
        let written = self.write(&mut writer, change, Vec::new())?;
        drop(writer);
        self.make_durable(written)
    }

    /// Fails where the log takes no writes until it is opened again.
    pub(crate) fn check_open(&self) -> Result<()> {
        match self.broken.get() {
            Some(error) => Err(LogError { class: ErrorClass::Closed, ..error.clone() }),
            None => Ok(()),
        }
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>> {
        let writer = self.writer.lock();
        self.check_open().map(|()| writer)
    }

    fn write(&self, writer: &mut Writer, change: StateChange, records: Placed) -> Result<u64> {
        if let Err(error) = self.store.write(&change, &writer.state, records) {
            return Err(self.break_down(error));
        }
        writer.state.apply(change.clone());
        writer.waiting.push(change);
        writer.written += 1;
        Ok(writer.written)
    }

    /// Waits until the write numbered `written` is durable and visible. The first to wait flushes
    /// for all others.
    fn make_durable(&self, written: u64) -> Result<()> {
        let mut flushed = self.flushed.lock();
        if *flushed >= written {
            return Ok(());
        }
        let (changes, upto) = {
            let mut writer = self.writer.lock();
            // Stored before another publish's flush failed: a reopened log may hold it.
            if let Some(error) = self.broken.get() {
                return Err(error.clone());
            }
            (std::mem::take(&mut writer.waiting), writer.written)
        };
        if let Err(error) = self.store.flush() {
            let _writer = self.writer.lock();
            return Err(self.break_down(error));
        }
        let mut visible = self.visible();
        for change in changes {
            visible.waiting.tell(&change);
            visible.state.apply(change);
        }
        *flushed = upto;
        Ok(())
    }

    /// After a failed write or flush the contents of the disk are unknown; every later write is refused
    /// until the log is opened again. The caller holds the writer's lock.
    fn break_down(&self, error: LogError) -> LogError {
        let remedy = "then start again: the log takes no writes until it is reopened";
        let remedy = format!("{}; {remedy}", error.remedy);
        let broken = LogError { class: ErrorClass::Uncertain, remedy, ..error };
        let _ = self.broken.set(broken.clone());
        broken
    }
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
