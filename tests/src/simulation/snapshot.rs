//! A log and the saved states at one moment, and copies of both to go on from.

use super::dimensions::PARTITIONS;
use eventlog::{Batch, Consumed, Log, MemoryLog, NewRecord, Record, TopicPartition};
use schemas::Topic;
use schemas::role::Role;
use shell::checkpoint::{CheckpointStore, MemoryCheckpoints, UnitCheckpoint};
use std::collections::BTreeMap;
use std::time::Duration;

/// Every record of a log by partition.
pub type Contents = BTreeMap<TopicPartition, Vec<Record>>;

/// A log's records, committed offsets and the states beside it.
#[derive(Default)]
pub struct Snapshot {
    records: Vec<NewRecord>,
    committed: BTreeMap<&'static str, Vec<Consumed>>,
    /// Saved states by unit.
    pub states: BTreeMap<String, UnitCheckpoint>,
    /// Where each partition ended.
    pub ends: BTreeMap<TopicPartition, u64>,
}

fn places() -> impl Iterator<Item = TopicPartition> {
    Topic::ALL.into_iter().flat_map(|topic| {
        (0..topic.partitions(PARTITIONS))
            .map(move |partition| TopicPartition::new(topic.name(), partition))
    })
}

/// Every record of `log` at or after `from`.
pub fn contents(log: &dyn Log, from: &BTreeMap<TopicPartition, u64>) -> Contents {
    let mut reader = log.reader().unwrap();
    let mut found = Contents::new();
    for place in places() {
        let mut next = from.get(&place).copied().unwrap_or(0);
        let records = found.entry(place.clone()).or_default();
        while next < log.watermarks(&place).unwrap().high {
            for fetched in reader.poll(&[(place.clone(), next)], 10_000, Duration::ZERO).unwrap() {
                next = fetched.position;
                records.extend(fetched.into_records());
            }
        }
    }
    found
}

/// The committed offsets of every role's group.
pub fn committed(log: &dyn Log) -> BTreeMap<&'static str, Vec<Consumed>> {
    let places: Vec<TopicPartition> = places().collect();
    let groups = Role::ALL.into_iter().map(|role| {
        let offsets = log.committed(role.name(), &places).unwrap();
        let held = places
            .iter()
            .zip(offsets)
            .filter_map(|(tp, next)| Some(Consumed { tp: tp.clone(), from: 0, next: next? }));
        (role.name(), held.collect())
    });
    groups.collect()
}

impl Snapshot {
    /// Of `log` and `states`, without the headers that no role reads: those are most of a copy's cost.
    pub fn of(log: &MemoryLog, states: &MemoryCheckpoints) -> Snapshot {
        let contents = contents(log, &BTreeMap::new());
        let ends =
            contents.iter().map(|(tp, records)| (tp.clone(), records.len() as u64)).collect();
        let read = |name: &str| matches!(name, "causation_id" | "correlation_id" | "ce_source");
        let records = contents.into_iter().flat_map(|(tp, records)| {
            records.into_iter().map(move |record| NewRecord {
                to: tp.clone(),
                timestamp_ms: record.timestamp_ms,
                key: record.key,
                value: record.value,
                headers: record.headers.iter().filter(|(name, _)| read(name)).collect(),
            })
        });
        Snapshot {
            records: records.collect(),
            committed: committed(log),
            states: states.all(),
            ends,
        }
    }

    /// A copy of the log and the states.
    pub fn fork(&self) -> (MemoryLog, MemoryCheckpoints) {
        self.fork_with(&mut |_, consumed| Some(consumed.next))
    }

    /// The same where somebody has set the groups' offsets; `None` deletes one.
    pub fn fork_with(
        &self,
        set: &mut dyn FnMut(&str, &Consumed) -> Option<u64>,
    ) -> (MemoryLog, MemoryCheckpoints) {
        let log = MemoryLog::new("simulated").unwrap();
        shell::open::ensure_topics(&log, PARTITIONS).unwrap();
        let mut producer = log.producer("fork").unwrap();
        let batch = Batch { records: self.records.clone(), ..Batch::default() };
        producer.publish(batch, None).unwrap();
        for (group, consumed) in &self.committed {
            let mut member =
                log.member(group, "fork", &[Topic::Controls.name().to_owned()]).unwrap();
            member.poll().unwrap();
            let consumed = consumed
                .iter()
                .filter_map(|one| Some(Consumed { next: set(group, one)?, ..one.clone() }));
            let batch = Batch { consumed: consumed.collect(), ..Batch::default() };
            producer.publish(batch, Some(&*member)).unwrap();
        }
        (log, states(&self.states))
    }
}

/// A state folder with these units in it.
pub fn states(units: &BTreeMap<String, UnitCheckpoint>) -> MemoryCheckpoints {
    let states = MemoryCheckpoints::default();
    states.save(&mut units.clone().into_iter()).unwrap();
    states
}
