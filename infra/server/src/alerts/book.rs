//! The file of a run's alerts: what holds, what was told, and how deliveries went.

use super::channel::Deliveries;
use super::ledger::Ledger;
use anyhow::Result;
use run::whole_file::write_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const NAME: &str = "alerts.json";

/// What the process that tells knows.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct AlertBook {
    /// The conditions that hold or were told of.
    pub ledger: Ledger,
    /// Deliveries since that process was started, by channel.
    pub channels: BTreeMap<String, Deliveries>,
    /// Its id.
    pub process: u32,
}

impl AlertBook {
    /// That of the folder; none where it is not there or not readable, so that alerts are told again.
    pub(super) fn read(folder: &Path) -> Option<AlertBook> {
        serde_json::from_slice(&std::fs::read(folder.join(NAME)).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        write_file(&folder.join(NAME), &serde_json::to_vec_pretty(self)?)
    }
}
