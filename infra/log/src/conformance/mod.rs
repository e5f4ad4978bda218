//! What every home of the log must do, as checks that any adapter can be put through.
//!
//! A check makes its own topics, groups and transactional ids, so that they can run in any
//! order and at the same time. What an adapter cannot do is named in [`Traits`], never
//! skipped in silence.

mod groups;
mod ownership;
mod positions;
mod records;

use std::time::{Duration, Instant};

use crate::{
    Batch, ErrorClass, Fetched, Log, LogError, NewRecord, Reader, Record, TopicPartition,
    TopicSpec, Watermarks,
};

/// What differs between the homes.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    /// Whether topics can be created, described and searched by time; otherwise those of
    /// [`topics_needed`] must be there.
    pub administers: bool,
    /// Whether offsets have no gaps; Kafka's transaction markers leave some.
    pub dense: bool,
    /// Whether a publish is refused when the offsets it names have moved; on Kafka the
    /// transactional id and the generation do this.
    pub compares: bool,
    /// Whether transactions mean anything; librdkafka's test cluster shows aborted records
    /// and forgets offsets committed in a transaction.
    pub transacts: bool,
}

impl Traits {
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
pub struct Failure(String);

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self(format!("{:?}: {error}", error.class))
    }
}

type Outcome = Result<(), Failure>;
type Check = fn(&Suite<'_>) -> Outcome;

/// The checks by name. A name is also the name of the check's topics.
const CHECKS: &[(&str, Check)] = &[
    ("identity", records::identity),
    ("settings", records::settings),
    ("content", records::content),
    ("large", records::large),
    ("watermarks", records::watermarks),
    ("times", records::times),
    ("torn", records::torn),
    ("threads", records::threads),
    ("due", positions::due),
    ("seek", positions::seek),
    ("limit", positions::limit),
    ("idle", positions::idle),
    ("wake", positions::wake),
    ("beyond", positions::beyond),
    ("offsets", ownership::offsets),
    ("moved", ownership::moved),
    ("fenced", ownership::fenced),
    ("homeless", ownership::homeless),
    ("stale", ownership::stale),
    ("alone", groups::alone),
    ("shared", groups::shared),
    ("uneven", groups::uneven),
];

/// How long an adapter may take for what it is asked.
const PATIENCE: Duration = Duration::from_secs(40);
const PARTITIONS: u32 = 4;

/// The topics the checks use, for logs that cannot create them.
pub fn topics_needed(run: &str) -> Vec<TopicSpec> {
    let mut specs: Vec<TopicSpec> = CHECKS
        .iter()
        .map(|(name, _)| TopicSpec::new(format!("{run}.{name}"), PARTITIONS))
        .collect();
    specs.push(TopicSpec::new(format!("{run}.shared-too"), PARTITIONS));
    specs.push(TopicSpec::new(format!("{run}.uneven-one"), 1));
    specs
}

/// Puts `log` through every check; `run` keeps this run's names apart from others'.
/// Gives the failures.
pub fn run(log: &dyn Log, run: &str, traits: Traits) -> Vec<(&'static str, Failure)> {
    let failed = |(name, check): &(&'static str, Check)| {
        let suite = Suite { log, run, name, traits };
        let outcome = suite.prepare().and_then(|()| check(&suite));
        outcome.err().map(|failure| (*name, failure))
    };
    CHECKS.iter().filter_map(failed).collect()
}

/// One check's view of the log under test.
struct Suite<'a> {
    log: &'a dyn Log,
    run: &'a str,
    name: &'a str,
    traits: Traits,
}

impl Suite<'_> {
    fn prepare(&self) -> Outcome {
        if !self.traits.administers {
            return Ok(());
        }
        let mine = format!("{}.{}", self.run, self.name);
        let specs: Vec<_> = topics_needed(self.run)
            .into_iter()
            .filter(|spec| spec.name == mine || spec.name.starts_with(&format!("{mine}-")))
            .collect();
        let mismatches = self.log.ensure_topics(&specs)?;
        equal("mismatches after creation", &mismatches, &Vec::new())
    }

    fn topic(&self) -> String {
        format!("{}.{}", self.run, self.name)
    }

    fn tp(&self, partition: u32) -> TopicPartition {
        TopicPartition::new(self.topic(), partition)
    }

    /// The name of a group or transactional id of this check.
    fn id(&self, what: &str) -> String {
        format!("{}.{}.{what}", self.run, self.name)
    }

    fn record(&self, partition: u32, timestamp_ms: i64, value: &str) -> NewRecord {
        NewRecord {
            to: self.tp(partition),
            timestamp_ms,
            key: Some(format!("key-{value}").into_bytes()),
            value: value.as_bytes().to_vec(),
            headers: vec![("ce_id".to_string(), value.as_bytes().to_vec())],
        }
    }

    /// Publishes `count` records named by their number onto one partition.
    fn fill(&self, partition: u32, count: u32) -> Outcome {
        let records =
            (0..count).map(|i| self.record(partition, 1_000 + i64::from(i), &i.to_string()));
        let batch = Batch { records: records.collect(), ..Batch::default() };
        self.log.producer(&self.id("fill"))?.publish(batch, None)?;
        Ok(())
    }

    /// The ends of a partition. On Kafka a commit returns a moment before its markers let
    /// readers past, so there the end is asked for until it stands still.
    fn ends(&self, partition: u32) -> Result<Watermarks, Failure> {
        let mut ends = self.log.watermarks(&self.tp(partition))?;
        if self.traits.dense {
            return Ok(ends);
        }
        loop {
            std::thread::sleep(Duration::from_millis(250));
            let now = self.log.watermarks(&self.tp(partition))?;
            if now == ends {
                return Ok(ends);
            }
            ends = now;
        }
    }

    /// Everything on a partition, read to its high watermark.
    fn everything(&self, partition: u32) -> Result<Vec<Record>, Failure> {
        let tp = self.tp(partition);
        let high = self.ends(partition)?.high;
        let mut reader = self.log.reader()?;
        Ok(read_to(&mut *reader, &tp, 0, high)?.0)
    }
}

/// Reads one partition until its position reaches `high`.
fn read_to(
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
        for Fetched { tp: found, records: more, position: next } in fetched {
            equal("the partition read", &found, tp)?;
            records.extend(more);
            position = next;
        }
        if Instant::now() > deadline {
            return Err(Failure(format!("{tp} stands at {position}, its end is {high}")));
        }
    }
    Ok((records, position))
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    match found == expected {
        true => Ok(()),
        false => Err(Failure(format!("{what}: found {found:?}, expected {expected:?}"))),
    }
}

fn holds(what: &str, held: bool) -> Outcome {
    if held { Ok(()) } else { Err(Failure(format!("it does not hold that {what}"))) }
}

/// The call must have been refused with `class`.
fn refused<T: std::fmt::Debug>(what: &str, result: crate::Result<T>, class: ErrorClass) -> Outcome {
    match result {
        Err(error) if error.class == class => {
            holds("an error names a place and a remedy", !error.remedy.is_empty())
        }
        other => Err(Failure(format!("{what}: expected {class:?}, found {other:?}"))),
    }
}

fn values(records: &[Record]) -> Vec<String> {
    records.iter().map(|r| String::from_utf8_lossy(&r.value).into_owned()).collect()
}
