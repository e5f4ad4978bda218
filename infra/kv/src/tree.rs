//! One ordered map from bytes to bytes.

use std::ops::{Deref, RangeBounds};

use crate::{Db, KvError};

/// A key or a value as it is stored; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(sled::IVec);

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Vec<u8> {
    fn from(bytes: Bytes) -> Self {
        bytes.0.to_vec()
    }
}

/// Changes to one tree that are applied whole or not at all.
#[derive(Default)]
pub struct Batch(sled::Batch);

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`.
    pub fn insert(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.0.insert(key.as_ref(), value.as_ref());
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) {
        self.0.remove(key.as_ref());
    }
}

/// An ordered map. Clones share it.
#[derive(Clone)]
pub struct Tree {
    inner: sled::Tree,
    db: Db,
}

impl Db {
    /// The tree `name`, created when it is missing.
    pub fn tree(&self, name: &str) -> Result<Tree, KvError> {
        let inner = self.inner.open_tree(name).map_err(|e| self.error(e))?;
        Ok(Tree { inner, db: self.clone() })
    }
}

impl Tree {
    /// The value of `key`.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>, KvError> {
        self.inner.get(key).map(|v| v.map(Bytes)).map_err(|e| self.error(e))
    }

    /// Sets `key` to `value`; durable after the next flush.
    pub fn insert(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<(), KvError> {
        self.inner.insert(key, value.as_ref()).map(|_| ()).map_err(|e| self.error(e))
    }

    /// Removes `key`; whether it existed.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Result<bool, KvError> {
        self.inner.remove(key).map(|v| v.is_some()).map_err(|e| self.error(e))
    }

    /// The entries with keys in `range`, ascending, or from the end with `rev()`.
    pub fn range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> Entries {
        Entries { inner: self.inner.range(range), db: self.db.clone() }
    }

    /// The entries with keys that start with `prefix`, in order.
    pub fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> Entries {
        Entries { inner: self.inner.scan_prefix(prefix), db: self.db.clone() }
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Result<Option<(Bytes, Bytes)>, KvError> {
        let last = self.inner.last().map_err(|e| self.error(e))?;
        Ok(last.map(|(k, v)| (Bytes(k), Bytes(v))))
    }

    /// Applies `batch` whole; durable after the next flush.
    pub fn apply(&self, batch: Batch) -> Result<(), KvError> {
        self.inner.apply_batch(batch.0).map_err(|e| self.error(e))
    }

    /// Removes every entry.
    pub fn clear(&self) -> Result<(), KvError> {
        self.inner.clear().map_err(|e| self.error(e))
    }

    fn error(&self, cause: sled::Error) -> KvError {
        self.db.error(cause)
    }
}

/// Entries of a tree, read as they are asked for.
pub struct Entries {
    inner: sled::Iter,
    db: Db,
}

impl Entries {
    fn lift(
        &self,
        entry: sled::Result<(sled::IVec, sled::IVec)>,
    ) -> Result<(Bytes, Bytes), KvError> {
        entry.map(|(k, v)| (Bytes(k), Bytes(v))).map_err(|e| self.db.error(e))
    }
}

impl Iterator for Entries {
    type Item = Result<(Bytes, Bytes), KvError>;
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.inner.next()?;
        Some(self.lift(entry))
    }
}

impl DoubleEndedIterator for Entries {
    fn next_back(&mut self) -> Option<Self::Item> {
        let entry = self.inner.next_back()?;
        Some(self.lift(entry))
    }
}
