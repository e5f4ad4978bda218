//! Checkpoints of units, kept between starts: one value per unit, all values of a save at once.

use crate::{cursor::Cursor, error::ShellError};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A unit's complete state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UnitCheckpoint {
    /// The log it belongs to.
    pub log_identity: String,
    /// Its place in the day.
    pub cursor: Cursor,
    /// Own outputs before these offsets (by output, in order) are part of this state.
    pub own_from: Vec<u64>,
    /// Events written since the day began, by output.
    pub written: Vec<i64>,
    /// The machine's state.
    pub machine: Vec<u8>,
}

/// A store of checkpoints.
pub trait CheckpointStore: Send + Sync {
    /// The unit's last checkpoint.
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError>;
    /// Saves all of these, or none.
    fn save(&self, units: &[(String, UnitCheckpoint)]) -> Result<(), ShellError>;
    /// Removes all checkpoints.
    fn clear(&self) -> Result<(), ShellError>;
}

fn failed(unit: &str, cause: impl ToString) -> ShellError {
    ShellError::CheckpointStore { unit: unit.to_owned(), cause: cause.to_string() }
}

/// In the state folder.
pub struct KvCheckpoints(pub kv::Tree);

impl CheckpointStore for KvCheckpoints {
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError> {
        let Some(bytes) = self.0.get(unit).map_err(|e| failed(unit, e))? else { return Ok(None) };
        postcard::from_bytes(&bytes).map(Some).map_err(|cause| ShellError::StateMismatch {
            unit: unit.to_owned(),
            what: format!("cannot be read ({cause})"),
        })
    }

    fn save(&self, units: &[(String, UnitCheckpoint)]) -> Result<(), ShellError> {
        let mut batch = kv::Batch::new();
        for (unit, saved) in units {
            batch.insert(unit, postcard::to_stdvec(saved).map_err(|e| failed(unit, e))?);
        }
        self.0.apply(batch).map_err(|e| failed("all units", e))
    }

    fn clear(&self) -> Result<(), ShellError> {
        self.0.clear().map_err(|e| failed("all units", e))
    }
}

/// In memory, for simulation.
#[derive(Clone, Default)]
pub struct MemoryCheckpoints(Arc<Mutex<BTreeMap<String, UnitCheckpoint>>>);

impl MemoryCheckpoints {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, UnitCheckpoint>> {
        self.0.lock()
    }

    /// A copy of everything saved.
    pub fn all(&self) -> BTreeMap<String, UnitCheckpoint> {
        self.held().clone()
    }
}

impl CheckpointStore for MemoryCheckpoints {
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError> {
        Ok(self.held().get(unit).cloned())
    }

    fn save(&self, units: &[(String, UnitCheckpoint)]) -> Result<(), ShellError> {
        self.held().extend(units.iter().cloned());
        Ok(())
    }

    fn clear(&self) -> Result<(), ShellError> {
        self.held().clear();
        Ok(())
    }
}
