//! What people watch while the program works: progress bars and the log on standard error.

mod logging;
mod progress;

pub use logging::{Verbosity, log_to_stderr};
pub use progress::{Bar, Steps};
