//! A log in memory with a fault, for tests: it shows records late, as Kafka does, forgets committed offsets for a
//! while, as a broker that has just started, or takes no more writes, as on a full disk.

use eventlog::{
    ErrorClass, Log, LogError, Member, MemoryLog, Producer, Reader, Result, TopicInfo,
    TopicMismatch, TopicPartition, TopicSpec, Watermarks,
};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// A log in memory and its fault.
pub(crate) struct FaultyMemoryLog {
    inner: MemoryLog,
    /// How many looks at a grown partition still show its old end.
    late: u32,
    closed: bool,
    /// How many more questions for committed offsets it answers as if there were none.
    forgets: AtomicU32,
    /// The ends shown last, and how many looks have shown them since the partitions grew.
    shown: Mutex<BTreeMap<TopicPartition, (u64, u32)>>,
}

impl FaultyMemoryLog {
    fn new(late: u32, closed: bool) -> FaultyMemoryLog {
        let inner = MemoryLog::new("troubled").unwrap();
        FaultyMemoryLog { inner, late, closed, forgets: AtomicU32::new(0), shown: Mutex::default() }
    }

    /// Shows every publish only at the third look.
    pub(crate) fn late() -> FaultyMemoryLog {
        FaultyMemoryLog::new(2, false)
    }

    /// Answers a question for committed offsets rightly only when it is asked for the third time.
    pub(crate) fn forgetful() -> FaultyMemoryLog {
        FaultyMemoryLog { forgets: AtomicU32::new(2), ..FaultyMemoryLog::new(0, false) }
    }

    /// Takes no writes until it is opened again.
    pub(crate) fn closed() -> FaultyMemoryLog {
        FaultyMemoryLog::new(0, true)
    }
}

impl Log for FaultyMemoryLog {
    fn identity(&self) -> Result<String> {
        self.inner.identity()
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        self.inner.topic_identity(topic)
    }

    fn check_open(&self) -> Result<()> {
        match self.closed {
            true => Err(LogError::new(ErrorClass::Closed, "it takes no more", "memory", "reopen")),
            false => Ok(()),
        }
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.inner.ensure_topics(specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.inner.topics()
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        let ends = self.inner.watermarks(tp)?;
        let mut all = self.shown.lock();
        let (high, looks) = all.entry(tp.clone()).or_default();
        if ends.high > *high && *looks < self.late {
            *looks += 1;
        } else {
            (*high, *looks) = (ends.high, 0);
        }
        Ok(Watermarks { high: *high, ..ends })
    }

    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        self.inner.watermarks(tp).map(|ends| ends.high)
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        self.inner.offset_for_time(tp, timestamp_ms)
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        let known = self.inner.committed(group, tps)?;
        let less = |left: u32| left.checked_sub(1);
        match self.forgets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(_) => Ok(vec![None; known.len()]),
            Err(_) => Ok(known),
        }
    }

    fn groups(&self) -> Result<Vec<String>> {
        self.inner.groups()
    }

    fn active_groups(&self) -> Result<Vec<String>> {
        self.inner.active_groups()
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        self.inner.reader()
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        self.inner.member(group, instance, topics)
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        self.inner.producer(transactional_id)
    }
}
