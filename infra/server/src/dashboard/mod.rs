//! The page for operators, and what it is made of as JSON and CSV.
//!
//! 1. It reads what everybody else reads: the monitor's samples, the views, the log. It computes no figure of its own.
//! 2. It changes nothing but by a halt or a resume, which ask for the token where one is set.
//! 3. What cannot be read is said in its place; the rest is shown.

mod acts;
mod documents;
mod feed;
mod log_records;
mod page;
mod stream;
mod tables;

use crate::run_server::Served;
use anyhow::Result;
use api::answers::ViewsAt;
use api::conditions::Watcher;
use api::monitor::Monitor;
use api::retraining::RetrainingStatus;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use eventlog::Log;
use feed::Feed;
use parking_lot::Mutex;
use report::why::Chains;
use run::data_dir::RunDir;
use run::standing::RunStanding;
use schemas::Day;
use serde::Serialize;
use std::sync::Arc;
use store::Views;
use web::error_reply;

/// What the page needs of a run.
pub(crate) struct Dashboard {
    run: RunDir,
    log: Arc<dyn Log>,
    views: Option<Views>,
    monitor: Arc<Monitor>,
    feed: Arc<Feed>,
    /// Sees the conditions that alerts tell of.
    watcher: Mutex<Watcher>,
    /// What callers show; none where everybody on this machine may call.
    token: Option<String>,
    /// Whether it may halt and resume.
    acts: bool,
    /// The log as it explains decisions, read once a day.
    chains: Mutex<Option<(Option<Day>, Arc<Chains>)>>,
    /// How far trainings are, computed once a day.
    training: Mutex<Option<(Option<Day>, RetrainingStatus)>>,
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
    fn views(&self) -> Result<ViewsAt> {
        let Some(views) = &self.views else { return ViewsAt::of(&self.run) };
        if let Some(standing) = RunStanding::of(&*self.log)? {
            standing.of_views(views)?;
        }
        Ok(ViewsAt::Here(views.clone()))
    }

    /// The newest day, by which it is known whether something is to be read anew.
    fn newest_day(&self) -> Option<Day> {
        self.monitor.latest().and_then(|snapshot| snapshot.lag.newest_day)
    }
}

/// The page and its parts.
pub(crate) fn routes(dashboard: Arc<Dashboard>) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/api/snapshot", get(documents::snapshot))
        .route("/api/stream", get(stream::stream))
        .route("/api/partitions", get(documents::partitions))
        .route("/api/conditions", get(documents::conditions))
        .route("/api/training", get(documents::training))
        .route("/api/money", get(documents::money))
        .route("/api/why/{what}", get(documents::why))
        .route("/api/record/{topic}/{partition}/{offset}", get(log_records::record))
        .route("/api/ticker/{ticker}", get(log_records::ticker))
        .route("/api/dead-letters", get(log_records::letters))
        .route("/api/dead-letters/{id}", get(log_records::letter))
        .route("/api/halt", post(acts::halt))
        .route("/api/resume", post(acts::resume))
        .route("/tables/{name}", get(tables::table))
        .with_state(dashboard)
}

/// Answers with what `read` gives, which may wait for the log.
async fn answered<T: Serialize + Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(found)) => axum::Json(found).into_response(),
        Ok(Err(error)) => error_reply(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}")),
        Err(error) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
