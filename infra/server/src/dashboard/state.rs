//! What the page needs of a run, and how it answers.

use super::feed::{self, Feed};
use crate::served::Served;
use anyhow::Result;
use api::answers::ViewsAt;
use api::conditions::Watcher;
use api::monitor::Monitor;
use api::retraining::RetrainingStatus;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use eventlog::Log;
use parking_lot::Mutex;
use report::why::Chains;
use run::data_dir::RunDir;
use run::standing::RunStanding;
use schemas::Day;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;
use store::Views;
use web::error_reply;

/// What the page needs of a run.
pub(crate) struct Dashboard {
    pub(super) run: RunDir,
    pub(super) log: Arc<dyn Log>,
    pub(super) views: Option<Views>,
    pub(super) monitor: Arc<Monitor>,
    pub(super) feed: Arc<Feed>,
    /// Sees the conditions that alerts tell of.
    pub(super) watcher: Mutex<Watcher>,
    /// What callers show; none where everybody on this machine may call.
    pub(super) token: Option<String>,
    /// Whether it may halt and resume.
    pub(super) acts: bool,
    /// The log as it explains decisions, read once a day.
    pub(super) chains: Mutex<Option<(Option<Day>, Arc<Chains>)>>,
    /// How far trainings are.
    pub(super) training: Mutex<Option<KeptTraining>>,
}

/// How far trainings are, as it was computed from the whole log.
pub(super) struct KeptTraining {
    /// The newest day then.
    pub(super) day: Option<Day>,
    pub(super) status: RetrainingStatus,
    /// Until when it is good enough: a run that catches up has a new day every moment.
    pub(super) until: Instant,
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.feed.stop();
    }
}

impl Dashboard {
    /// Of a run; `acts` where it may halt and resume.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn new(served: &Served, token: Option<String>, acts: bool) -> Result<Dashboard> {
        let partitions = feed::partitions_of(&*served.log);
        Ok(Dashboard {
            run: served.run.clone(),
            log: Arc::clone(&served.log),
            views: served.views.clone(),
            monitor: Arc::clone(&served.monitor),
            feed: Feed::start(Arc::clone(&served.log), partitions)?,
            watcher: Mutex::new(Watcher::new(
                Arc::clone(&served.monitor),
                served.views.clone(),
                served.run.data_dir.clone(),
            )),
            token,
            acts,
            chains: Mutex::default(),
            training: Mutex::default(),
        })
    }

    /// The views, wherever they are.
    pub(super) fn views(&self) -> Result<ViewsAt> {
        let Some(views) = &self.views else { return ViewsAt::of(&self.run) };
        if let Some(standing) = RunStanding::of(&*self.log)? {
            standing.of_views(views)?;
        }
        Ok(ViewsAt::Here(views.clone()))
    }

    /// The newest day, by which it is known whether something is to be read anew.
    pub(super) fn newest_day(&self) -> Option<Day> {
        self.monitor.latest().and_then(|snapshot| snapshot.lag.newest_day)
    }
}

/// Answers with what `read` gives, which may wait for the log.
pub(super) async fn answered<T: Serialize + Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(found)) => axum::Json(found).into_response(),
        Ok(Err(error)) => {
            let missing = error.downcast_ref::<Missing>().is_some();
            let code =
                if missing { StatusCode::NOT_FOUND } else { StatusCode::SERVICE_UNAVAILABLE };
            error_reply(code, &format!("{error:#}"))
        }
        Err(error) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// What is asked for is not there, though everything answers.
#[derive(Debug)]
pub(super) struct Missing(pub(super) String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}
