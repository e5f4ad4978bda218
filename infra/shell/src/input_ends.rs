//! The ends of a run's inputs at the moment when all its roles have closed the last day.

use eventlog::{Log, Result, TopicPartition};
use schemas::Topic;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::record_codec;

/// How long a transaction may stay open: a commit is acknowledged before its markers are written.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// The end of every partition that roles read.
#[derive(Debug, Default)]
pub(crate) struct InputEnds(BTreeMap<TopicPartition, u64>);

impl InputEnds {
    /// As they are once no transaction is open in any of them, or after a few seconds.
    pub(crate) fn at_rest(log: &dyn Log, partitions: u32) -> Result<InputEnds> {
        let deadline = Instant::now() + PATIENCE;
        let mut ends = BTreeMap::new();
        for topic in Topic::ALL.into_iter().filter(|topic| topic.marked()) {
            for partition in 0..topic.partitions(partitions) {
                let place = record_codec::place(topic, partition);
                let mut end = log.watermarks(&place)?.high;
                while log.written_end(&place)? > end && Instant::now() < deadline {
                    std::thread::sleep(PAUSE);
                    end = log.watermarks(&place)?.high;
                }
                ends.insert(place, end);
            }
        }
        Ok(InputEnds(ends))
    }

    /// The end of a partition; 0 of one that no role reads.
    pub(crate) fn of(&self, place: &TopicPartition) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }
}
