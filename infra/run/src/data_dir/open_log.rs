//! Opening a run's log and state folder: as their owner, or through the process that owns them.

use super::beside::settle;
use super::run_dir::{LogAccess, PATIENCE, RunDir};
use anyhow::{Context, Result, anyhow};
use eventlog::{EmbeddedLog, ErrorClass, KafkaLog, Log, LogError, RemoteLog};
use schemas::Topic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run's log, opened, and the process that owns it.
pub struct OpenLog {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The HTTP address of the process that owns it, if that is another one.
    pub owner: Option<String>,
    /// The embedded log itself, if this process owns it.
    pub embedded: Option<Arc<EmbeddedLog>>,
}

/// Removes a temporary run's topics from Kafka; an embedded log goes with the run's folder.
///
/// # Errors
/// Kafka does not answer, or refuses.
pub fn remove_topics(run: &RunDir) -> Result<()> {
    if let Some(settings) = run.on_kafka() {
        KafkaLog::connect(settings)?.remove_topics()?;
    }
    Ok(())
}

/// Refuses a run whose topics Kafka could not hold, before anything is created.
fn check_names(run: &RunDir) -> Result<()> {
    let names = Topic::ALL.map(|topic| format!("{}{}", run.topic_prefix(), topic.name()));
    Ok(eventlog::kafka::check_names(names.iter().map(String::as_str))?)
}

/// The run's log, if it is not in the data folder.
fn elsewhere(run: &RunDir) -> Result<Option<OpenLog>> {
    Ok(match &run.access {
        LogAccess::Folder => None,
        LogAccess::Kafka(access) => {
            check_names(run)?;
            let log = Arc::new(KafkaLog::connect(run.kafka_settings(access))?);
            Some(OpenLog { log, owner: None, embedded: None })
        }
        LogAccess::Endpoint(endpoint) => {
            let log = Arc::new(RemoteLog::connect(endpoint, run.token.clone())?);
            Some(OpenLog { log, owner: Some(endpoint.clone()), embedded: None })
        }
    })
}

/// Opens the run's log to own it, as roles do. Waits while a short-lived reader holds it.
pub fn own(run: &RunDir) -> Result<OpenLog> {
    settle(run)?;
    if let Some(opened) = elsewhere(run)? {
        check_folder(&run.path)?;
        return Ok(opened);
    }
    let path = run.log();
    check_not_gone(run)?;
    create(&path)?;
    let log = Arc::new(patiently(&path, run.patience, || Ok(EmbeddedLog::open(&path)?))?);
    Ok(OpenLog { log: log.clone(), owner: None, embedded: Some(log) })
}

/// Fails where a run has its views or its lake, but not the log that they are made from. An empty log in its place would
/// make them look like another run's.
///
/// # Errors
/// The log is gone.
pub fn check_not_gone(run: &RunDir) -> Result<()> {
    let made = [run.state(), run.lake()].into_iter().find(|path| path.exists());
    match made.filter(|_| run.is_here() && !run.log().exists()) {
        None => Ok(()),
        Some(made) => Err(anyhow!(
            "the log of run {} is gone: {} does not exist, though {} does; give the folder back, or bring a backup back with `butterquant restore FILE --run NAME`, and delete what is left with `butterquant runs remove {}`",
            run.id,
            run.log().display(),
            made.display(),
            run.id
        )),
    }
}

fn create(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| {
        format!("{} cannot be created; choose another folder with --data-dir", path.display())
    })
}

/// Fails where the run's folder cannot be created, which is to be known before its topics are; leaves none behind.
fn check_folder(path: &Path) -> Result<()> {
    let is_new = !path.exists();
    create(path)?;
    if is_new {
        // Another process may have put something into it meanwhile.
        let _ = std::fs::remove_dir(path);
    }
    Ok(())
}

