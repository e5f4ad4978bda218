//! The log: what is written, in which format, and that it goes to standard error and, for a process that keeps running,
//! into files.

use crate::log_files;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Subscriber;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How much is logged, unless a filter overrides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Errors and warnings; a warning calls for action.
    Normal,
    /// The course of events, too.
    Verbose,
    /// Everything that may help to diagnose a fault.
    Debug,
}

impl Verbosity {
    fn level(self) -> &'static str {
        match self {
            Verbosity::Quiet => "error",
            Verbosity::Normal => "warn",
            Verbosity::Verbose => "info",
            Verbosity::Debug => "debug",
        }
    }
}

/// How a line of the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// A sentence, for people.
    Human,
    /// A JSON object, for a collector.
    Json,
}

/// Whether lines are JSON; read by every line.
static JSON: AtomicBool = AtomicBool::new(false);

pub(crate) fn format() -> LogFormat {
    if JSON.load(Ordering::Relaxed) { LogFormat::Json } else { LogFormat::Human }
}

/// What is logged and how.
#[derive(Clone, Copy, Debug)]
pub struct Logging<'a> {
    /// How much goes to standard error.
    pub verbosity: Verbosity,
    /// A filter in the syntax of `RUST_LOG` that decides instead, for the files as well.
    pub filter: Option<&'a str>,
    /// How a line is written.
    pub format: LogFormat,
    /// Whether files are written too, from `info` on, once [`crate::write_log_files`] has named their folder.
    pub files: bool,
}

/// Begins to log. Colours are used only if standard error is a terminal and `NO_COLOR` is not set.
pub fn start_logging(logging: Logging<'_>) {
    JSON.store(logging.format == LogFormat::Json, Ordering::Relaxed);
    let filter = |level: Verbosity| EnvFilter::new(logging.filter.unwrap_or(level.level()));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = std::io::stderr().is_terminal() && !no_color;
    let stderr =
        lines(logging.format, std::io::stderr, colours).with_filter(filter(logging.verbosity));
    let files = logging.files.then(|| {
        let level = logging.verbosity.max(Verbosity::Verbose);
        lines(logging.format, log_files::Router, false).with_filter(filter(level))
    });
    // A test may have begun already.
    let _ = tracing_subscriber::registry().with(stderr).with(files).try_init();
}

fn lines<S, W>(format: LogFormat, to: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        LogFormat::Human => layer().with_writer(to).with_ansi(colours).boxed(),
        LogFormat::Json => {
            layer().with_writer(to).with_thread_names(true).json().flatten_event(true).boxed()
        }
    }
}

/// A sentence as the line of JSON that the log would write, at `level`.
pub(crate) fn json_line(level: &str, sentence: &str) -> String {
    let mut time = String::new();
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    serde_json::json!({ "timestamp": time, "level": level, "message": sentence }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::io::Write;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_json_object_with_its_fields_beside_the_message() {
        let kept = Kept::default();
        let to = kept.clone();
        let logs = lines(LogFormat::Json, move || to.clone(), false);
        let subscriber = tracing_subscriber::registry().with(logs);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(bars = 12, "published {:?}", "a \"day\"\n");
        });
        let text = String::from_utf8(kept.0.lock().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["level"], &line["bars"]), (&"INFO".into(), &12.into()));
        assert_eq!(line["message"], "published \"a \\\"day\\\"\\n\"");
        let said: serde_json::Value =
            serde_json::from_str(&json_line("INFO", "a \"word\"")).unwrap();
        assert_eq!(said["message"], "a \"word\"");
        assert!(said["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
