//! Progress bars, sentences and the log on standard error, for people who watch the program work, and metrics for
//! Prometheus.

mod logging;
pub mod metrics;
mod progress;

pub use logging::{Verbosity, log_to_stderr};
pub use progress::{Bar, Steps};

use std::io::Write;

/// Writes a line to standard error. What cannot be written there is lost: nobody is left to be told of it, and the work
/// goes on.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {
        $crate::say_line(::core::format_args!($($part)*))
    };
}

/// As [`say!`].
pub fn say_line(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