/// Opens the run's log to read it or to publish on `controls`: through the process that owns it,
/// if there is one. Where its folder cannot be written it is read from a copy, which takes no writes.
pub fn reach(run: &RunDir) -> Result<OpenLog> {
    settle(run)?;
    if let Some(opened) = elsewhere(run)? {
        return Ok(opened);
    }
    let path = run.log();
    check_not_gone(run)?;
    if !path.exists() {
        return Err(no_run(run));
    }
    patiently(&path, run.patience, || {
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
        // Another program may have that process id by now, so the log's lock decides.
        match (EmbeddedLog::open_to_read(&path), refused) {
            (Ok(log), _) => {
                let log = Arc::new(log);
                Ok(OpenLog { log: log.clone(), owner: None, embedded: Some(log) })
            }
            (Err(error), refused) => Err(refused.unwrap_or(error).into()),
        }
    })
}

/// Calls `there` with the address of the process that owns the run's log or its state folder, or
/// opens the state folder and calls `here`.
pub fn of_state<T>(
    run: &RunDir,
    mut there: impl FnMut(String) -> Result<T>,
    mut here: impl FnMut(&kv::Db) -> Result<T>,
) -> Result<T> {
    let state = run.state();
    patiently(&state, run.patience, || {
        let owner = [run.log(), run.state()].iter().find_map(|path| living_owner(path)?.endpoint);
        let unreached = match owner.map(&mut there) {
            Some(Err(error)) => Some(error),
            Some(answered) => return answered,
            None => None,
        };
        // As with the log, the store's lock decides.
        match kv::Db::open_to_read(&state) {
            Ok(db) => here(&db),
            Err(error) => Err(unreached.unwrap_or_else(|| of_state_folder(error))),
        }
    })
}

/// Opens the state folder at `state`; waits while a short-lived reader holds it.
///
/// # Errors
/// Another process holds it, or it is damaged, which a rebuild repairs.
pub(crate) fn open_state(state: &Path) -> Result<kv::Db> {
    patiently(state, PATIENCE, || kv::Db::open(state).map_err(of_state_folder))
}

/// The same to read it alone; a folder that cannot be written is read from a copy.
///
/// # Errors
/// As [`open_state`].
pub fn read_state(state: &Path) -> Result<kv::Db> {
    patiently(state, PATIENCE, || kv::Db::open_to_read(state).map_err(of_state_folder))
}

fn of_state_folder(error: kv::KvError) -> anyhow::Error {
    let damaged = matches!(error, kv::KvError::Damaged { .. });
    let error = anyhow::Error::from(error);
    if !damaged {
        return error;
    }
    error.context("saved state and views are damaged; `butterquant rebuild --all` makes them again from the log")
}

/// Repeats `attempt` for as long as `patience` while another process holds `path` and does not serve it.
pub(crate) fn patiently<T>(
    path: &Path,
    patience: Duration,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        let is_passing = |error: &anyhow::Error| match living_owner(path) {
            Some(owner) => owner.endpoint.is_none(),
            // It ended between the attempt and this look.
            None => was_held(error),
        };
        match attempt() {
            Err(error) if Instant::now() < deadline && is_passing(&error) => {
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

/// The error for a run that does not exist.
pub fn no_run(run: &RunDir) -> anyhow::Error {
    anyhow!(
        "there is no run {:?} in {}; `butterquant runs` lists them, `butterquant demo` makes one",
        run.id,
        run.data_dir.display()
    )
}

/// The process that was the last to open the directory `path`, if it is another one and alive.
pub fn living_owner(path: &Path) -> Option<kv::Owner> {
    let owner = kv::owner(path)?;
    let other =
        owner.pid != std::process::id() && Path::new(&format!("/proc/{}", owner.pid)).exists();
    Some(owner).filter(|_| other)
}

/// The folders that a process which works on the run has open: the log, and a state folder for each name.
pub fn folders_of_processes(run: &RunDir) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&run.path).into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name == "log" || name == "state" || name.starts_with("state-")
        })
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders
}

/// How many partitions of a data topic the run of `log` uses: as many as it was opened with, whatever somebody has
/// added since. An opening of an earlier version does not say; its topics do.
pub fn partitions(log: &dyn Log) -> Result<u32> {
    let topics = log.topics()?;
    let bars = topics.iter().find(|topic| topic.name == Topic::Bars.name());
    let bars = bars.context("the log has no topics: its run was never opened; `butterquant up` or `butterquant scan` opens it")?;
    let opened = shell::open::opened(log)?;
    Ok(opened.as_ref().and_then(shell::open::partitions_of).unwrap_or(bars.partitions))
}
