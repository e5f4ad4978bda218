//! Signs of life of a process's threads: each says that it has come round once more, and whether its group has told it
//! its partitions. Who asks whether the process lives reads them; nothing else depends on them.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The threads of a process.
pub struct Pulses {
    begun: Instant,
    threads: Mutex<Vec<Arc<Thread>>>,
}

struct Thread {
    /// Milliseconds from the beginning to its last round.
    beat: AtomicU64,
    settled: AtomicBool,
    ended: AtomicBool,
}

/// What the threads say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Life {
    /// How many there have been.
    pub threads: usize,
    /// Of these, how many have ended.
    pub ended: usize,
    /// How many have not been told their partitions, or are repeating work that failed.
    pub unsettled: usize,
    /// How long the slowest of those that go on has been in its round.
    pub longest_round: Duration,
}

/// A thread's own hand on its signs; it has ended when this is dropped.
pub struct Pulse {
    begun: Instant,
    thread: Arc<Thread>,
}

impl Default for Pulses {
    fn default() -> Pulses {
        Pulses { begun: Instant::now(), threads: Mutex::default() }
    }
}

impl Pulses {
    /// A thread begins; `settled` is whether it waits for no partitions.
    pub fn begin(&self, settled: bool) -> Pulse {
        let thread = Arc::new(Thread {
            beat: AtomicU64::new(0),
            settled: AtomicBool::new(settled),
            ended: AtomicBool::new(false),
        });
        self.threads.lock().push(Arc::clone(&thread));
        let pulse = Pulse { begun: self.begun, thread };
        pulse.beat();
        pulse
    }

    /// What they say now.
    pub fn life(&self) -> Life {
        let now = since(self.begun);
        let mut life = Life::default();
        for thread in self.threads.lock().iter() {
            life.threads += 1;
            if thread.ended.load(Ordering::Relaxed) {
                life.ended += 1;
                continue;
            }
            life.unsettled += usize::from(!thread.settled.load(Ordering::Relaxed));
            let round = now.saturating_sub(thread.beat.load(Ordering::Relaxed));
            life.longest_round = life.longest_round.max(Duration::from_millis(round));
        }
        life
    }
}

impl Pulse {
    /// Comes round once more.
    pub fn beat(&self) {
        self.thread.beat.store(since(self.begun), Ordering::Relaxed);
    }

    /// Whether its group has told it its partitions.
    pub fn settle(&self, settled: bool) {
        self.thread.settled.store(settled, Ordering::Relaxed);
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.thread.ended.store(true, Ordering::Relaxed);
    }
}

fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_shows_that_it_goes_on_that_it_waits_and_that_it_has_ended() {
        let pulses = Pulses::default();
        assert_eq!(pulses.life(), Life::default());
        let (source, role) = (pulses.begin(true), pulses.begin(false));
        let life = pulses.life();
        assert_eq!((life.threads, life.ended, life.unsettled), (2, 0, 1));
        role.settle(true);
        assert_eq!(pulses.life().unsettled, 0);
        std::thread::sleep(Duration::from_millis(30));
        role.beat();
        assert!(pulses.life().longest_round >= Duration::from_millis(30), "the source stands");
        source.beat();
        drop(source);
        assert!(pulses.life().longest_round < Duration::from_millis(30));
        assert_eq!(pulses.life().ended, 1);
    }
}
