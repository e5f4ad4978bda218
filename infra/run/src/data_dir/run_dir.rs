//! The folders of runs, what belongs to each, and where each run's log is.

use anyhow::{Context, Result};
use eventlog::KafkaSettings;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The run that trades live.
pub const LIVE: &str = "live";

/// One run: its folder, and how its log is reached.
#[derive(Clone)]
pub struct RunDir {
    /// Its id.
    pub id: String,
    /// `DATA/runs/ID`.
    pub path: PathBuf,
    /// `DATA`.
    pub data_dir: PathBuf,
    /// How its log is reached.
    pub access: LogAccess,
    /// The token that the process owning the run asks its callers for.
    pub token: Option<String>,
    /// How long another process is waited for that holds the log and serves nobody.
    pub patience: Duration,
}

/// A reader is done in a moment, and an owner that starts will announce its address.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Where a run's log is.
#[derive(Clone)]
pub enum LogAccess {
    /// In the run's folder.
    Folder,
    /// Served by the process at this address.
    Endpoint(String),
    /// On Kafka.
    Kafka(KafkaAccess),
}

/// How Kafka is reached.
#[derive(Clone)]
pub struct KafkaAccess {
    /// Addresses of some brokers.
    pub brokers: String,
    /// Properties for librdkafka; some hold secrets.
    pub properties: BTreeMap<String, String>,
    /// Copies of a new topic's partitions; `None` leaves the number to the brokers.
    pub replication: Option<u32>,
}

/// Shows no token and no property, which may hold secrets.
impl fmt::Debug for RunDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunDir")
            .field("id", &self.id)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl RunDir {
    /// The folder of the embedded log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
    /// The folder of saved states and views.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }
    /// The folder of the parquet files.
    pub fn lake(&self) -> PathBuf {
        self.path.join("lake")
    }
    /// The folder of the model files.
    pub fn models(&self) -> PathBuf {
        self.path.join("models")
    }
    /// The file with the rankings of the last day.
    pub fn rankings(&self) -> PathBuf {
        self.path.join("rankings_combined.json")
    }
    /// Whether the log is in the run's folder.
    pub fn is_here(&self) -> bool {
        matches!(self.access, LogAccess::Folder)
    }
    /// The prefix of the run's topics, groups and transactional ids; empty where the log is not
    /// shared with other runs.
    pub fn topic_prefix(&self) -> String {
        match self.access {
            LogAccess::Kafka(_) => self.prefix_on_kafka(),
            _ => String::new(),
        }
    }
    /// The prefix that the run has on Kafka, or would have there.
    pub fn prefix_on_kafka(&self) -> String {
        if self.id == LIVE { String::new() } else { format!("{}.", self.id) }
    }

    pub(super) fn kafka_settings(&self, access: &KafkaAccess) -> KafkaSettings {
        let mut settings = KafkaSettings::new(&access.brokers);
        settings.extra = access.properties.clone();
        settings.replication = access.replication;
        settings.prefix = self.topic_prefix();
        settings
    }

    /// How a run on Kafka connects to it; `None` where the log is elsewhere.
    pub fn on_kafka(&self) -> Option<KafkaSettings> {
        match &self.access {
            LogAccess::Kafka(access) => Some(self.kafka_settings(access)),
            _ => None,
        }
    }
}

/// The names of the folders of runs, sorted.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn run_ids(data_dir: &Path) -> Result<Vec<String>> {
    let folder = data_dir.join("runs");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("{} cannot be read", folder.display()))?;
        ids.push(entry.file_name().to_string_lossy().into_owned());
    }
    ids.sort();
    Ok(ids)
}
