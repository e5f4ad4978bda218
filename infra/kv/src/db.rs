//! Opens a directory; operations on it as a whole.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::{KvError, owner};

/// Pages kept in memory, in bytes, for one open directory.
const CACHE_BYTES: u64 = 16 << 20;
/// How long to wait for a lock that this process itself may be about to release.
const LOCK_PATIENCE: Duration = Duration::from_millis(800);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// An open directory. Clones share it; the last one dropped closes it.
#[derive(Clone)]
pub struct Db {
    pub(crate) inner: sled::Db,
    path: Arc<PathBuf>,
}

impl Db {
    /// Opens the directory `path`, creating it when it is missing.
    ///
    /// Waits briefly for a lock that this process itself holds: sled releases it a moment after its
    /// last handle is dropped.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KvError> {
        let path = path.as_ref();
        check_writable(path).map_err(|cause| KvError::from_io(path, cause))?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match open_once(path) {
                Err(KvError::Locked { owner, .. })
                    if Instant::now() < deadline
                        && owner.as_ref().is_none_or(|o| o.pid == std::process::id()) =>
                {
                    thread::sleep(LOCK_PAUSE);
                }
                Ok(inner) => {
                    owner::write(path, None).map_err(|cause| KvError::from_io(path, cause))?;
                    return Ok(Self { inner, path: Arc::new(path.to_path_buf()) });
                }
                // Only a process that holds the lock finds damage.
                Err(KvError::Damaged { .. }) if drop_unfinished(path) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The names of the trees, in order.
    pub fn trees(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .inner
            .tree_names()
            .iter()
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter(|name| !name.starts_with("__sled__"))
            .map(str::to_string)
            .collect();
        names.sort();
        names
    }

    /// Removes the tree `name` with its entries; whether there was one.
    pub fn drop_tree(&self, name: &str) -> Result<bool, KvError> {
        self.inner.drop_tree(name).map_err(|e| self.error(e))
    }

    /// Makes everything written so far durable.
    pub fn flush(&self) -> Result<(), KvError> {
        self.inner.flush().map(|_| ()).map_err(|e| self.error(e))
    }

    /// Bytes the directory takes on disk.
    pub fn size_on_disk(&self) -> Result<u64, KvError> {
        self.inner.size_on_disk().map_err(|e| self.error(e))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records where this process answers over HTTP, for processes that find the directory locked.
    pub fn announce(&self, endpoint: &str) -> Result<(), KvError> {
        owner::write(&self.path, Some(endpoint)).map_err(|e| KvError::from_io(&self.path, e))
    }

    /// When dropped after a failed write, sled may wait for ever for bytes that never come. A store
    /// that failed once is therefore kept until the process ends.
    pub(crate) fn error(&self, cause: sled::Error) -> KvError {
        if matches!(cause, sled::Error::Io(_)) {
            std::mem::forget(self.inner.clone());
        }
        KvError::from_sled(&self.path, cause)
    }
}

/// Finds a directory that cannot be written before sled, which may panic on it.
fn check_writable(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    let probe = path.join(format!(".probe-{}", std::process::id()));
    fs::write(&probe, b"")?;
    fs::remove_file(probe)
}

/// Removes snapshots left unfinished by a full disk or the end of the process; whether there were
/// any. sled takes one for the newest and calls the whole directory corrupted, though it needs none.
fn drop_unfinished(path: &Path) -> bool {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let unfinished = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("snap.") && name.ends_with(".generating")
    });
    unfinished.filter(|entry| fs::remove_file(entry.path()).is_ok()).count() > 0
}

/// Opens the store; turns sled's panic on some damaged files into an error.
fn open_once(path: &Path) -> Result<sled::Db, KvError> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(cause))) if cause.to_string().contains("acquire lock") => {
            Err(KvError::Locked { path: path.to_path_buf(), owner: owner(path) })
        }
        Ok(Err(cause)) => Err(KvError::from_sled(path, cause)),
        Err(_) => Err(KvError::Damaged {
            path: path.to_path_buf(),
            detail: "the store gave up while reading it".to_string(),
        }),
    }
}
