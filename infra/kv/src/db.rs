//! Opens a directory; operations on it as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::guard::{Progress, bounded, guarded, watched};
use crate::seal::{self, SEAL, Seal, SharedSeal};
use crate::{KvError, Owner, copy, owner, segments, snapshots};

/// Pages kept in memory, in bytes, for one open directory.
const CACHE_BYTES: u64 = 16 << 20;
/// How long to wait for a lock that this process itself may be about to release, or a process that it has just begun:
/// between fork and exec that one has a copy of every open file, and with it the lock.
const LOCK_PATIENCE: Duration = Duration::from_millis(800);
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Says that sled has recovered a part of its file, and that what it made of it has not been checked.
const UNCHECKED: &str = "unchecked";

/// An open directory. Clones share it; the last one dropped closes it.
#[derive(Clone)]
pub struct Db {
    pub(crate) inner: sled::Db,
    path: Arc<PathBuf>,
    seals: Arc<Mutex<BTreeMap<String, SharedSeal>>>,
    /// The writes of each sealed tree that were flushed, as noted beside the store.
    flushed: Arc<Mutex<BTreeMap<String, u64>>>,
    /// The copy that is read in place of a directory that cannot be written.
    copy: Option<Arc<tempfile::TempDir>>,
    read_whole: bool,
}

impl Db {
    /// Opens the directory `path`, creating it when it is missing.
    ///
    /// Waits briefly for a lock that this process itself holds: sled releases it a moment after its
    /// last handle is dropped.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KvError> {
        let path = path.as_ref();
        check_writable(path).map_err(|cause| KvError::from_io(path, cause))?;
        let db = Self::recover(path, path)?;
        owner::write(path, None).map_err(|cause| KvError::from_io(path, cause))?;
        Ok(db)
    }

    /// Opens the directory `path` to read it; where it cannot be written, a temporary copy of it,
    /// which takes no writes.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, KvError> {
        let path = path.as_ref();
        if !path.exists() || check_writable(path).is_ok() {
            return Self::open(path);
        }
        Self::copy_to_read(path)
    }

    /// Opens a temporary copy of the directory `path`, which takes no writes.
    pub fn copy_to_read(path: impl AsRef<Path>) -> Result<Self, KvError> {
        let path = path.as_ref();
        let copy = copy::of(path)
            .map_err(|cause| KvError::Uncopied { path: path.to_path_buf(), cause })?;
        let opened = Self::recover(copy.path(), path)?;
        Ok(Self { copy: Some(Arc::new(copy)), ..opened })
    }

    /// Opens the files in `folder`; messages name `path`.
    pub(crate) fn recover(folder: &Path, path: &Path) -> Result<Self, KvError> {
        let failed = |cause| KvError::from_io(path, cause);
        let deadline = Instant::now() + LOCK_PATIENCE;
        let mut before = None;
        let inner = loop {
            // Only who holds the lock may move anything, and sled takes it while it reads.
            if let Some(lock) = try_lock(folder).map_err(failed)? {
                for said in snapshots::move_unsound_aside(folder).map_err(failed)? {
                    tracing::warn!(
                        "{}: {said}; it is kept beside the store, which is recovered without it",
                        path.display()
                    );
                }
                before = snapshots::newest(folder);
                if before.is_none() {
                    segments::mend(&lock).map_err(failed)?;
                }
                drop(lock);
            }
            match open_once(folder, path) {
                Err(KvError::Locked { owner, .. })
                    if Instant::now() < deadline && owner.as_ref().is_none_or(is_passing) =>
                {
                    thread::sleep(LOCK_PAUSE);
                }
                opened => break opened?,
            }
        };
        // Noted before the snapshot counts as the store's own, and until a check has gone well: whatever interrupts
        // that, and whatever it finds, the next opening meets the same files and looks again.
        let unchecked = folder.join(UNCHECKED);
        if snapshots::newest(folder) != before {
            fs::write(&unchecked, b"").map_err(failed)?;
        }
        snapshots::record(folder).map_err(failed)?;
        let read_whole = unchecked.exists();
        let db = Self {
            inner,
            path: Arc::new(path.to_path_buf()),
            seals: Arc::default(),
            flushed: Arc::new(Mutex::new(seal::flushed(folder))),
            copy: None,
            read_whole,
        };
        db.check(read_whole)?;
        if read_whole {
            fs::remove_file(unchecked).map_err(failed)?;
        }
        Ok(db)
    }

    /// Whether its opening has read every entry.
    pub fn read_whole(&self) -> bool {
        self.read_whole
    }

    /// Checks that no tree lacks what was flushed and, where sled `recovered` a part of its file that no
    /// snapshot covers, that every entry can be reached and every seal holds.
    ///
    /// Behind a hole in that part sled may look for a page that is gone, a million times over; once all of
    /// them were reached it never does.
    fn check(&self, recovered: bool) -> Result<(), KvError> {
        let db = self.clone();
        watched(&self.path, move |progress| {
            db.check_flushed()?;
            if recovered { db.check_seals(progress) } else { Ok(()) }
        })
    }

    /// Calls `work`, which reads many entries and steps at each: damage is found where it never ends, too.
    pub fn patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Progress) -> T + Send + 'static,
    ) -> Result<T, KvError> {
        watched(&self.path, move |progress| Ok(work(progress)))
    }

    /// Reads every entry of every tree and checks the seals.
    pub fn check_entries(&self) -> Result<(), KvError> {
        let db = self.clone();
        watched(&self.path, move |progress| db.check_seals(progress))
    }

    fn check_flushed(&self) -> Result<(), KvError> {
        let names = self.trees();
        for (name, flushed) in self.flushed.lock().clone() {
            let found = match names.contains(&name) {
                true => self.seal_in(&name)?.map_or(0, |seal| seal.writes),
                false => 0,
            };
            if found < flushed {
                return Err(self.damaged(format!("{name} ends at write {found} of {flushed}")));
            }
        }
        Ok(())
    }

    fn check_seals(&self, progress: &Progress) -> Result<(), KvError> {
        for name in self.trees() {
            let seal = self.seal_in(&name)?;
            let tree = self.call(|| self.inner.open_tree(&name))?;
            let sum = self.sum(&tree, progress)?.sum;
            if seal.is_some_and(|seal| seal.sum != sum) {
                return Err(self.damaged(format!("{name} lacks some of its entries")));
            }
        }
        Ok(())
    }

    fn seal_in(&self, name: &str) -> Result<Option<Seal>, KvError> {
        let tree = self.call(|| self.inner.open_tree(name))?;
        let found = self.call(|| tree.get(SEAL))?;
        Ok(found.and_then(|bytes| Seal::read(&bytes)))
    }

    /// The seal that the entries of `tree` should have, as if never written.
    pub(crate) fn sum(&self, tree: &sled::Tree, progress: &Progress) -> Result<Seal, KvError> {
        let mut seal = Seal::default();
        let mut entries = tree.iter();
        while let Some((key, value)) = self.call(|| entries.next().transpose())? {
            if &*key != SEAL {
                seal.add(&key, &value);
            }
            progress.step();
        }
        Ok(seal)
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
        self.check_writes()?;
        self.seals.lock().remove(name);
        // The note must not ask for a tree that is gone.
        let mut left = self.flushed.lock().clone();
        left.remove(name);
        self.note(left)?;
        self.call(|| self.inner.drop_tree(name))
    }

    /// Makes everything written so far durable.
    pub fn flush(&self) -> Result<(), KvError> {
        let mut writes = self.flushed.lock().clone();
        for (name, seal) in &*self.seals.lock() {
            if let Some(seal) = *seal.lock() {
                writes.insert(name.clone(), seal.writes);
            }
        }
        self.call(|| self.inner.flush())?;
        self.note(writes)
    }

    /// Notes what is flushed, where that has changed.
    fn note(&self, writes: BTreeMap<String, u64>) -> Result<(), KvError> {
        let mut flushed = self.flushed.lock();
        if *flushed == writes || self.is_copy() {
            return Ok(());
        }
        let noted = seal::note_flushed(&self.path, &writes);
        noted.map_err(|cause| KvError::from_io(&self.path, cause))?;
        *flushed = writes;
        Ok(())
    }

    /// Bytes the directory takes on disk.
    pub fn size_on_disk(&self) -> Result<u64, KvError> {
        self.call(|| self.inner.size_on_disk())
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the files are read: the directory, or its copy.
    pub fn folder(&self) -> &Path {
        self.copy.as_ref().map_or(&self.path, |copy| copy.path())
    }

    fn is_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// Records where this process answers over HTTP, for processes that find the directory locked.
    pub fn announce(&self, endpoint: &str) -> Result<(), KvError> {
        self.check_writes()?;
        owner::write(&self.path, Some(endpoint)).map_err(|e| KvError::from_io(&self.path, e))
    }

    pub(crate) fn seal_of(&self, name: &str) -> SharedSeal {
        self.seals.lock().entry(name.to_owned()).or_default().clone()
    }

    /// Fails where this is a copy.
    pub fn check_writes(&self) -> Result<(), KvError> {
        match self.copy {
            None => Ok(()),
            Some(_) => Err(KvError::from_io(&self.path, io::ErrorKind::ReadOnlyFilesystem.into())),
        }
    }

    /// Calls sled. When dropped after a failed write or a panic, sled may wait for ever for bytes that
    /// never come, so a store that failed once is kept until the process ends.
    pub(crate) fn call<T>(&self, work: impl FnOnce() -> sled::Result<T>) -> Result<T, KvError> {
        let done = guarded(&self.path, work);
        if matches!(done, Err(_) | Ok(Err(sled::Error::Io(_)))) {
            std::mem::forget(self.inner.clone());
        }
        done?.map_err(|cause| KvError::from_sled(&self.path, cause))
    }

    pub(crate) fn damaged(&self, detail: String) -> KvError {
        KvError::Damaged { path: self.path.to_path_buf(), detail }
    }
}

