//! One ordered map from bytes to bytes.

use std::collections::BTreeMap;
use std::ops::{Deref, RangeBounds};

use crate::guard::Progress;
use crate::seal::{SEAL, Seal, SharedSeal};
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
pub struct Batch(BTreeMap<sled::IVec, Option<sled::IVec>>);

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`.
    pub fn insert(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.0.insert(key.as_ref().into(), Some(value.as_ref().into()));
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) {
        self.0.insert(key.as_ref().into(), None);
    }
}

/// An ordered map. Clones share it.
#[derive(Clone)]
pub struct Tree {
    inner: sled::Tree,
    db: Db,
    /// `None` for a tree whose entries check themselves.
    seal: Option<SharedSeal>,
}

impl Db {
    /// The tree `name`, created when it is missing, with a seal over its entries.
    pub fn tree(&self, name: &str) -> Result<Tree, KvError> {
        let inner = self.call(|| self.inner.open_tree(name))?;
        Ok(Tree { inner, db: self.clone(), seal: Some(self.seal_of(name)) })
    }

    /// As [`Db::tree`], without a seal: for entries that are many, or large, and are checked by whoever
    /// reads them.
    pub fn plain_tree(&self, name: &str) -> Result<Tree, KvError> {
        Ok(Tree { seal: None, ..self.tree(name)? })
    }
}

impl Tree {
    /// The value of `key`.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>, KvError> {
        Ok(self.db.call(|| self.inner.get(key))?.map(Bytes))
    }

    /// Sets `key` to `value`; durable after the next flush.
    pub fn insert(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<(), KvError> {
        let mut batch = Batch::new();
        batch.insert(key, value);
        self.apply(batch)
    }

    /// Removes `key`; whether it existed.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Result<bool, KvError> {
        let existed = self.get(&key)?.is_some();
        let mut batch = Batch::new();
        batch.remove(key);
        self.apply(batch)?;
        Ok(existed)
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
        self.scan_prefix([]).next_back().transpose()
    }

    /// Applies `batch` whole; durable after the next flush.
    pub fn apply(&self, batch: Batch) -> Result<(), KvError> {
        self.db.check_writes()?;
        match &self.seal {
            None => self.write(batch),
            Some(shared) => self.write_sealed(batch, &mut shared.lock()),
        }
    }

    /// Removes every entry.
    pub fn clear(&self) -> Result<(), KvError> {
        self.db.check_writes()?;
        if self.seal.is_none() {
            return self.db.call(|| self.inner.clear());
        }
        let mut batch = Batch::new();
        for entry in self.scan_prefix([]) {
            batch.remove(entry?.0);
        }
        self.apply(batch)
    }

    fn write(&self, batch: Batch) -> Result<(), KvError> {
        let mut changes = sled::Batch::default();
        for (key, value) in batch.0 {
            match value {
                Some(value) => changes.insert(key, value),
                None => changes.remove(key),
            }
        }
        self.db.call(|| self.inner.apply_batch(changes))
    }

    /// Applies `batch` with the seal that is right after it.
    fn write_sealed(&self, mut batch: Batch, held: &mut Option<Seal>) -> Result<(), KvError> {
        // Whatever fails below, the next write reads the seal again.
        let mut seal = match held.take() {
            Some(seal) => seal,
            None => self.stored_seal()?,
        };
        for (key, value) in &batch.0 {
            if let Some(old) = self.db.call(|| self.inner.get(key))? {
                seal.take(key, &old);
            }
            if let Some(new) = value {
                seal.add(key, new);
            }
        }
        seal.writes += 1;
        batch.insert(SEAL, seal.bytes());
        self.write(batch)?;
        *held = Some(seal);
        Ok(())
    }

    /// The tree's seal; of a tree without one, from before there were seals, that of its entries.
    fn stored_seal(&self) -> Result<Seal, KvError> {
        match self.get(SEAL)? {
            Some(bytes) => Seal::read(&bytes)
                .ok_or_else(|| self.db.damaged("a seal in it cannot be read".to_owned())),
            None => self.db.sum(&self.inner, &Progress::default()),
        }
    }
}

/// Entries of a tree, read as they are asked for.
pub struct Entries {
    inner: sled::Iter,
    db: Db,
}

impl Entries {
    /// The next entry that `step` gives and that is not the seal.
    fn entry(
        &mut self,
        step: impl Fn(&mut sled::Iter) -> Option<sled::Result<(sled::IVec, sled::IVec)>>,
    ) -> Option<Result<(Bytes, Bytes), KvError>> {
        loop {
            let Self { inner, db } = self;
            match db.call(|| step(inner).transpose()).transpose()? {
                Ok((key, _)) if &*key == SEAL => {}
                entry => return Some(entry.map(|(key, value)| (Bytes(key), Bytes(value)))),
            }
        }
    }
}

impl Iterator for Entries {
    type Item = Result<(Bytes, Bytes), KvError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.entry(Iterator::next)
    }
}

impl DoubleEndedIterator for Entries {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.entry(DoubleEndedIterator::next_back)
    }
}
