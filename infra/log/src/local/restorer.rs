//! Fills a new log from a backup: records at their own offsets, offsets committed without a group's member.

use std::path::Path;

use super::disk::DiskStore;
use super::engine::Store;
use super::state::{LogState, StateChange, StoredTopic};
use crate::{Batch, LogError, NewRecord, Record, Result, TopicPartition};

/// Records of one write.
const MOST: usize = 2_000;

/// A log that is being restored.
pub(crate) struct Restorer {
    disk: DiskStore,
    state: LogState,
    waiting: Vec<NewRecord>,
    committed: Vec<(String, TopicPartition, u64)>,
    /// Ends, with what waits counted in.
    ends: std::collections::BTreeMap<TopicPartition, u64>,
}

impl Restorer {
    /// A new log in `folder` with these identities; `topics` are names, partitions and identities.
    pub(crate) fn new(
        folder: &Path,
        identity: &str,
        topics: Vec<(String, u32, String)>,
    ) -> Result<Self> {
        let disk = DiskStore::create(&kv::Db::open(folder)?, identity)?;
        let numbered = topics.into_iter().enumerate().map(|(number, (name, partitions, id))| {
            (name.into(), StoredTopic { number: number as u32, id, partitions })
        });
        let change = StateChange { topics: numbered.collect(), ..StateChange::default() };
        let mut state = LogState::default();
        disk.write(&change, &state, Vec::new())?;
        state.apply(change);
        Ok(Self {
            disk,
            state,
            waiting: Vec::new(),
            committed: Vec::new(),
            ends: Default::default(),
        })
    }

    /// Adds the next record of `of`.
    pub(crate) fn record(&mut self, of: &TopicPartition, record: Record) -> Result<()> {
        let end = self.ends.entry(of.clone()).or_default();
        if *end != record.offset {
            let what = format!("offset {} follows {end}", record.offset);
            return Err(LogError::fatal(what, of, "name a whole backup"));
        }
        *end += 1;
        let Record { timestamp_ms, key, value, headers, .. } = record;
        self.waiting.push(NewRecord { to: of.clone(), timestamp_ms, key, value, headers });
        if self.waiting.len() < MOST { Ok(()) } else { self.write() }
    }

    /// Adds a committed offset.
    pub(crate) fn offset(&mut self, group: String, of: TopicPartition, next: u64) {
        self.committed.push((group, of, next));
    }

    /// Writes what waits and makes all of it durable.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.write()?;
        let committed = std::mem::take(&mut self.committed);
        let committed =
            committed.into_iter().map(|(group, of, next)| (group, of, Some(next))).collect();
        let change = StateChange { committed, ..StateChange::default() };
        self.disk.write(&change, &self.state, Vec::new())?;
        self.disk.flush()
    }

    fn write(&mut self) -> Result<()> {
        let records = std::mem::take(&mut self.waiting);
        let (change, placed) = self.state.plan(Batch { records, ..Batch::default() }, None)?;
        self.disk.write(&change, &self.state, placed)?;
        self.state.apply(change);
        Ok(())
    }
}
