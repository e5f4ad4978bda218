//! Reports once that no broker can be reached, and once that one answers again, however many
//! clients notice.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

/// How long after an outage other clients may still report it.
const SETTLE: Duration = Duration::from_secs(10);

/// Whether the brokers can be reached, as the clients of one log see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    /// No outage so far.
    #[default]
    Never,
    /// Since when, and whether it was reported: an error just after an outage may belong to that one.
    Lasts(Instant, bool),
    Over(Instant),
}

impl Outage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// A client lost its last broker; true for the first to report it.
    pub(super) fn began(&self, why: impl Display) -> bool {
        let mut state = self.state();
        let first = match &*state {
            State::Never => true,
            State::Lasts(begun, reported) => !reported && begun.elapsed() > SETTLE,
            State::Over(ended) => ended.elapsed() > SETTLE,
        };
        if first || matches!(*state, State::Over(_)) {
            *state = State::Lasts(Instant::now(), first);
        }
        if first {
            tracing::warn!(
                "no Kafka broker can be reached ({why}); waiting for one: check that the cluster \
                 runs and can be reached"
            );
        }
        first
    }

    /// A query was answered; true where that ends an outage.
    pub(super) fn over(&self) -> bool {
        let mut state = self.state();
        let State::Lasts(begun, reported) = &*state else { return false };
        let (reported, lasted) = (*reported, begun.elapsed());
        if reported || lasted > SETTLE {
            tracing::info!("Kafka answers again after {:.1} s", lasted.as_secs_f64());
        }
        *state = State::Over(Instant::now());
        reported || lasted > SETTLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_said_once() {
        let outage = Outage::default();
        let other = outage.clone();
        assert!(!outage.over());
        assert!(outage.began("down"));
        assert!(!other.began("down"));
        assert!(other.over());
        assert!(!outage.over());
        assert!(!outage.began("reported late"));
        assert!(!outage.over(), "its beginning was not reported");
        assert!(!outage.began("not late: it is down again"));
        *outage.state() = State::Lasts(Instant::now().checked_sub(2 * SETTLE).unwrap(), false);
        assert!(outage.over());
        *outage.state() = State::Over(Instant::now().checked_sub(2 * SETTLE).unwrap());
        assert!(outage.began("down again"));
    }
}
