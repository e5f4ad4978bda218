//! What a poll gives: records that several readers hold, and what the first of them made of each.

use std::any::Any;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Record, TopicPartition};

/// The records read of one due partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// The partition.
    pub tp: TopicPartition,
    /// Its records, ascending, which other readers may share; empty where only the position moved.
    pub records: Vec<SharedRecord>,
    /// The next offset to read; steps over transaction markers.
    pub position: u64,
}

impl Fetched {
    /// Its records, each for the caller alone.
    pub fn into_records(self) -> impl Iterator<Item = Record> {
        self.records.into_iter().map(SharedRecord::into_record)
    }
}

/// A record that readers share. What one of them makes of it, as by decoding, the others need not make again.
#[derive(Clone)]
pub struct SharedRecord(Arc<Shared>);

struct Shared {
    record: Record,
    made: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl SharedRecord {
    /// What `make` makes of the record, which must be the same for all who share it. It is made again where another
    /// kind of thing was made of it first.
    pub fn made<T: Any + Send + Sync>(&self, make: impl FnOnce(&Record) -> T) -> Arc<T> {
        let made = self.0.made.get().cloned().and_then(|made| made.downcast().ok());
        made.unwrap_or_else(|| {
            // Two who come at once both make it: to wait would take longer.
            let made = Arc::new(make(self));
            let _ = self.0.made.set(Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
            made
        })
    }

    /// The record, for the caller alone.
    pub fn into_record(self) -> Record {
        Arc::try_unwrap(self.0).map_or_else(|shared| shared.record.clone(), |own| own.record)
    }
}

impl From<Record> for SharedRecord {
    fn from(record: Record) -> SharedRecord {
        SharedRecord(Arc::new(Shared { record, made: OnceLock::new() }))
    }
}

impl Deref for SharedRecord {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0.record
    }
}

/// As the record.
impl Serialize for SharedRecord {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.deref().serialize(to)
    }
}

impl<'de> Deserialize<'de> for SharedRecord {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<SharedRecord, D::Error> {
        Record::deserialize(from).map(SharedRecord::from)
    }
}

impl Borrow<Record> for SharedRecord {
    fn borrow(&self) -> &Record {
        self
    }
}

impl PartialEq for SharedRecord {
    fn eq(&self, other: &SharedRecord) -> bool {
        **self == **other
    }
}

impl Eq for SharedRecord {}

impl fmt::Debug for SharedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_one_makes_of_a_record_another_is_given() {
        let value = vec![1, 2, 3];
        let record =
            Record { offset: 7, timestamp_ms: 1, key: None, value, headers: Default::default() };
        let (shared, times) = (SharedRecord::from(record.clone()), Cell::new(0));
        let length = |record: &Record| {
            times.set(times.get() + 1);
            record.value.len()
        };
        let other = shared.clone();
        assert_eq!((*shared.made(length), *other.made(length), times.get()), (3, 3, 1));
        assert_eq!(*other.made(|record| record.offset as u32), 7, "of another kind");
        assert_eq!(*other.made(length), 3);
        drop(other);
        assert_eq!(shared.into_record(), record);
    }
}
