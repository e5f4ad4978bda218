//! Calls of sled that may panic on damaged files, or never end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::KvError;

/// Time for an opening, and as much again for each of these bytes.
const LEAST: Duration = Duration::from_secs(30);
const BYTES_A_SECOND: u64 = 2 << 20;
/// How long one step may take: a page from a slow disk, on a busy machine.
const STEP: Duration = Duration::from_secs(8);

/// Whether a panic at this place of the source is one of the store's, which its caller gets as an error.
pub fn is_own_panic(file: &str) -> bool {
    file.contains("/sled-")
}

/// Calls `work`; a panic in it is damage of `path`.
pub(crate) fn guarded<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, KvError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| KvError::Damaged {
        path: path.to_path_buf(),
        detail: format!("the store gave up on it ({})", message(&*panic)),
    })
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}

/// As [`guarded`], for a call that may never end on damaged files of `bytes` bytes: it is left behind
/// then, in a thread of its own.
pub(crate) fn bounded<T: Send + 'static>(
    path: &Path,
    bytes: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, KvError> {
    let limit = LEAST + Duration::from_secs(bytes / BYTES_A_SECOND);
    let (done, waiting) = mpsc::sync_channel(1);
    let of = path.to_path_buf();
    thread::spawn(move || done.send(guarded(&of, work)));
    waiting.recv_timeout(limit).unwrap_or_else(|_| {
        Err(KvError::Damaged {
            path: path.to_path_buf(),
            detail: format!("it did not open within {} s", limit.as_secs()),
        })
    })
}

/// Steps that a long call has made.
#[derive(Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Another step is made.
    pub fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// As [`guarded`], for a call of many steps, any of which may never end on damaged files: it is left
/// behind then, in a thread of its own.
pub(crate) fn watched<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Progress) -> Result<T, KvError> + Send + 'static,
) -> Result<T, KvError> {
    let progress = Progress::default();
    let (done, waiting) = mpsc::sync_channel(1);
    let (of, steps) = (path.to_path_buf(), progress.clone());
    thread::spawn(move || done.send(guarded(&of, || work(&steps))));
    let (mut seen, mut still) = (0, false);
    loop {
        match waiting.recv_timeout(STEP) {
            Ok(result) => return result?,
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.0.load(Ordering::Relaxed);
                // Twice, because a process that was stopped for a while has only just gone on.
                if now == seen && still {
                    break;
                }
                still = now == seen;
                seen = now;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Err(KvError::Damaged {
        path: path.to_path_buf(),
        detail: format!("reading it did not end, behind {seen} entries"),
    })
}
