//! The data folder: runs, what belongs to each, and how a run's log is reached — owned by this
//! process, by another one on this machine, or on Kafka.

use crate::cli::LogHome;
use crate::config::Config;
use anyhow::{Context, Result, anyhow, bail};
use eventlog::{EmbeddedLog, ErrorClass, KafkaLog, KafkaSettings, Log, LogError, RemoteLog};
use schemas::Topic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The run that trades live.
pub const LIVE: &str = "live";

/// One run's folder.
#[derive(Clone, Debug)]
pub struct RunDir {
    /// Its id.
    pub id: String,
    /// `DATA/runs/ID`.
    pub path: PathBuf,
}

impl RunDir {
    /// The folder of run `id`.
    pub fn of(config: &Config, id: &str) -> Result<RunDir> {
        let plain = !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !id.starts_with('.');
        if !plain {
            bail!("run {id:?}: an id has letters, digits, '-', '_' and '.' only");
        }
        Ok(RunDir { id: id.to_owned(), path: config.data_dir().join("runs").join(id) })
    }

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
}

/// A run's log and how it is held.
pub struct Opened {
    /// The log.
    pub log: Arc<dyn Log>,
    /// HTTP address of the process that owns it, when that is another one.
    pub owner: Option<String>,
    /// The embedded log itself, when this process owns it.
    pub embedded: Option<Arc<EmbeddedLog>>,
}

/// What stands before a run's topics, groups and transactional ids on Kafka.
pub fn prefix(run: &RunDir) -> String {
    if run.id == LIVE { String::new() } else { format!("{}.", run.id) }
}

/// How a run's log on Kafka is reached.
pub fn kafka_settings(config: &Config, run: &RunDir) -> Result<KafkaSettings> {
    let mut settings = KafkaSettings::new(config.brokers());
    settings.extra = config.kafka();
    settings.replication = config.replication()?;
    settings.prefix = prefix(run);
    Ok(settings)
}

fn kafka(config: &Config, run: &RunDir) -> Result<Arc<dyn Log>> {
    Ok(Arc::new(KafkaLog::connect(kafka_settings(config, run)?)?))
}

/// Removes the topics of a run that was made for a moment, where they are not in its folder.
pub fn remove_topics(config: &Config, run: &RunDir) -> Result<()> {
    if config.log()? == LogHome::Kafka {
        KafkaLog::connect(kafka_settings(config, run)?)?.remove_topics()?;
    }
    Ok(())
}

/// Whether the run's log is in the data folder.
pub fn here(config: &Config, run: &RunDir) -> Result<bool> {
    Ok(config.log()? == LogHome::Embedded && endpoint(config, run).is_none())
}

/// Where another process serves the run's log. What is served there is the configured run: one
/// that the program makes beside it, such as a what-if, is another one.
fn endpoint<'a>(config: &'a Config, run: &RunDir) -> Option<&'a str> {
    config.endpoint().filter(|_| run.id == config.run())
}

/// The run's log where it is not in the data folder: on Kafka, or at the configured endpoint.
fn elsewhere(config: &Config, run: &RunDir) -> Result<Option<Opened>> {
    if config.log()? == LogHome::Kafka {
        return Ok(Some(Opened { log: kafka(config, run)?, owner: None, embedded: None }));
    }
    let Some(endpoint) = endpoint(config, run) else { return Ok(None) };
    let log = Arc::new(RemoteLog::connect(endpoint, config.token())?);
    Ok(Some(Opened { log, owner: Some(endpoint.to_owned()), embedded: None }))
}

/// Opens the run's log to own it: for roles. Who only reads it for a moment is waited for.
pub fn own(config: &Config, run: &RunDir) -> Result<Opened> {
    if let Some(opened) = elsewhere(config, run)? {
        return Ok(opened);
    }
    let path = run.log();
    std::fs::create_dir_all(&path).with_context(|| {
        format!("{} cannot be made; choose another folder with --data-dir", path.display())
    })?;
    let log = Arc::new(patiently(&path, || Ok(EmbeddedLog::open(&path)?))?);
    Ok(Opened { log: log.clone(), owner: None, embedded: Some(log) })
}

/// Opens the run's log to read it or to say something: through the process that owns it, if
/// there is one.
pub fn reach(config: &Config, run: &RunDir) -> Result<Opened> {
    if let Some(opened) = elsewhere(config, run)? {
        return Ok(opened);
    }
    let path = run.log();
    if !path.exists() {
        return Err(no_run(config, run));
    }
    patiently(&path, || {
        let connected = living_owner(&path)
            .and_then(|owner| owner.endpoint)
            .map(|endpoint| (RemoteLog::connect(&endpoint, config.token()), endpoint));
        let refused = match connected {
            Some((Ok(log), endpoint)) => {
                return Ok(Opened { log: Arc::new(log), owner: Some(endpoint), embedded: None });
            }
            Some((Err(error), _)) => Some(error),
            None => None,
        };
        // Its process id may have gone to another program since: whether the log is free decides.
        match (EmbeddedLog::open(&path), refused) {
            (Ok(log), _) => {
                let log = Arc::new(log);
                Ok(Opened { log: log.clone(), owner: None, embedded: Some(log) })
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

fn was_held(error: &anyhow::Error) -> bool {
    let log = error.downcast_ref().is_some_and(|log: &LogError| log.class == ErrorClass::Retry);
    log || matches!(error.downcast_ref(), Some(kv::KvError::Locked { .. }))
}

/// What to say where there is no such run.
pub fn no_run(config: &Config, run: &RunDir) -> anyhow::Error {
    anyhow!(
        "there is no run {:?} in {}; `butterquant runs` lists them, `butterquant demo` makes one",
        run.id,
        config.data_dir().display()
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

/// The runs in the data folder, by id.
pub fn runs(config: &Config) -> Result<Vec<RunDir>> {
    let folder = config.data_dir().join("runs");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("{} cannot be read", folder.display()))?;
        if let Ok(run) = RunDir::of(config, &entry.file_name().to_string_lossy()) {
            runs.push(run);
        }
    }
    runs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(runs)
}
