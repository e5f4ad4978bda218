//! A log that shows a commit a moment after it is made, as Kafka does.

use super::*;
use eventlog::{
    Member, MemoryLog, Producer, Reader, Result, TopicInfo, TopicPartition, Watermarks,
};
use schemas::Day;
use schemas::events::{Halted, Settings};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// For so many questions `controls` ends where it ended before the last publish.
const LATE: u64 = 3;

/// A log that shows late, what its `controls` end at for readers, and how often it was asked since.
struct Late {
    log: MemoryLog,
    shown: Mutex<u64>,
    asked: AtomicU64,
}

impl Log for Late {
    fn identity(&self) -> Result<String> {
        self.log.identity()
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        self.log.topic_identity(topic)
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.log.ensure_topics(specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.log.topics()
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        let ends = self.log.watermarks(tp)?;
        if &*tp.topic != Topic::Controls.name() {
            return Ok(ends);
        }
        let mut shown = self.shown.lock().unwrap();
        if *shown < ends.high && self.asked.fetch_add(1, Relaxed) >= LATE {
            *shown = ends.high;
            self.asked.store(0, Relaxed);
        }
        Ok(Watermarks { high: *shown, ..ends })
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        self.log.offset_for_time(tp, timestamp_ms)
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        self.log.committed(group, tps)
    }

    fn groups(&self) -> Result<Vec<String>> {
        self.log.groups()
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        self.log.reader()
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        self.log.member(group, instance, topics)
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        self.log.producer(transactional_id)
    }
}

#[test]
fn what_was_said_is_seen_by_whoever_looks_next_though_the_log_shows_it_late() {
    let log = Late {
        log: MemoryLog::new("late").unwrap(),
        shown: Mutex::new(0),
        asked: AtomicU64::new(0),
    };
    ensure_topics(&log, 1).unwrap();
    let run = RunOpened {
        kind: "live".to_owned(),
        source: "sim:1".to_owned(),
        first_day: Day(11),
        previous_day: Day(10),
        scan_from: Day(11),
        settings: Settings::default(),
    };

    open(&log, 1, &run, Vec::new(), None).unwrap();
    // A role that is started now would end where it found no run.
    assert_eq!(opened(&log).unwrap().map(|run| run.first_day), Some(Day(11)));

    let halted = Halted { track: None, reason: "for the test".to_owned() };
    assert_eq!(say(&log, Controls::Halted(halted)).unwrap(), 2);
    let mut book = ControlBook::new(&log).unwrap();
    book.refresh(&log).unwrap();
    assert!(!book.latest().halted.is_empty());
}
