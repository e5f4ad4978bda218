//! Progress bars and the log on standard error, for people who watch the program work.

mod logging;
mod progress;

pub use logging::{Verbosity, log_to_stderr};
pub use progress::{Bar, Steps};
