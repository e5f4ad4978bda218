//! The data folder: runs, what belongs to each, and how a run's log is reached — owned by this
//! process, by another one on this machine, or on Kafka.

use crate::cli::LogHome;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use eventlog::{EmbeddedLog, KafkaLog, KafkaSettings, Log, RemoteLog};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !id.starts_with('.');
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

fn kafka(config: &Config, run: &RunDir) -> Result<Arc<dyn Log>> {
    let mut settings = KafkaSettings::new(config.brokers());
    settings.extra = config.kafka();
    if run.id != LIVE {
        settings.prefix = format!("{}.", run.id);
    }
    Ok(Arc::new(KafkaLog::connect(settings)?))
}

/// Opens the run's log to own it: for roles.
pub fn own(config: &Config, run: &RunDir) -> Result<Opened> {
    if config.log()? == LogHome::Kafka {
        return Ok(Opened { log: kafka(config, run)?, owner: None, embedded: None });
    }
    let path = run.log();
    std::fs::create_dir_all(&path)
        .with_context(|| format!("{} cannot be made; choose another folder with --data-dir", path.display()))?;
    let log = Arc::new(EmbeddedLog::open(&path)?);
    Ok(Opened { log: log.clone(), owner: None, embedded: Some(log) })
}

/// Opens the run's log to read it or to say something: through the process that owns it, if
/// there is one.
pub fn reach(config: &Config, run: &RunDir) -> Result<Opened> {
    if config.log()? == LogHome::Kafka {
        return Ok(Opened { log: kafka(config, run)?, owner: None, embedded: None });
    }
    let path = run.log();
    if !path.exists() {
        bail!(
            "there is no run {:?} in {}; `butterquant runs` lists them, `butterquant demo` makes one",
            run.id,
            config.data_dir().display()
        );
    }
    if let Some(endpoint) = living_owner(&path) {
        let log = RemoteLog::connect(&endpoint, None)?;
        return Ok(Opened { log: Arc::new(log), owner: Some(endpoint), embedded: None });
    }
    let log = Arc::new(EmbeddedLog::open(&path)?);
    Ok(Opened { log: log.clone(), owner: None, embedded: Some(log) })
}

/// The HTTP address of another process that owns the log in `path`.
fn living_owner(path: &Path) -> Option<String> {
    let owner = kv::owner(path)?;
    let other = owner.pid != std::process::id() && Path::new(&format!("/proc/{}", owner.pid)).exists();
    owner.endpoint.filter(|_| other)
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
