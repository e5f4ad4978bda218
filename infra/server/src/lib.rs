//! The HTTP side of the process that owns a run: its log for other processes, the status of its
//! units, the views as JSON, its schemas as a schema registry serves them, and metrics for
//! Prometheus.
//!
//! 1. It listens on this machine only, unless a token is set; then every request but `/health`
//!    must carry it.
//! 2. Without a token browsers are kept out: a request must name this machine as its host, and one
//!    to the log must have a content type that no page of another site can send unasked.
//! 3. It runs on its own threads and blocks no role.

pub mod alerts;
mod dashboard;
mod exposition;
mod metrics;
mod metrics_cache;
mod registry;
mod run_server;

pub use registry::start_schemas;
pub use run_server::{Served, start, start_beside, start_page};

#[cfg(test)]
mod tests;
