//! The end of a bounded run: every instance commits to the ends of its inputs. Without that the transaction
//! markers behind the last events, which no day closes, would stand as lag for ever.

use crate::input_ends::InputEnds;
use crate::instance::Instance;
use crate::{error::ShellError, unit::Unit};
use std::time::{Duration, Instant};

/// How long an instance may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Lets `instance` commit to `ends`.
pub(crate) fn settle(name: &str, instance: &mut Instance, ends: &InputEnds) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match instance.settle(ends) {
            Ok(true) => return,
            Err(error) if !error.passing() => {
                return tracing::warn!(name, "its last offsets are not committed: {error}");
            }
            _ if Instant::now() > deadline => {
                return tracing::info!(name, "its last offsets are not committed");
            }
            Err(error) => {
                tracing::debug!(name, "settling again: {error}");
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(false) => {}
        }
    }
}

impl Instance {
    /// Reads on to `ends` where nothing is left to take in, takes nothing in, and commits. False if the ends are not
    /// reached yet.
    fn settle(&mut self, ends: &InputEnds) -> Result<bool, ShellError> {
        let settled = self.read_to(ends);
        if settled.is_err() {
            self.forget();
        }
        settled
    }

    fn read_to(&mut self, ends: &InputEnds) -> Result<bool, ShellError> {
        self.follow_group()?;
        let short = |units: &[Unit]| units.iter().any(|unit| unit.is_short_of(ends));
        if short(&self.units) {
            self.read()?;
        }
        if short(&self.units) {
            return Ok(false);
        }
        self.commit_read()?;
        Ok(true)
    }
}
