//! Reading one partition over a range of offsets: a log that gives nothing for a while is tried
//! again, and reported in the end, never taken for one that has ended.

use std::ops::Range;
use std::time::Duration;

use crate::{ErrorClass, Log, LogError, Reader, Record, Result, TopicPartition};

/// Records of one poll, at most.
const MOST_RECORDS: usize = 5_000;
const WAIT: Duration = Duration::from_secs(5);
/// Empty polls in a row before reading fails. A Kafka reader needs up to eight seconds to notice
/// that librdkafka has stopped fetching.
const PATIENCE: u32 = 3;

/// Reads ranges of single partitions, one after another. On Kafka it is one connection, so that
/// several ranges are better read through the same one.
pub struct PartitionReader(Box<dyn Reader>);

impl PartitionReader {
    /// A reader of `log`.
    pub fn new(log: &dyn Log) -> Result<Self> {
        log.reader().map(Self)
    }

    /// The records of `place` at the offsets of `range`.
    pub fn records(&mut self, place: &TopicPartition, range: Range<u64>) -> PartitionRecords<'_> {
        PartitionRecords {
            reader: &mut *self.0,
            place: place.clone(),
            position: range.start,
            end: range.end,
            batch: Vec::new().into_iter(),
        }
    }

    /// The records of `place` up to its high watermark as it is now.
    pub fn to_end(
        &mut self,
        log: &dyn Log,
        place: &TopicPartition,
    ) -> Result<PartitionRecords<'_>> {
        let ends = log.watermarks(place)?;
        Ok(self.records(place, ends.low..ends.high))
    }
}

impl From<Box<dyn Reader>> for PartitionReader {
    fn from(reader: Box<dyn Reader>) -> Self {
        Self(reader)
    }
}

/// The records of a range, read as they are asked for. An error may be passing: the next call tries
/// again from the same position.
pub struct PartitionRecords<'a> {
    reader: &'a mut dyn Reader,
    place: TopicPartition,
    position: u64,
    end: u64,
    batch: std::vec::IntoIter<Record>,
}

impl PartitionRecords<'_> {
    /// The next records, as many as one poll gives; `None` at the end of the range. They may be
    /// empty where only the position moved.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Record>>> {
        let left: Vec<Record> = std::mem::take(&mut self.batch).collect();
        if !left.is_empty() {
            return Ok(Some(left));
        }
        if self.position >= self.end {
            return Ok(None);
        }
        let due = [(self.place.clone(), self.position)];
        for _ in 0..PATIENCE {
            if let Some(mut fetched) =
                self.reader.poll(&due, MOST_RECORDS, WAIT)?.into_iter().next()
            {
                self.position = fetched.position.min(self.end);
                fetched.records.retain(|record| record.offset < self.end);
                return Ok(Some(fetched.into_records().collect()));
            }
        }
        Err(LogError::new(
            ErrorClass::Retry,
            format!("the log gave nothing at offset {}, though it holds more", self.position),
            self.place.to_string(),
            "check that it can be reached; it is tried again",
        ))
    }

    /// The offset after everything read so far, transaction markers included.
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl Iterator for PartitionRecords<'_> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(Ok(record));
            }
            match self.next_batch() {
                Ok(Some(batch)) => self.batch = batch.into_iter(),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Fetched, MemoryLog, NewRecord, TopicSpec};

    fn filled(count: u8) -> (MemoryLog, TopicPartition) {
        let log = MemoryLog::new("memory").unwrap();
        log.ensure_topics(&[TopicSpec::new("t", 1)]).unwrap();
        let place = TopicPartition::new("t", 0);
        let record = |value: u8| NewRecord {
            to: place.clone(),
            timestamp_ms: 1,
            key: None,
            value: vec![value],
            headers: Default::default(),
        };
        let records = (0..count).map(record).collect();
        log.producer("p").unwrap().publish(Batch { records, ..Batch::default() }, None).unwrap();
        (log, place)
    }

    fn offsets(records: PartitionRecords<'_>) -> Vec<u64> {
        records.map(|record| record.unwrap().offset).collect()
    }

    #[test]
    fn a_range_is_read_to_its_end_and_no_further() {
        let (log, place) = filled(9);
        let mut reader = PartitionReader::new(&log).unwrap();
        assert_eq!(offsets(reader.records(&place, 2..5)), [2, 3, 4]);
        assert!(offsets(reader.records(&place, 7..7)).is_empty());
        assert_eq!(offsets(reader.to_end(&log, &place).unwrap()).len(), 9);
        let mut records = reader.records(&place, 3..8);
        assert_eq!(records.next().unwrap().unwrap().offset, 3);
        assert_eq!(records.next_batch().unwrap().unwrap().len(), 4, "the rest of the batch");
        assert_eq!((records.next_batch().unwrap(), records.position()), (None, 8));
    }

    /// Gives nothing, `self.0` times; then the position moves as behind a transaction marker.
    struct Silent(u32);

    impl Reader for Silent {
        fn poll(
            &mut self,
            due: &[(TopicPartition, u64)],
            _: usize,
            _: Duration,
        ) -> Result<Vec<Fetched>> {
            if self.0 > 0 {
                self.0 -= 1;
                return Ok(Vec::new());
            }
            let (tp, from) = due[0].clone();
            Ok(vec![Fetched { tp, records: Vec::new(), position: from + 1 }])
        }
    }

    #[test]
    fn silence_is_an_error_in_the_end_and_never_the_end() {
        let place = TopicPartition::new("t", 0);
        let read = |silent| {
            let reader: Box<dyn Reader> = Box::new(Silent(silent));
            PartitionReader::from(reader).records(&place, 0..1).next()
        };
        assert_eq!(read(PATIENCE - 1), None, "a marker and nothing else");
        let error = read(PATIENCE).unwrap().unwrap_err();
        assert_eq!(error.class, ErrorClass::Retry, "{error}");
    }
}
