//! Metrics for Prometheus: what each is called and means, and their text. This is the only place that names the client
//! library, and with the histograms of `instruments.rs` the place that reads a clock for metrics.

mod declared;
mod exposition;
mod instruments;
mod measures;

pub use declared::{Declared, MetricKind};
pub use exposition::{CONTENT_TYPE, Exposition};
pub use instruments::{CallTimer, Instruments, LastDecision};
