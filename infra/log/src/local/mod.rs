//! The log inside this process: one set of rules over two stores.
//!
//! [`EmbeddedLog`] keeps its records in a directory, [`MemoryLog`] in ordered maps. All other
//! code is shared, so that a simulation on the one holds for the other.
//!
//! Invariants:
//! 1. Offsets of a partition are dense from 0.
//! 2. Readers see durable records only: ends move forward after the flush, by whole publishes.
//! 3. A publish is checked and stored under one lock; the flush after it may serve several
//!    publishes at once.
//! 4. After a failed write nothing more is written: the contents of the disk are unknown until the
//!    log is opened again.

mod account;
mod codec;
mod disk;
mod engine;
mod flush_mark;
mod group_admin;
mod groups;
mod handles;
mod log_tree;
mod memory;
mod recent;
mod record_batch;
mod restorer;
mod state;
mod waiting;

use std::path::Path;
use std::sync::Arc;

use engine::Engine;
pub use handles::Local;
pub(crate) use restorer::Restorer;

use crate::Result;

/// The log in a directory. Clones share it.
#[derive(Clone)]
pub struct EmbeddedLog {
    engine: Arc<Engine>,
    db: kv::Db,
}

impl EmbeddedLog {
    /// Opens the log in the directory `path`, creating it when it is missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::over(kv::Db::open(path)?)
    }

    /// Opens the log in `path` to read it; where the directory cannot be written, a temporary copy of
    /// it, which takes no writes.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self> {
        Self::over(kv::Db::open_to_read(path)?)
    }

    /// The log in an open directory.
    pub fn over(db: kv::Db) -> Result<Self> {
        let disk = disk::DiskStore::open(&db)?;
        let identity = disk.identity().to_string();
        Ok(Self { engine: Arc::new(Engine::new(Box::new(disk), identity)?), db })
    }

    /// Records where this process answers over HTTP, for processes that find the directory in use.
    pub fn announce(&self, endpoint: &str) -> Result<()> {
        Ok(self.db.announce(endpoint)?)
    }

    /// How many writes it holds, all of them acknowledged or about to be.
    pub fn writes(&self) -> u64 {
        self.engine.store.writes()
    }

    /// Reads every record and checks them against the sum that the last write left.
    pub fn check_records(&self) -> Result<()> {
        self.engine.store.check_records()
    }

    /// Bytes the log takes on disk.
    pub fn size_on_disk(&self) -> Result<u64> {
        Ok(self.db.size_on_disk()?)
    }
}

impl Local for EmbeddedLog {
    fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

/// A log in memory, deterministic while every `wait` is zero. Clones share it.
#[derive(Clone)]
pub struct MemoryLog {
    engine: Arc<Engine>,
}

impl MemoryLog {
    /// An empty log with this identity.
    pub fn new(identity: &str) -> Result<Self> {
        let store = Box::new(memory::MemoryStore::new(identity));
        Ok(Self { engine: Arc::new(Engine::new(store, identity.to_string())?) })
    }
}

impl Local for MemoryLog {
    fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}
