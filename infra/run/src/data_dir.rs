//! The data folder: runs, what belongs to each, and how a run's log is reached — owned by this
//! process, by another one on this machine, or on Kafka.

use anyhow::{Context, Result, anyhow};
use eventlog::{EmbeddedLog, ErrorClass, KafkaLog, KafkaSettings, Log, LogError, RemoteLog};
use schemas::Topic;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// What the process that owns the run asks its callers for.
    pub token: Option<String>,
}

/// Where a run's log is.
#[derive(Clone)]
pub enum LogAccess {
    /// In the run's folder.
    Folder,
    /// With the process that serves this address.
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
    /// Copies of a new topic's partitions; none leaves it to the brokers.
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
    /// Of the embedded log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
    /// Of saved states and views.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }
    /// Of the parquet files.
    pub fn lake(&self) -> PathBuf {
        self.path.join("lake")
    }
    /// Of the model files.
    pub fn models(&self) -> PathBuf {
        self.path.join("models")
    }
    /// The rankings of the last day.
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
    /// The prefix that the run has, or would have, on Kafka.
    pub fn prefix_on_kafka(&self) -> String {
        if self.id == LIVE { String::new() } else { format!("{}.", self.id) }
    }

    fn kafka_settings(&self, access: &KafkaAccess) -> KafkaSettings {
        let mut settings = KafkaSettings::new(&access.brokers);
        settings.extra = access.properties.clone();
        settings.replication = access.replication;
        settings.prefix = self.topic_prefix();
        settings
    }

    /// How a run on Kafka connects to it; none where the log is elsewhere.
    pub fn on_kafka(&self) -> Option<KafkaSettings> {
        match &self.access {
            LogAccess::Kafka(access) => Some(self.kafka_settings(access)),
            _ => None,
        }
    }
}

/// A run's log and how it is held.
pub struct OpenLog {
    /// The log.
    pub log: Arc<dyn Log>,
    /// HTTP address of the process that owns it, when that is another one.
    pub owner: Option<String>,
    /// The embedded log itself, when this process owns it.
    pub embedded: Option<Arc<EmbeddedLog>>,
}

/// Removes the topics of a temporary run, where they are not in its folder.
///
/// # Errors
/// Kafka does not answer.
pub fn remove_topics(run: &RunDir) -> Result<()> {
    if let Some(settings) = run.on_kafka() {
        KafkaLog::connect(settings)?.remove_topics()?;
    }
    Ok(())
}

/// The run's log where it is not in the data folder.
fn elsewhere(run: &RunDir) -> Result<Option<OpenLog>> {
    Ok(match &run.access {
        LogAccess::Folder => None,
        LogAccess::Kafka(access) => {
            let log = Arc::new(KafkaLog::connect(run.kafka_settings(access))?);
            Some(OpenLog { log, owner: None, embedded: None })
        }
        LogAccess::Endpoint(endpoint) => {
            let log = Arc::new(RemoteLog::connect(endpoint, run.token.clone())?);
            Some(OpenLog { log, owner: Some(endpoint.clone()), embedded: None })
        }
    })
}

/// Opens the run's log to own it: for roles. Who only reads it for a moment is waited for.
pub fn own(run: &RunDir) -> Result<OpenLog> {
    if let Some(opened) = elsewhere(run)? {
        return Ok(opened);
    }
    let path = run.log();
    std::fs::create_dir_all(&path).with_context(|| {
        format!("{} cannot be made; choose another folder with --data-dir", path.display())
    })?;
    let log = Arc::new(patiently(&path, || Ok(EmbeddedLog::open(&path)?))?);
    Ok(OpenLog { log: log.clone(), owner: None, embedded: Some(log) })
}

/// Opens the run's log to read it or to say something: through the process that owns it, if
/// there is one.
pub fn reach(run: &RunDir) -> Result<OpenLog> {
    if let Some(opened) = elsewhere(run)? {
        return Ok(opened);
    }
    let path = run.log();
    if !path.exists() {
        return Err(no_run(run));
    }
    patiently(&path, || {
        let connected = living_owner(&path)
            .and_then(|owner| owner.endpoint)
            .map(|endpoint| (RemoteLog::connect(&endpoint, run.token.clone()), endpoint));
        let refused = match connected {
            Some((Ok(log), endpoint)) => {
                return Ok(OpenLog { log: Arc::new(log), owner: Some(endpoint), embedded: None });
            }
            Some((Err(error), _)) => Some(error),
            None => None,
        };
        // Its process id may have gone to another program since: whether the log is free decides.
        match (EmbeddedLog::open(&path), refused) {
            (Ok(log), _) => {
                let log = Arc::new(log);
                Ok(OpenLog { log: log.clone(), owner: None, embedded: Some(log) })
            }
            (Err(error), refused) => Err(refused.unwrap_or(error).into()),
        }
    })
}

/// Asks whoever owns the run's log or holds its state folder, at its address, or takes the folder
/// up `here`.
pub fn of_state<T>(
    run: &RunDir,
    mut there: impl FnMut(String) -> Result<T>,
    mut here: impl FnMut(&kv::Db) -> Result<T>,
) -> Result<T> {
    let state = run.state();
    patiently(&state, || {
        let owner = [run.log(), run.state()].iter().find_map(|path| living_owner(path)?.endpoint);
        let silent = match owner.map(&mut there) {
            Some(Err(silent)) => Some(silent),
            Some(answered) => return answered,
            None => None,
        };
        // As for the log: whether the store is free decides.
        match kv::Db::open(&state) {
            Ok(db) => here(&db),
            Err(error) => Err(silent.unwrap_or(error.into())),
        }
    })
}

/// Tries again for a little while where another process has `path` that does not serve it: one
/// that reads is done in a moment, one that starts will say where it answers.
pub fn patiently<T>(path: &Path, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let passes = |error: &anyhow::Error| match living_owner(path) {
            Some(owner) => owner.endpoint.is_none(),
            // It went between the attempt and this look.
            None => was_held(error),
        };
        match attempt() {
            Err(error) if Instant::now() < deadline && passes(&error) => {
                std::thread::sleep(Duration::from_millis(50));
            }
            done => return done,
        }
    }
}

/// Whether the log or the store failed because another process holds it.
pub(crate) fn was_held(error: &anyhow::Error) -> bool {
    let log = error.downcast_ref().is_some_and(|log: &LogError| log.class == ErrorClass::Retry);
    log || matches!(error.downcast_ref(), Some(kv::KvError::Locked { .. }))
}

/// What to say where there is no such run.
pub fn no_run(run: &RunDir) -> anyhow::Error {
    anyhow!(
        "there is no run {:?} in {}; `butterquant runs` lists them, `butterquant demo` makes one",
        run.id,
        run.data_dir.display()
    )
}

/// Another process that is alive and was the last to open the directory `path`.
pub fn living_owner(path: &Path) -> Option<kv::Owner> {
    let owner = kv::owner(path)?;
    let other =
        owner.pid != std::process::id() && Path::new(&format!("/proc/{}", owner.pid)).exists();
    Some(owner).filter(|_| other)
}

/// How many partitions the data topics of `log` have.
pub fn partitions(log: &dyn Log) -> Result<u32> {
    let topics = log.topics()?;
    let bars = topics.iter().find(|topic| topic.name == Topic::Bars.name());
    bars.map(|topic| topic.partitions)
        .context("the log has no topics: its run was never opened; `butterquant up` or `butterquant scan` opens it")
}

/// The names of the folders of runs, sorted.
///
/// # Errors
/// The folder cannot be read.
pub fn run_ids(data_dir: &Path) -> Result<Vec<String>> {
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
