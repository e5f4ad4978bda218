//! A run as its readers see it: its log, what opened it, its views and its lake. A verb opens it
//! where no process works on the run; the process that does takes it from its own context.

use crate::context::RunContext;
use crate::data_dir::{self, LogAccess, RunDir};
use crate::standing::RunStanding;
use anyhow::{Result, bail};
use eventlog::Log;
use schemas::events::RunOpened;
use shell::ShellError;
use std::sync::Arc;
use store::{Lake, Views};

/// A run that can be read.
pub struct RunReader {
    /// Where the run lives.
    pub run: RunDir,
    /// Its log; a reader publishes nothing on it.
    pub log: Arc<dyn Log>,
    /// Partitions of a data topic.
    pub partitions: u32,
    /// What opened it.
    pub opened: RunOpened,
    /// Its views.
    pub views: Views,
    /// Its lake.
    pub lake: Lake,
}

impl RunReader {
    /// Opens a run that no process works on.
    ///
    /// # Errors
    /// There is no such run, it was never opened, it has no views or such that are not whole, or a process owns it.
    pub fn open(run: &RunDir) -> Result<RunReader> {
        let open_log = data_dir::reach(run).map_err(|error| match &run.access {
            LogAccess::Folder => owned_elsewhere(run, error),
            // A log elsewhere that fails is out of reach, not owned.
            LogAccess::Endpoint(_) | LogAccess::Kafka(_) => error,
        })?;
        if let Some(endpoint) = open_log.owner {
            bail!(
                "the process at {endpoint} owns run {}; stop it first, or see `butterquant status`",
                run.id
            );
        }
        let log = open_log.log;
        let partitions = data_dir::partitions(&*log)?;
        let opened = shell::open::opened(&*log)?.ok_or(ShellError::NotOpened)?;
        let state = run.state();
        if !state.exists() {
            bail!(
                "run {} has no views in {}; `butterquant rebuild --all` makes them from the log",
                run.id,
                state.display()
            );
        }
        let db = data_dir::read_state(&state).map_err(|error| owned_elsewhere(run, error))?;
        let (views, lake) = (Views::open(&db)?, Lake::open(run.lake())?);
        if let Some(standing) = RunStanding::of(&*log)? {
            standing.of_views(&views)?;
        }
        Ok(RunReader { run: run.clone(), log, partitions, opened, views, lake })
    }

    /// Reads the run that this process works on, opened by `opened`.
    pub fn of_context(context: &RunContext, opened: &RunOpened) -> RunReader {
        RunReader {
            run: context.run.clone(),
            log: Arc::clone(&context.env.log),
            partitions: context.env.partitions,
            opened: opened.clone(),
            views: context.materialized.views.clone(),
            lake: context.materialized.lake.clone(),
        }
    }
}

/// Says what to do where another process holds the run.
fn owned_elsewhere(run: &RunDir, error: anyhow::Error) -> anyhow::Error {
    if data_dir::was_held(&error) {
        return error
            .context(format!("another process owns run {}; try again once it has ended", run.id));
    }
    error
}
