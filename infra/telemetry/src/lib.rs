//! Progress bars, sentences and the log, on standard error and in files, for people who watch the program work; metrics
//! for Prometheus, and traces.

mod log_files;
mod logging;
pub mod metrics;
mod progress;
mod traces;

pub use log_files::{LogFile, write_log_files};
pub use logging::{LogFormat, Logging, Verbosity, start_logging};
pub use progress::{Bar, Steps};
pub use traces::{Span, SpanKind, TraceCounts, is_tracing, send_span, start_traces, trace_counts};

use std::io::Write;

/// Writes a line to standard error. What cannot be written there is lost: nobody is left to be told of it, and the work
/// goes on.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {
        $crate::say_line(::core::format_args!($($part)*))
    };
}

/// Writes and sends what waits, at the end of the process.
pub fn flush() {
    traces::flush();
    log_files::flush();
}

/// Says why the program ends without having done what it was asked.
pub fn say_failure(sentence: &str) {
    written("ERROR", format_args!("{sentence}"));
}

/// As [`say!`]. Where the log is JSON the line is too, so that a collector can read all of standard error.
pub fn say_line(line: std::fmt::Arguments<'_>) {
    written("INFO", line);
}

fn written(level: &str, line: std::fmt::Arguments<'_>) {
    let mut to = std::io::stderr().lock();
    let _ = match logging::format() {
        LogFormat::Human => writeln!(to, "{line}"),
        LogFormat::Json => writeln!(to, "{}", logging::json_line(level, &line.to_string())),
    };
}
