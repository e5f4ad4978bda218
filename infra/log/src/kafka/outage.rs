//! Says once that no broker can be reached, and once that one answers again, however many
//! clients notice it.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For so long after an outage other clients may still tell of it.
const SETTLE: Duration = Duration::from_secs(10);

/// Whether the brokers can be reached, as the clients of one log see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    /// There has been none.
    #[default]
    Never,
    /// Since then, and whether it was told: what is heard just after an outage may be of that one.
    Lasts(Instant, bool),
    Over(Instant),
}

impl Outage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client lost its last broker; true where it is the first to say so.
    pub(super) fn began(&self, why: impl Display) -> bool {
        let mut state = self.state();
        let first = match &*state {
            State::Never => true,
            State::Lasts(begun, told) => !told && begun.elapsed() > SETTLE,
            State::Over(ended) => ended.elapsed() > SETTLE,
        };
        if first || matches!(*state, State::Over(_)) {
            *state = State::Lasts(Instant::now(), first);
        }
        if first {
            tracing::warn!(
                "no Kafka broker can be reached ({why}); waiting for one: check that the cluster \
                 is well and can be reached"
            );
        }
        first
    }

    /// A question was answered; true where that ends an outage.
    pub(super) fn over(&self) -> bool {
        let mut state = self.state();
        let State::Lasts(begun, told) = &*state else { return false };
        let (told, lasted) = (*told, begun.elapsed());
        if told || lasted > SETTLE {
            tracing::info!("Kafka answers again after {:.1} s", lasted.as_secs_f64());
        }
        *state = State::Over(Instant::now());
        told || lasted > SETTLE
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
        assert!(!outage.began("heard late"));
        assert!(!outage.over(), "nobody was told that it began");
        assert!(!outage.began("not heard late: it is down again"));
        *outage.state() = State::Lasts(Instant::now().checked_sub(2 * SETTLE).unwrap(), false);
        assert!(outage.over());
        *outage.state() = State::Over(Instant::now().checked_sub(2 * SETTLE).unwrap());
        assert!(outage.began("down again"));
    }
}
