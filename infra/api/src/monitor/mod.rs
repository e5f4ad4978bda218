//! Watches a run: one thread takes samples and keeps what they showed; the page, the metrics and the alerts read the
//! last one, so that all of them show the same figures.
//!
//! 1. It blocks nobody: a log that does not answer stops this thread alone, and what it knew last keeps its time.
//! 2. What is shown says when it was seen, and since when nothing has been seen.

mod figures;
mod health;
mod history;
mod sampler;
mod snapshot;
mod tail;

pub use health::Verdict;
pub use sampler::now_ms;
pub use snapshot::{Freshness, GroupHealth, NextRecord, PartitionHealth, Snapshot, TopicFlow};

use eventlog::Log;
use parking_lot::{Condvar, Mutex};
use run::data_dir::RunDir;
use sampler::Sampler;
use serde::Serialize;
use shell::status_board::StatusBoard;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The pause between two samples, at least; and how many times as long as the last sample took.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_FACTOR: u32 = 4;
/// And at most: a sample of a log that has just come back may have taken minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A sample that takes longer says that the log does not answer.
const SLOW_MS: i64 = 5_000;

/// Why there is no newer sample.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outage {
    /// When the sample was begun that has not ended or has failed, milliseconds since 1970.
    pub since_ms: i64,
    /// What was wrong with it.
    pub problem: String,
}

#[derive(Default)]
struct Seen {
    latest: Option<Arc<Snapshot>>,
    /// The sample in progress began then.
    begun_ms: Option<i64>,
    /// Since the last good sample.
    failing: Option<Outage>,
    stopped: bool,
}

/// A run that is watched, until this is dropped.
pub struct Monitor {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Watches `run` on `log`, which the process at `owner` owns, if that is another one; `board` has the
    /// progress of this process's own roles.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        log: Arc<dyn Log>,
        run: RunDir,
        owner: Option<String>,
        board: Option<Arc<StatusBoard>>,
    ) -> std::io::Result<Monitor> {
        let seen: Arc<(Mutex<Seen>, Condvar)> = Arc::default();
        let shared = Arc::clone(&seen);
        let watch = move || watch(&shared, Sampler::new(log, run, owner, board));
        let thread = std::thread::Builder::new().name("monitor".to_owned()).spawn(watch)?;
        Ok(Monitor { seen, thread: Some(thread) })
    }

    /// The last sample; none before the first.
    pub fn latest(&self) -> Option<Arc<Snapshot>> {
        self.seen.0.lock().latest.clone()
    }

    /// Why there is no newer sample, where the log does not answer.
    pub fn outage(&self) -> Option<Outage> {
        let seen = self.seen.0.lock();
        let hangs = seen
            .begun_ms
            .filter(|begun| now_ms() - begun > SLOW_MS)
            .map(|since_ms| Outage { since_ms, problem: "the log does not answer".to_owned() });
        seen.failing.clone().or(hangs)
    }

    /// Waits for a sample later than that of `after_ms`, for `limit` at most; the last one.
    pub fn later_than(&self, after_ms: i64, limit: Duration) -> Option<Arc<Snapshot>> {
        let until = Instant::now() + limit;
        let mut seen = self.seen.0.lock();
        while !seen.stopped && seen.latest.as_ref().is_none_or(|latest| latest.at_ms <= after_ms) {
            if self.seen.1.wait_until(&mut seen, until).timed_out() {
                break;
            }
        }
        seen.latest.clone()
    }
}

impl Drop for Monitor {
    /// Does not wait for a log that does not answer.
    fn drop(&mut self) {
        self.seen.0.lock().stopped = true;
        self.seen.1.notify_all();
        let busy = self.seen.0.lock().begun_ms.is_some();
        if let Some(thread) = self.thread.take().filter(|_| !busy) {
            let _ = thread.join();
        }
    }
}

fn watch((seen, changed): &(Mutex<Seen>, Condvar), mut sampler: Sampler) {
    loop {
        let begun_ms = now_ms();
        seen.lock().begun_ms = Some(begun_ms);
        let began = Instant::now();
        let sample = sampler.sample();
        let took = began.elapsed();
        let mut seen = seen.lock();
        seen.begun_ms = None;
        match sample {
            Ok(snapshot) => {
                seen.latest = Some(Arc::new(snapshot));
                seen.failing = None;
            }
            Err(error) => {
                let problem = format!("{error:#}");
                tracing::debug!("the run cannot be watched: {problem}");
                let since_ms = seen.failing.as_ref().map_or(begun_ms, |before| before.since_ms);
                seen.failing = Some(Outage { since_ms, problem });
            }
        }
        changed.notify_all();
        let until = Instant::now() + (took * PAUSE_FACTOR).clamp(PAUSE, LONGEST_PAUSE);
        while !seen.stopped && !changed.wait_until(&mut seen, until).timed_out() {}
        if seen.stopped {
            return;
        }
    }
}
