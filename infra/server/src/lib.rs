//! The HTTP side of the process that owns a run: its log for other processes, the status of its
//! units, the views as JSON, its schemas as a schema registry serves them, and metrics for
//! Prometheus.
//!
//! 1. It listens on this machine only, unless a token is set; then every request but those about its
//!    health must carry it.
//! 2. Without a token browsers are kept out: a request must name this machine as its host, and one
//!    to the log must have a content type that no page of another site can send unasked.
//! 3. It runs on its own threads and blocks no role.

pub mod alerts;
mod dashboard;
mod health;
mod metrics;
mod registry;
mod run_server;
mod served;
mod targets;

pub use registry::start_schemas;
pub use run_server::{start, start_beside, start_page};
pub use served::Served;

#[cfg(test)]
mod tests;