/// Finds a directory that cannot be written before sled, which may panic on it.
fn check_writable(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    // One name: a process that is killed here leaves no more than one behind.
    let probe = path.join(".probe");
    fs::write(&probe, b"")?;
    // Another process may have removed it.
    let _ = fs::remove_file(probe);
    for name in ["db", "conf"] {
        match fs::OpenOptions::new().write(true).open(path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// sled's own lock, where it is free and the store exists.
fn try_lock(folder: &Path) -> io::Result<Option<fs::File>> {
    let Ok(file) = fs::OpenOptions::new().read(true).write(true).open(folder.join("db")) else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a lock goes in a moment: the last owner is this process, or has ended.
fn is_passing(owner: &Owner) -> bool {
    owner.pid == std::process::id() || !Path::new(&format!("/proc/{}", owner.pid)).exists()
}

/// Opens the store; turns sled's panic on some damaged files into an error.
fn open_once(folder: &Path, path: &Path) -> Result<sled::Db, KvError> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let bytes = fs::metadata(folder.join("db")).map_or(0, |db| db.len());
    match bounded(path, bytes, move || config.open())? {
        Ok(db) => Ok(db),
        Err(sled::Error::Io(cause)) if cause.to_string().contains("acquire lock") => {
            Err(KvError::Locked { path: path.to_path_buf(), owner: owner(path) })
        }
        Err(cause) => Err(KvError::from_sled(path, cause)),
    }
}
