//! The log on standard error.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// How much is logged, unless a filter overrides it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// Logs to standard error, by `filter` (in the syntax of `RUST_LOG`) if given, else by `verbosity`.
/// Colours are used only if standard error is a terminal and `NO_COLOR` is not set.
pub fn log_to_stderr(verbosity: Verbosity, filter: Option<&str>) {
    let level = match verbosity {
        Verbosity::Quiet => "error",
        Verbosity::Normal => "warn",
        Verbosity::Verbose => "info",
        Verbosity::Debug => "debug",
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter.unwrap_or(level)))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color)
        .init();
}
