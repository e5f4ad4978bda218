//! The routes of a run: its log, status, views and metrics.

use crate::dashboard::{self, Dashboard};
use crate::health::{self, Health};
use crate::metrics::MetricsCache;
use crate::registry;
use crate::served::Served;
use crate::targets::{Target, targets};
use anyhow::Result;
use api::answers::{AnyQuery, answer};
use api::monitor::Monitor;
use api::unit_progress::ProcessStatus;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use eventlog::remote::PATH;
use eventlog::{Log, Server};
use run::standing::RunStanding;
use shell::status_board::StatusBoard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{StoreError, Views};
use tokio::sync::Semaphore;
use web::{Serving, error_reply, requests_at_once, serve_beside};

/// The largest request to the log: a publish of a whole day of bars with room to spare.
const MAX_LOG_REQUEST: usize = 64 << 20;
/// How long a scrape waits for its metrics to be refreshed.
pub(crate) const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);

struct RunServer {
    log_server: Server,
    /// Calls to the log, which may wait for records; the rest is kept for those who ask for status and views.
    log_calls: Semaphore,
    log: Arc<dyn Log>,
    board: Arc<StatusBoard>,
    views: Option<Views>,
    /// Whether the views were found whole; they stay so while this process writes them.
    whole: AtomicBool,
    metrics: MetricsCache,
    monitor: Arc<Monitor>,
}

impl RunServer {
    fn new(served: Served) -> RunServer {
        let Served { run, log, board, views, monitor } = served;
        RunServer {
            log_server: Server::new(Arc::clone(&log)),
            log_calls: Semaphore::new(requests_at_once() * 3 / 4),
            log,
            board,
            views,
            whole: AtomicBool::new(false),
            metrics: MetricsCache::new(run, Arc::clone(&monitor)),
            monitor,
        }
    }

