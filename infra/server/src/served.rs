//! What the HTTP side is given of a run.

use api::monitor::Monitor;
use eventlog::Log;
use run::data_dir::RunDir;
use shell::status_board::StatusBoard;
use std::sync::Arc;
use store::Views;

/// What is served of a run.
pub struct Served {
    /// The run.
    pub run: RunDir,
    /// Its log.
    pub log: Arc<dyn Log>,
    /// The progress of the units of this process.
    pub board: Arc<StatusBoard>,
    /// None where another process makes them.
    pub views: Option<Views>,
    /// Watches the run.
    pub monitor: Arc<Monitor>,
}
