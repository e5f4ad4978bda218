//! The routes of a run: its log, status, views and metrics.

use crate::exposition;
use crate::metrics;
use crate::metrics_cache::MetricsCache;
use crate::registry;
use anyhow::Result;
use api::answers::{AnyQuery, answer};
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
use shell::status_board::StatusBoard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::Views;
use tokio::sync::Semaphore;
use web::{Serving, error_reply, requests_at_once, serve};

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
    views: Views,
    metrics: MetricsCache,
}

/// Starts to serve a run.
///
/// # Errors
/// As [`serve`].
pub fn start(
    listen: &str,
    token: Option<String>,
    log: Arc<dyn Log>,
    board: Arc<StatusBoard>,
    views: Views,
) -> Result<Serving> {
    let log_server = Server::new(Arc::clone(&log));
    let metrics = MetricsCache::default();
    let log_calls = Semaphore::new(requests_at_once() * 3 / 4);
    let server = Arc::new(RunServer { log_server, log_calls, log, board, views, metrics });
    serve("listen", listen, token, routes().with_state(server))
}

fn routes() -> Router<Arc<RunServer>> {
    Router::new()
        .route(PATH, post(log_call).layer(DefaultBodyLimit::max(MAX_LOG_REQUEST)))
        .route("/status", get(status))
        .route("/views/{view}", get(view))
        .route("/metrics", get(metrics_text))
        .merge(registry::routes())
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
    Json(ProcessStatus::of(&server.board))
}

async fn metrics_text(State(server): State<Arc<RunServer>>) -> Response {
    let mut text = metrics::of_units(&server.board.all());
    let refreshing = Arc::clone(&server);
    let refreshed = tokio::task::spawn_blocking(move || {
        refreshing.metrics.refresh(&*refreshing.log, &refreshing.views)
    });
    // Reading a log that is away never returns; then the scrape gets the last known figures.
    match tokio::time::timeout(REFRESH_TIMEOUT, refreshed).await {
        Ok(Ok(Ok(()))) | Err(_) => {}
        Ok(Ok(Err(error))) => tracing::warn!("some of /metrics cannot be refreshed: {error:#}"),
        Ok(Err(error)) => tracing::warn!("some of /metrics cannot be refreshed: {error}"),
    }
    text.push_str(&server.metrics.text());
    ([(CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response()
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
    match tokio::task::spawn_blocking(move || answer(&server.views, &query)).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
        Err(error) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
