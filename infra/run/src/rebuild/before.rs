//! What a run had before it is rebuilt. Whatever cannot be read is a reason to rebuild it, never one not to.

use crate::data_dir::{self, RunDir};
use crate::derived_files::check_model_files;
use crate::projections::{UNMARKED, read_all, write_model_files, write_topic};
use crate::standing::{RunStanding, identity};
use anyhow::{Context, Result};
use eventlog::Log;
use schemas::{Day, Topic};
use shell::checkpoint::KvCheckpoints;
use std::collections::BTreeMap;
use std::path::Path;
use store::{Lake, Views};
use success::Artifacts;

/// The digest of a part, or why there is none.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub(super) digest: Option<String>,
    pub(super) problem: Option<String>,
}

impl Found {
    /// Whether there was nothing, which is no fault by itself.
    pub(super) fn is_nothing(&self) -> bool {
        self.digest.is_none() && self.problem.is_none()
    }
}

impl<E: std::fmt::Display> From<Result<Option<String>, E>> for Found {
    fn from(digest: Result<Option<String>, E>) -> Found {
        match digest {
            Ok(digest) => Found { digest, problem: None },
            Err(error) => {
                Found { digest: None, problem: Some(format!("it could not be read: {error:#}")) }
            }
        }
    }
}

/// What a run had.
pub(super) struct Before {
    /// Held, so that no role begins on it.
    state: Option<kv::Db>,
    pub(super) views: Found,
    /// The last day that its committed offsets say is written.
    pub(super) closed: Option<Day>,
    /// The last day of the views.
    pub(super) through: Option<Day>,
    pub(super) lake: BTreeMap<String, Found>,
    /// The last day of which the lake has a file of its own.
    pub(super) lake_day: Option<Day>,
    /// The last day that the lake says it holds whole.
    pub(super) lake_through: Option<Day>,
    pub(super) model_files: Found,
}

impl Before {
    /// Of `run`, whose lake and model files are first brought up to what the log has by now: words on `controls` and
    /// `dead-letters` are written there with the next day, and a model with the day after its own.
    pub(super) fn of(run: &RunDir, log: &dyn Log, partitions: u32) -> Result<Before> {
        let state = state(run)?;
        let views = match &state {
            None => Ok((None, None)),
            Some(Ok(db)) => views(db),
            Some(Err(problem)) => Err(anyhow::anyhow!("{problem}")),
        };
        let through = views.as_ref().ok().and_then(|(_, through)| *through);
        let FoundLake { topics, last_file, through: lake_through } = lake(run, log, partitions)?;
        Ok(Before {
            state: state.and_then(Result::ok),
            views: views.map(|(digest, _)| digest).into(),
            closed: RunStanding::of(log)?.and_then(|standing| standing.closed),
            through,
            lake: topics,
            lake_day: last_file,
            lake_through,
            model_files: model_files(log, partitions, &run.models()).into(),
        })
    }

    /// The saved state of its units, if there is any that can be read.
    pub(super) fn states(&self) -> Option<KvCheckpoints> {
        self.state.as_ref()?.plain_tree("units").ok().map(KvCheckpoints::of)
    }
}

/// The state folder, or what is wrong with it; an error where another process has it.
fn state(run: &RunDir) -> Result<Option<Result<kv::Db, String>>> {
    let path = run.state();
    if !path.exists() {
        return Ok(None);
    }
    match data_dir::open_state(&path) {
        Ok(db) => Ok(Some(Ok(db))),
        Err(error) if data_dir::was_held(&error) => {
            Err(error).context("the run's roles must be stopped while it is rebuilt")
        }
        Err(error) => Ok(Some(Err(format!("{error:#}")))),
    }
}

fn views(db: &kv::Db) -> Result<(Option<String>, Option<Day>)> {
    let views = Views::open(db)?;
    Ok((Some(views.digest()?), views.through()?))
}

/// The lake as it was found.
#[derive(Default)]
struct FoundLake {
    topics: BTreeMap<String, Found>,
    /// The day of its last file of a day.
    last_file: Option<Day>,
    /// The last day that it says it holds whole.
    through: Option<Day>,
}

fn lake(run: &RunDir, log: &dyn Log, partitions: u32) -> Result<FoundLake> {
    if !run.lake().exists() {
        return Ok(Default::default());
    }
    let lake = Lake::open(run.lake())?;
    let of_this_log =
        || Ok::<_, anyhow::Error>(lake.manifest()?.and_then(|of| of.log) == identity(log)?);
    // A file that was damaged is compared as it is.
    if let (Ok(check), Ok(true)) = (lake.check(), of_this_log()) {
        for topic in UNMARKED {
            let damaged = |name: &Option<String>| name.as_deref() == Some(topic.dataset());
            if !check.faults.iter().any(|fault| damaged(&fault.topic)) {
                write_topic(log, partitions, &lake, topic)?;
            }
        }
    }
    let mut found: BTreeMap<String, Found> = match lake.digest() {
        Ok(digests) => {
            let of = |digest| Found { digest: Some(digest), problem: None };
            digests.into_iter().map(|(topic, digest)| (topic, of(digest))).collect()
        }
        Err(error) => BTreeMap::from([("lake".to_owned(), Err::<Option<String>, _>(error).into())]),
    };
    if let Ok(check) = lake.check() {
        for fault in check.faults {
            let topic = fault.topic.clone().unwrap_or_default();
            let of = found.entry(topic).or_default();
            of.problem.get_or_insert_with(|| fault.to_string());
        }
    }
    let days = lake.files()?;
    let days = days.iter().filter_map(|file| file.file_stem()?.to_str()?.parse().ok());
    let manifest = lake.manifest().ok().flatten().unwrap_or_default();
    Ok(FoundLake { topics: found, last_file: days.max(), through: manifest.through })
}

fn model_files(log: &dyn Log, partitions: u32, folder: &Path) -> Result<Option<String>> {
    if !folder.exists() {
        return Ok(None);
    }
    let artifacts = Artifacts::open(folder)?;
    // Files that are there are compared as they are.
    if check_model_files(log, partitions, folder, None)?.is_empty() {
        write_model_files(folder, &read_all(log, Topic::Models, partitions)?)?;
    }
    Ok(artifacts.digest()?)
}
