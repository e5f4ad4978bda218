//! Where the views of a run are read: in this process, or over HTTP from the one that owns it.

use super::query::ViewQuery;
use crate::processes::endpoint_beside;
use crate::remote_answer::remote_answer;
use anyhow::{Result, bail};
use run::data_dir::{self, RunDir};
use run::standing::{self, RunStanding};
use schemas::role::Role;
use store::Views;
use web::fetch;

/// The views of a run.
pub enum ViewsAt {
    /// In this process.
    Here(Views),
    /// In the process at an HTTP address, with its token.
    There(String, Option<String>),
}

impl ViewsAt {
    /// The views of `run`.
    ///
    /// # Errors
    /// The run has no views, they are not whole or of another log, or the process that owns it does not answer.
    pub fn of(run: &RunDir) -> Result<ViewsAt> {
        if !run.path.exists() {
            return Err(data_dir::no_run(run));
        }
        // Roles may run as processes with names, each with a state folder of its own.
        if let Some(endpoint) = endpoint_beside(run, Role::Materializer) {
            return Ok(ViewsAt::There(endpoint, run.token.clone()));
        }
        data_dir::settle(run)?;
        if let Some(views) = ViewsAt::left_by_named(run) {
            return Ok(views);
        }
        if !run.state().exists() {
            let closed = RunStanding::of(&*data_dir::reach(run)?.log)?.and_then(|of| of.closed);
            match closed {
                Some(closed) => bail!(
                    "run {} has closed {closed}, but its views are gone: there is no {}; `butterquant rebuild --all --run {}` makes them again from the log",
                    run.id,
                    run.state().display(),
                    run.id
                ),
                None => bail!(
                    "run {} has no views: none of its roles has run yet; start them with `butterquant up --run {}`",
                    run.id,
                    run.id
                ),
            }
        }
        data_dir::of_state(
            run,
            |endpoint| {
                fetch(&endpoint, "/health", None)?;
                Ok(ViewsAt::There(endpoint, run.token.clone()))
            },
            |db| {
                let views = Views::open(db)?;
                standing::check_views(run, &views)?;
                Ok(ViewsAt::Here(views))
            },
        )
    }

    /// The views that a process with a name has left behind, if they are whole and of the run's log. Where the run has a
    /// state folder of its own, that one counts.
    pub(crate) fn left_by_named(run: &RunDir) -> Option<ViewsAt> {
        if run.state().exists() {
            return None;
        }
        let folders = data_dir::folders_of_processes(run).into_iter();
        let mut whole = folders.filter(|folder| *folder != run.log()).filter_map(|folder| {
            let views = Views::open(&data_dir::read_state(&folder).ok()?).ok()?;
            let some = views.through().ok()?.is_some();
            (some && standing::check_views(run, &views).is_ok()).then_some(ViewsAt::Here(views))
        });
        whole.next()
    }

    /// Their answer to `query`.
    ///
    /// # Errors
    /// The store's, or the process that owns the run does not answer.
    pub fn ask<Q: ViewQuery>(&self, query: &Q) -> Result<Q::Answer> {
        match self {
            ViewsAt::Here(views) => query.answer(views),
            ViewsAt::There(endpoint, token) => {
                remote_answer(endpoint, &query.path(), token.as_deref())
            }
        }
    }
}

/// The answer of the views of `run` to `query`.
///
/// # Errors
/// The run has no views, or the process that owns it does not answer.
pub fn ask<Q: ViewQuery>(run: &RunDir, query: &Q) -> Result<Q::Answer> {
    ViewsAt::of(run)?.ask(query)
}
