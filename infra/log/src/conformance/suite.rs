//! One check's view of the log under test, and what all checks share.

use std::borrow::Borrow;
use std::time::{Duration, Instant};

use crate::{
    Batch, ErrorClass, Headers, Log, LogError, NewRecord, Reader, Record, TopicPartition,
    TopicSpec, Watermarks,
};

/// How long an adapter may take for a call.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);
pub(super) const PARTITIONS: u32 = 4;

/// What an adapter can do, where the homes differ.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    /// Whether topics can be created, described and searched by time; otherwise those of
    /// [`topics_needed`](super::topics_needed) must exist.
    pub administers: bool,
    /// Whether offsets have no gaps; Kafka's transaction markers leave some.
    pub dense: bool,
    /// Whether a publish is refused when the offsets it names have moved; on Kafka the
    /// transactional id and the generation take care of that.
    pub compares: bool,
    /// Whether transactions work; librdkafka's test cluster shows aborted records and forgets
    /// offsets committed in a transaction.
    pub transacts: bool,
}

impl Capabilities {
    /// The embedded log, the log in memory, and either of them over HTTP.
    pub const LOCAL: Self =
        Self { administers: true, dense: true, compares: true, transacts: true };
    /// A real Kafka cluster.
    pub const KAFKA: Self =
        Self { administers: true, dense: false, compares: false, transacts: true };
    /// librdkafka's test cluster, which proves nothing about transactions.
    pub const MOCK: Self =
        Self { administers: false, dense: false, compares: false, transacts: false };
}

/// Why an adapter failed a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub(super) String);

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self(format!("{:?}: {error}", error.class))
    }
}

pub(super) type Outcome = Result<(), Failure>;

/// One check's view of the log under test.
pub(super) struct Suite<'a> {
    pub(super) log: &'a dyn Log,
    pub(super) run: &'a str,
    pub(super) name: &'a str,
    pub(super) can: Capabilities,
}

impl Suite<'_> {
    pub(super) fn prepare(&self, topics: Vec<TopicSpec>) -> Outcome {
        if !self.can.administers {
            return Ok(());
        }
        let mine = format!("{}.{}", self.run, self.name);
        let specs: Vec<_> = topics
            .into_iter()
            .filter(|spec| spec.name == mine || spec.name.starts_with(&format!("{mine}-")))
            .collect();
        let mismatches = self.log.ensure_topics(&specs)?;
        equal("mismatches after creation", &mismatches, &Vec::new())
    }

    pub(super) fn topic(&self) -> String {
        format!("{}.{}", self.run, self.name)
    }

    pub(super) fn tp(&self, partition: u32) -> TopicPartition {
        TopicPartition::new(self.topic(), partition)
    }

    /// The name of a group or transactional id of this check.
    pub(super) fn id(&self, what: &str) -> String {
        format!("{}.{}.{what}", self.run, self.name)
    }

    pub(super) fn record(&self, partition: u32, timestamp_ms: i64, value: &str) -> NewRecord {
        NewRecord {
            to: self.tp(partition),
            timestamp_ms,
            key: Some(format!("key-{value}").into_bytes()),
            value: value.as_bytes().to_vec(),
            headers: Headers::from([("ce_id", value)]),
        }
    }

    /// Publishes `count` records named by their number onto one partition.
    pub(super) fn fill(&self, partition: u32, count: u32) -> Outcome {
        let records =
            (0..count).map(|i| self.record(partition, 1_000 + i64::from(i), &i.to_string()));
        let batch = Batch { records: records.collect(), ..Batch::default() };
        self.log.producer(&self.id("fill"))?.publish(batch, None)?;
        Ok(())
    }

    /// The ends of a partition in which no transaction is open. On Kafka a commit returns before readers can see it, on a
    /// busy broker long before, so the end is asked for until it is that of all that is written.
    pub(super) fn ends(&self, partition: u32) -> Result<Watermarks, Failure> {
        let tp = self.tp(partition);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ends = self.log.watermarks(&tp)?;
            let written = self.log.written_end(&tp)?;
            if ends.high == written {
                return Ok(ends);
            }
            if Instant::now() > deadline {
                let high = ends.high;
                return Err(Failure(format!("{tp} is written to {written}, readers see {high}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All records of a partition, up to its high watermark.
    pub(super) fn everything(&self, partition: u32) -> Result<Vec<Record>, Failure> {
        let tp = self.tp(partition);
        let high = self.ends(partition)?.high;
        let mut reader = self.log.reader()?;
        Ok(read_to(&mut *reader, &tp, 0, high)?.0)
    }
}

/// Reads one partition until its position reaches `high`.
pub(super) fn read_to(
    reader: &mut dyn Reader,
    tp: &TopicPartition,
    from: u64,
    high: u64,
) -> Result<(Vec<Record>, u64), Failure> {
    let mut records = Vec::new();
    let mut position = from;
    let deadline = Instant::now() + PATIENCE;
    while position < high {
        let fetched = reader.poll(&[(tp.clone(), position)], 1_000, Duration::from_millis(200))?;
        for fetched in fetched {
            equal("the partition read", &fetched.tp, tp)?;
            position = fetched.position;
            records.extend(fetched.into_records());
        }
        if Instant::now() > deadline {
            return Err(Failure(format!("{tp} stands at {position}, its end is {high}")));
        }
    }
    Ok((records, position))
}

pub(super) fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Outcome {
    match found == expected {
        true => Ok(()),
        false => Err(Failure(format!("{what}: found {found:?}, expected {expected:?}"))),
    }
}

pub(super) fn holds(what: &str, held: bool) -> Outcome {
    if held { Ok(()) } else { Err(Failure(format!("it does not hold that {what}"))) }
}

/// The call must have been refused with `class`.
pub(super) fn refused<T: std::fmt::Debug>(
    what: &str,
    result: crate::Result<T>,
    class: ErrorClass,
) -> Outcome {
    match result {
        Err(error) if error.class == class => {
            holds("an error names a place and a remedy", !error.remedy.is_empty())
        }
        other => Err(Failure(format!("{what}: expected {class:?}, found {other:?}"))),
    }
}

pub(super) fn values<R: Borrow<Record>>(records: &[R]) -> Vec<String> {
    let value = |record: &R| String::from_utf8_lossy(&record.borrow().value).into_owned();
    records.iter().map(value).collect()
}
