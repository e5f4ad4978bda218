//! The store in ordered maps: nothing drawn at random, nothing that outlives it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::engine::{Room, Store, lock};
use super::state::{Change, Placed, Slot, State};
use crate::{LogError, Record, Result};

/// Records by partition; everything else is in the engine's state.
pub(crate) struct Memory {
    identity: String,
    records: Mutex<BTreeMap<Slot, Vec<Record>>>,
}

impl Memory {
    /// An empty store for the log `identity`.
    pub(crate) fn new(identity: &str) -> Self {
        Self { identity: identity.to_string(), records: Mutex::default() }
    }
}

impl Store for Memory {
    fn load(&self) -> Result<State> {
        Ok(State::default())
    }

    fn write(&self, _: &Change, records: Placed) -> Result<()> {
        let mut all = lock(&self.records);
        for (at, record) in records {
            all.entry(at).or_default().push(record);
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
        out: &mut Vec<Record>,
    ) -> Result<()> {
        let all = lock(&self.records);
        let Some(held) = all.get(&at) else { return Ok(()) };
        for record in held.iter().take(end as usize).skip(from as usize) {
            if !room.left() {
                break;
            }
            room.take(record);
            out.push(record.clone());
        }
        Ok(())
    }

    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        let all = lock(&self.records);
        let record = all.get(&at).and_then(|held| held.get(offset as usize));
        record
            .map(|record| record.timestamp_ms)
            .ok_or_else(|| LogError::out_of_range(&self.identity, offset, 0))
    }

    fn topic_id(&self, number: u32) -> String {
        format!("{}-{number}", self.identity)
    }
}
