//! Traces: spans that are sent to an OpenTelemetry collector, if one is configured. Ids are given by those who make the
//! spans, so that processes which know the same event agree on them without a word.
//!
//! Invariants:
//! 1. Without a collector a span costs the question whether there is one.
//! 2. No role waits: spans pass through a bounded queue. Those that do not fit, and those that a collector does not
//!    take, are dropped and counted.

mod http_client;
mod queue;
mod span;

pub use queue::{TraceCounts, is_tracing, send_span, start_traces, trace_counts};
pub use span::{Span, SpanKind};

pub(crate) use queue::flush;
