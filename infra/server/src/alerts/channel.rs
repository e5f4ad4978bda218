//! A way to somebody, with a queue of its own: one that hangs keeps no other waiting, and nobody who alerts.

use super::notice::Notice;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Notices that wait, at most.
const WAITING: usize = 100;
/// Attempts for a notice.
const ATTEMPTS: u32 = 8;
/// The first pause between two attempts; each is twice the one before, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why a notice did not arrive. The text holds no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDelivered {
    /// Why.
    pub why: String,
    /// Whether another attempt may succeed.
    pub again: bool,
}

/// Takes one notice to somebody, in bounded time.
pub trait Carrier: Send {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Takes `notice` there.
    ///
    /// # Errors
    /// It did not arrive.
    fn carry(&self, notice: &Notice) -> Result<(), NotDelivered>;
}

/// The deliveries of a channel so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deliveries {
    /// Notices that arrived.
    pub delivered: u64,
    /// Notices given up, or lost because too many waited.
    pub lost: u64,
    /// Why the last attempt failed; none after one that succeeded.
    pub problem: Option<String>,
}

/// A carrier with its queue and its thread, which ends with the process.
pub(super) struct Channel {
    pub(super) name: &'static str,
    queue: SyncSender<Notice>,
    deliveries: Arc<Mutex<Deliveries>>,
}

impl Channel {
    pub(super) fn start(carrier: Box<dyn Carrier>) -> std::io::Result<Channel> {
        let (queue, waiting) = sync_channel(WAITING);
        let deliveries = Arc::<Mutex<Deliveries>>::default();
        let (name, counts) = (carrier.name(), Arc::clone(&deliveries));
        let thread = std::thread::Builder::new().name(format!("alert {name}"));
        thread.spawn(move || carry_all(&*carrier, &waiting, &counts, FIRST_PAUSE))?;
        Ok(Channel { name, queue, deliveries })
    }

    /// Hands `notice` over; one for which there is no room is lost.
    pub(super) fn send(&self, notice: Notice) {
        if self.queue.try_send(notice).is_err() {
            self.deliveries.lock().lost += 1;
        }
    }

    pub(super) fn deliveries(&self) -> Deliveries {
        self.deliveries.lock().clone()
    }
}

/// Takes every notice there, one after the other, until nobody can send more.
fn carry_all(
    carrier: &dyn Carrier,
    waiting: &Receiver<Notice>,
    deliveries: &Mutex<Deliveries>,
    first_pause: Duration,
) {
    while let Ok(notice) = waiting.recv() {
        let mut pause = first_pause;
        for attempt in 1..=ATTEMPTS {
            let Err(failed) = carrier.carry(&notice) else {
                let mut counts = deliveries.lock();
                counts.delivered += 1;
                counts.problem = None;
                break;
            };
            let over = !failed.again || attempt == ATTEMPTS;
            let first = deliveries.lock().problem.replace(failed.why.clone()).is_none();
            if over {
                deliveries.lock().lost += 1;
            }
            if over || first {
                let next = if over { "it is given up" } else { "it is tried again" };
                tracing::warn!(
                    "an alert did not reach the {}: {}; {next}. `butterquant alerts test` tries it",
                    carrier.name(),
                    failed.why
                );
            }
            if over {
                break;
            }
            std::thread::sleep(pause);
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notice::AlertStatus;
    use super::*;
    use api::conditions::Condition;
    use run::config::Severity;

    /// Fails as often as told, and keeps what arrives.
    struct Scripted(Mutex<Vec<NotDelivered>>, Arc<Mutex<Vec<String>>>);

    impl Carrier for Scripted {
        fn name(&self) -> &'static str {
            "script"
        }

        fn carry(&self, notice: &Notice) -> Result<(), NotDelivered> {
            match self.0.lock().pop() {
                Some(failed) => Err(failed),
                None => {
                    self.1.lock().push(notice.condition.key.clone());
                    Ok(())
                }
            }
        }
    }

    fn notice(key: &str) -> Notice {
        let (key, text) = (key.to_owned(), String::new);
        let severity = Severity::Warn;
        let condition =
            Condition { key, severity, summary: text(), detail: text(), remedy: text() };
        Notice::new(AlertStatus::Raised, condition, "live", (0, 0))
    }

    fn played(failures: &[bool]) -> (Vec<String>, Deliveries) {
        let failed = |again: &bool| NotDelivered { why: "away".to_owned(), again: *again };
        let arrived = Arc::<Mutex<Vec<String>>>::default();
        let script = failures.iter().rev().map(failed).collect();
        let carrier = Scripted(Mutex::new(script), Arc::clone(&arrived));
        let (queue, waiting) = sync_channel(9);
        queue.try_send(notice("a")).unwrap();
        queue.try_send(notice("b")).unwrap();
        drop(queue);
        let deliveries = Mutex::default();
        carry_all(&carrier, &waiting, &deliveries, Duration::ZERO);
        let arrived = arrived.lock().clone();
        (arrived, deliveries.into_inner())
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_given_up() {
        let (arrived, counts) = played(&[true, true]);
        assert_eq!((arrived, counts.delivered, counts.lost), (vec!["a".into(), "b".into()], 2, 0));
        let (arrived, counts) = played(&[false]);
        assert_eq!((arrived, counts.delivered, counts.lost), (vec!["b".into()], 1, 1));
        let (arrived, counts) = played(&[true; 2 * ATTEMPTS as usize]);
        assert_eq!((arrived.len(), counts.lost, counts.problem.as_deref()), (0, 2, Some("away")));
    }
}
