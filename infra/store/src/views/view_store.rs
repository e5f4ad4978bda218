//! The views' tree in the embedded store: one codec, one key per view or per day of a view.
//!
//! Values are postcard, which is exact for floats and gives the same bytes for the same value. A
//! format number is stored beside them: views written by another version are refused with the
//! remedy, never misread.

use crate::StoreError;
use kv::{Batch, Db, Tree};
use schemas::{Day, id};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::path::Path;

const TREE: &str = "views";
/// Incremented with every change of a stored type.
const FORMAT: u32 = 6;

/// A stored view, or one day of it.
#[derive(Clone, Copy)]
pub(super) enum ViewKey {
    Format,
    Log,
    Through,
    Book,
    Tally,
    Models,
    Rankings(Day),
    Journal(Day),
    Equity(Day),
    Predictions(Day),
    Features(Day),
    References,
    Corrections(Day),
}

impl ViewKey {
    fn name(self) -> &'static str {
        match self {
            ViewKey::Format => "format",
            ViewKey::Log => "log",
            ViewKey::Through => "through",
            ViewKey::Book => "book",
            ViewKey::Tally => "tally",
            ViewKey::Models => "models",
            ViewKey::Rankings(_) => "rankings/",
            ViewKey::Journal(_) => "journal/",
            ViewKey::Equity(_) => "equity/",
            ViewKey::Predictions(_) => "judged/",
            ViewKey::Features(_) => "features/",
            ViewKey::References => "references",
            ViewKey::Corrections(_) => "corrections/",
        }
    }

    fn day(self) -> Option<Day> {
        match self {
            ViewKey::Rankings(day)
            | ViewKey::Journal(day)
            | ViewKey::Equity(day)
            | ViewKey::Predictions(day)
            | ViewKey::Features(day)
            | ViewKey::Corrections(day) => Some(day),
            _ => None,
        }
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = self.name().as_bytes().to_vec();
        if let Some(day) = self.day() {
            // The sign bit is flipped so that days before 1970 sort first.
            bytes.extend_from_slice(&(day.0.cast_unsigned() ^ (1 << 31)).to_be_bytes());
        }
        bytes
    }

    fn label(self) -> String {
        format!("{}{}", self.name(), self.day().map(|day| day.to_string()).unwrap_or_default())
    }
}

/// The tree of the views.
#[derive(Clone)]
pub(super) struct ViewStore {
    db: Db,
    tree: Tree,
}

/// Changes that are stored all or none.
pub(super) struct ViewBatch(Batch);

impl ViewBatch {
    pub(super) fn put<T: Serialize>(&mut self, key: ViewKey, value: &T) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(value)
            .map_err(|cause| StoreError::Encode { key: key.label(), detail: cause.to_string() })?;
        self.0.insert(key.bytes(), bytes);
        Ok(())
    }

    pub(super) fn remove(&mut self, key: ViewKey) {
        self.0.remove(key.bytes());
    }
}

impl ViewStore {
    pub(super) fn open(db: &Db) -> Result<ViewStore, StoreError> {
        let store = ViewStore { db: db.clone(), tree: db.tree(TREE)? };
        match store.get::<u32>(ViewKey::Format)? {
            Some(FORMAT) | None => Ok(store),
            Some(other) => Err(store.damaged(
                ViewKey::Format.label(),
                format!("they have format {other}, this program reads {FORMAT}"),
            )),
        }
    }

    pub(super) fn batch(&self) -> ViewBatch {
        ViewBatch(Batch::new())
    }

    /// Stores `batch`, durably.
    pub(super) fn commit(&self, mut batch: ViewBatch) -> Result<(), StoreError> {
        batch.put(ViewKey::Format, &FORMAT)?;
        self.tree.apply(batch.0)?;
        Ok(self.db.flush()?)
    }

    pub(super) fn get<T: DeserializeOwned>(&self, key: ViewKey) -> Result<Option<T>, StoreError> {
        let stored = self.tree.get(key.bytes())?;
        stored.map(|bytes| self.decode(&key.label(), &bytes)).transpose()
    }

    /// Every day's value of the view of `any`, whose own day does not matter, ascending.
    pub(super) fn all<T: DeserializeOwned>(&self, any: ViewKey) -> Result<Vec<T>, StoreError> {
        self.tree.scan_prefix(any.name()).map(|entry| self.decode(any.name(), &entry?.1)).collect()
    }

    /// The last `most` days of a view and their values, ascending.
    pub(super) fn last<T: DeserializeOwned>(
        &self,
        any: ViewKey,
        most: usize,
    ) -> Result<Vec<(Day, T)>, StoreError> {
        let entries = self.tree.scan_prefix(any.name()).rev().take(most);
        let read = entries.map(|entry| {
            let (key, value) = entry?;
            Ok((self.day_in(any, &key)?, self.decode(any.name(), &value)?))
        });
        let mut found: Vec<(Day, T)> = read.collect::<Result<_, StoreError>>()?;
        found.reverse();
        Ok(found)
    }

    /// The days a view has, ascending.
    pub(super) fn days(&self, any: ViewKey) -> Result<Vec<Day>, StoreError> {
        self.tree.scan_prefix(any.name()).map(|entry| self.day_in(any, &entry?.0)).collect()
    }

    /// The last day a view has.
    pub(super) fn last_day(&self, any: ViewKey) -> Result<Option<Day>, StoreError> {
        let last = self.tree.scan_prefix(any.name()).next_back().transpose()?;
        last.map(|(key, _)| self.day_in(any, &key)).transpose()
    }

    fn day_in(&self, any: ViewKey, key: &[u8]) -> Result<Day, StoreError> {
        let tail = key.get(any.name().len()..).and_then(|tail| <[u8; 4]>::try_from(tail).ok());
        let tail = tail
            .ok_or_else(|| self.damaged(any.name().to_owned(), "its key has no day".to_owned()))?;
        Ok(Day((u32::from_be_bytes(tail) ^ (1 << 31)).cast_signed()))
    }

    pub(super) fn digest(&self) -> Result<String, StoreError> {
        let mut hash = Sha256::new();
        for entry in self.tree.range::<&[u8]>(..) {
            let (key, value) = entry?;
            for part in [&key, &value] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Ok(id::hex(&hash.finalize()))
    }

    pub(super) fn clear(&self) -> Result<(), StoreError> {
        self.tree.clear()?;
        Ok(self.db.flush()?)
    }

    fn decode<T: DeserializeOwned>(&self, label: &str, bytes: &[u8]) -> Result<T, StoreError> {
        let damaged = |detail: String| self.damaged(label.to_owned(), detail);
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(damaged(format!("{} bytes are left over", rest.len()))),
            Err(cause) => Err(damaged(cause.to_string())),
        }
    }

    /// The value of a view that every day writes; its default before the first day.
    pub(super) fn get_daily<T: DeserializeOwned + Default>(
        &self,
        key: ViewKey,
    ) -> Result<T, StoreError> {
        match self.get(key)? {
            Some(value) => Ok(value),
            None if self.tree.get(ViewKey::Through.bytes())?.is_none() => Ok(T::default()),
            None => Err(self.damaged(key.label(), "it is missing".to_owned())),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.db.path()
    }

    fn damaged(&self, key: String, detail: String) -> StoreError {
        StoreError::DamagedView { path: self.db.path().to_path_buf(), key, detail }
    }
}
