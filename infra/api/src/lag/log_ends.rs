//! The partitions of a run as they are now: where each begins and ends, and which an open transaction holds back.

use anyhow::Result;
use eventlog::{Log, TopicPartition, Watermarks};
use run::data_dir::{self, RunDir};
use schemas::Topic;
use serde::Serialize;
use shell::record_codec;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A transaction that is still open after so long is no publish in progress.
const PUBLISHING: Duration = Duration::from_millis(300);

/// A partition behind whose readable end an open transaction has written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HeldBack {
    /// The topic's short name.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// Readers see what is before this offset, the last stable one.
    pub readable_to: u64,
    /// What is written ends here.
    pub written_to: u64,
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeldBack { topic, partition, readable_to, written_to } = self;
        write!(
            f,
            "an open transaction holds back {topic}/{partition} from offset {readable_to} on, of {written_to} written"
        )
    }
}

/// The partitions of `run` that an open transaction holds back.
///
/// # Errors
/// There is no such run, or its log does not answer.
pub fn held_back(run: &RunDir) -> Result<Vec<HeldBack>> {
    let opened = data_dir::reach(run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let mut ends = LogEnds::read(&*opened.log, partitions)?;
    ends.look_behind(&*opened.log, partitions)?;
    Ok(ends.held.into_values().collect())
}

/// The ends of every partition that a role reads.
#[derive(Default)]
pub(crate) struct LogEnds {
    pub(crate) ends: BTreeMap<TopicPartition, Watermarks>,
    pub(crate) held: BTreeMap<TopicPartition, HeldBack>,
}

impl LogEnds {
    /// The ends as readers of committed records see them.
    pub(crate) fn read(log: &dyn Log, partitions: u32) -> Result<LogEnds> {
        let mut ends = BTreeMap::new();
        for (topic, partition) in inputs(partitions) {
            let place = record_codec::place(topic, partition);
            let watermarks = log.watermarks(&place)?;
            ends.insert(place, watermarks);
        }
        Ok(LogEnds { ends, held: BTreeMap::new() })
    }

    /// Looks which partitions an open transaction holds back.
    pub(crate) fn look_behind(&mut self, log: &dyn Log, partitions: u32) -> Result<()> {
        let mut open = Vec::new();
        for (topic, partition) in inputs(partitions) {
            let place = record_codec::place(topic, partition);
            if log.written_end(&place)? > self.end(&place) {
                open.push((topic, place));
            }
        }
        if !open.is_empty() {
            std::thread::sleep(PUBLISHING);
        }
        for (topic, place) in open {
            let (readable_to, written_to) = (self.end(&place), log.written_end(&place)?);
            if log.watermarks(&place)?.high == readable_to && written_to > readable_to {
                let partition = place.partition;
                let held = HeldBack { topic: topic.dataset(), partition, readable_to, written_to };
                self.held.insert(place, held);
            }
        }
        Ok(())
    }

    pub(crate) fn end(&self, place: &TopicPartition) -> u64 {
        self.ends.get(place).map_or(0, |ends| ends.high)
    }

    pub(crate) fn start(&self, place: &TopicPartition) -> u64 {
        self.ends.get(place).map_or(0, |ends| ends.low)
    }
}

/// The partitions of all topics that roles read by days.
fn inputs(partitions: u32) -> impl Iterator<Item = (Topic, u32)> {
    let topics = Topic::ALL.into_iter().filter(|topic| topic.marked());
    topics.flat_map(move |topic| (0..topic.partitions(partitions)).map(move |one| (topic, one)))
}
