//! The store in ordered maps: nothing is random, nothing outlives it.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::engine::{Room, Store};
use super::state::{LogState, Placed, Slot, StateChange};
use crate::{LogError, Result, SharedRecord};

/// Records by partition; the engine's state holds everything else.
pub(crate) struct MemoryStore {
    identity: String,
    records: Mutex<BTreeMap<Slot, Vec<SharedRecord>>>,
}

impl MemoryStore {
    /// An empty store for the log `identity`.
    pub(crate) fn new(identity: &str) -> Self {
        Self { identity: identity.to_string(), records: Mutex::default() }
    }
}

impl Store for MemoryStore {
    fn load(&self) -> Result<LogState> {
        Ok(LogState::default())
    }

    fn write(&self, _: &StateChange, _: &LogState, records: Placed) -> Result<()> {
        let mut all = self.records.lock();
        for (at, record) in records {
            all.entry(at).or_default().push(record.into());
        }
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }

    fn read(
        &self,
        at: Slot,
        from: u64,
        end: u64,
        room: &mut Room,
        out: &mut Vec<SharedRecord>,
    ) -> Result<()> {
        let all = self.records.lock();
        let Some(held) = all.get(&at) else { return Ok(()) };
        room.fill(held.iter().take(end as usize).skip(from as usize), out);
        Ok(())
    }

    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        let all = self.records.lock();
        let record = all.get(&at).and_then(|held| held.get(offset as usize));
        record
            .map(|record| record.timestamp_ms)
            .ok_or_else(|| LogError::out_of_range(&self.identity, offset, 0))
    }

    fn topic_id(&self, number: u32) -> String {
        format!("{}-{number}", self.identity)
    }
}
