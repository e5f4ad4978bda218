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
mod state;
mod stream;
mod tables;

pub(crate) use state::Dashboard;

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

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
