//! The log on standard error.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// How much is logged, unless a filter says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings: somebody should do something.
    Normal,
    /// What happens, too.
    Verbose,
    /// Everything that may help to find a fault.
    Debug,
}

/// Logs to standard error: by `filter` (as `RUST_LOG` is written) where given, by `verbosity`
/// otherwise. Colours only where standard error is a terminal and `NO_COLOR` is not set.
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