    /// Fails while the views lack days that the run has closed: they are being made again, or another process writes.
    fn check_views(&self) -> Result<()> {
        let Some(views) = &self.views else { return Ok(()) };
        if !self.whole.load(Ordering::Relaxed) {
            if let Some(standing) = RunStanding::of(&*self.log)? {
                standing.of_views(views)?;
            }
            self.whole.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Starts to serve a run.
///
/// # Errors
/// As [`serve_beside`].
pub fn start(listen: &str, token: Option<String>, served: Served) -> Result<Serving> {
    let prefix = served.run.topic_prefix();
    let page = dashboard::routes(Arc::new(Dashboard::new(&served, token.clone(), true)?));
    let server = Arc::new(RunServer::new(served));
    let routes = status_routes()
        .route(PATH, post(log_call).layer(DefaultBodyLimit::max(MAX_LOG_REQUEST)))
        .route("/views/{view}", get(view))
        .merge(registry::routes(vec![prefix]))
        .fallback(registry::nowhere);
    let open = health_routes(&server);
    serve_beside("listen", listen, token, routes.with_state(server).merge(page), open)
}

/// Starts to serve the status of roles that run beside the process that owns the run, which serves all else, and the
/// views where they are made there.
///
/// # Errors
/// As [`serve_beside`].
pub fn start_beside(token: Option<String>, served: Served) -> Result<Serving> {
    let page = dashboard::routes(Arc::new(Dashboard::new(&served, token.clone(), true)?));
    let server = Arc::new(RunServer::new(served));
    let routes = status_routes().route("/views/{view}", get(view));
    let open = health_routes(&server);
    serve_beside("listen", "127.0.0.1:0", token, routes.with_state(server).merge(page), open)
}

/// Serves the page of a run alone, which only reads, beside the processes that work, and the lag as metrics.
///
/// # Errors
/// As [`serve_beside`].
pub fn start_page(listen: &str, token: Option<String>, served: Served) -> Result<Serving> {
    let page = Dashboard::new(&served, token.clone(), false)?;
    let metrics = Router::new().route("/metrics", get(metrics_text));
    let server = Arc::new(RunServer::new(served));
    let open = health_routes(&server);
    let routes = dashboard::routes(Arc::new(page)).merge(metrics.with_state(server));
    serve_beside("--at", listen, token, routes, open)
}

fn health_routes(server: &Arc<RunServer>) -> Router {
    let (board, log, checked) = (&server.board, &server.log, Arc::clone(server));
    let views = Box::new(move || checked.check_views());
    health::routes(Health::new(Arc::clone(board), Arc::clone(log), views))
}

fn status_routes() -> Router<Arc<RunServer>> {
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics_text))
        .route("/targets", get(other_processes))
}

async fn other_processes(State(server): State<Arc<RunServer>>) -> Json<Vec<Target>> {
    let latest = server.monitor.latest();
    let processes = latest.map(|latest| latest.lag.processes.clone()).unwrap_or_default();
    Json(targets(&processes, std::process::id()))
}

async fn log_call(
    State(server): State<Arc<RunServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/octet-stream") {
        return error_reply(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a request to the log must have the content type application/octet-stream",
        );
    }
    let Ok(_call) = server.log_calls.try_acquire() else {
        return error_reply(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many calls to the log are being answered at once; try again",
        );
    };
    let answering = Arc::clone(&server);
    match tokio::task::spawn_blocking(move || answering.log_server.handle(PATH, &body)).await {
        Ok(Ok(bytes)) => bytes.into_response(),
        Ok(Err(error)) => error_reply(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(error) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn status(State(server): State<Arc<RunServer>>) -> Json<ProcessStatus> {
    let watch = Arc::clone(&server);
    within(move || watch.metrics.refresh_trading(&*watch.log), "the halts of /status").await;
    Json(ProcessStatus::of(&server.board, server.metrics.trading()))
}

/// Refreshes what is served. Reading a log that is away never returns; then what was known last is served.
async fn within(refresh: impl FnOnce() -> Result<()> + Send + 'static, what: &str) {
    let refreshed = tokio::task::spawn_blocking(refresh);
    match tokio::time::timeout(REFRESH_TIMEOUT, refreshed).await {
        Ok(Ok(Ok(()))) | Err(_) => {}
        Ok(Ok(Err(error))) => tracing::warn!("{what} cannot be refreshed: {error:#}"),
        Ok(Err(error)) => tracing::warn!("{what} cannot be refreshed: {error}"),
    }
}

async fn metrics_text(State(server): State<Arc<RunServer>>) -> Response {
    let refreshing = Arc::clone(&server);
    let refresh = move || {
        let whole = || refreshing.check_views().is_ok();
        refreshing.metrics.refresh(
            &*refreshing.log,
            refreshing.views.as_ref(),
            refreshing.board.instruments().provider(),
            whole,
        )
    };
    within(refresh, "some of /metrics").await;
    let text = server.metrics.text(&server.board);
    ([(CONTENT_TYPE, telemetry::metrics::CONTENT_TYPE)], text).into_response()
}

/// Why the views are not shown. Those of a process at work become whole by themselves.
fn not_whole(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(StoreError::Behind { through, closed, .. }) => {
            let through = through.map_or_else(|| "nothing".to_owned(), |day| day.to_string());
            format!(
                "the views are not whole: they reach {through}, and the run has closed {closed}; this process makes them from the log, so ask again in a moment, unless another process of the run keeps the views"
            )
        }
        _ => format!("{error:#}"),
    }
}

async fn view(
    State(server): State<Arc<RunServer>>,
    Path(view): Path<String>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let query = match AnyQuery::from_url(&view, &parameters) {
        Ok(query) => query,
        Err(error) => return error_reply(StatusCode::BAD_REQUEST, &format!("{error:#}")),
    };
    let Some(views) = server.views.clone() else {
        return error_reply(StatusCode::NOT_FOUND, "another process makes the views of this run");
    };
    let asked = Arc::clone(&server);
    let checked = tokio::task::spawn_blocking(move || asked.check_views());
    match tokio::time::timeout(REFRESH_TIMEOUT, checked).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => {
            return error_reply(StatusCode::SERVICE_UNAVAILABLE, &not_whole(&error));
        }
        Ok(Err(_)) | Err(_) => {
            let why = "the log does not answer, so it is not known whether the views are whole; try again";
            return error_reply(StatusCode::SERVICE_UNAVAILABLE, why);
        }
    }
    match tokio::task::spawn_blocking(move || answer(&views, &query)).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
        Err(error) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
