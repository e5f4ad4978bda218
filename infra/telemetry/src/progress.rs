//! Progress bars on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The steps of a longer job.
pub struct Steps {
    shown: bool,
}

/// One step's bar.
pub struct Bar(ProgressBar);

impl Steps {
    /// Shown when `wanted` and standard error is a terminal (indicatif hides bars elsewhere).
    pub fn new(wanted: bool) -> Steps {
        Steps { shown: wanted }
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

    /// All done, with a word on it.
    pub fn done(&self, word: &str) {
        self.0.finish_with_message(word.to_owned());
    }
}
