//! Progress bars on standard error, shown only if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The steps of a long job.
pub struct Steps {
    shown: bool,
}

/// One step's bar.
pub struct Bar(ProgressBar);

impl Steps {
    /// Steps shown if `wanted` and standard error is a terminal (indicatif hides bars elsewhere).
    pub fn new(wanted: bool) -> Steps {
        Steps { shown: wanted }
    }

    /// Runs `work` beside a spinner.
    pub fn during<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let spinner = if self.shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{prefix:>12} {spinner} {elapsed}");
        spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        spinner.set_prefix(name.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(100));
        let done = work();
        spinner.finish_and_clear();
        done
    }

    /// A counter of named parts whose number is not known in advance.
    pub fn counter(&self, name: &str) -> Bar {
        let bar = if self.shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{prefix:>12} {spinner} {pos} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar(bar)
    }

    /// A bar of `of` parts.
    pub fn bar(&self, name: &str, of: u64) -> Bar {
        let bar = if self.shown { ProgressBar::new(of) } else { ProgressBar::hidden() };
        let style =
            ProgressStyle::with_template("{prefix:>12} {bar:32} {pos}/{len} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar(bar)
    }
}

impl Bar {
    /// `done` of `of` parts are done.
    pub fn at(&self, done: u64, of: u64) {
        self.0.set_length(of);
        self.0.set_position(done);
    }

    /// Another part has started: the one called `name`.
    pub fn next(&self, name: &str) {
        self.0.inc(1);
        self.0.set_message(name.to_owned());
        tracing::info!("{name}");
    }

    /// Hides the bar while `write` writes to standard error.
    pub fn above(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Ends the bar and removes it.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }

    /// Ends the bar with a message.
    pub fn done(&self, message: &str) {
        self.0.finish_with_message(message.to_owned());
    }
}
