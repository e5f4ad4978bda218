//! Building a run's state, lake and model files beside those in use, and taking them over at once.
//!
//! The new folders grow in `.rebuild` of the run's folder. When all are whole, the file `ready` is written there;
//! then each takes the place of the old one. So whoever is killed leaves the old folders, or new ones that the next
//! opening of the run moves into place ([`settle`]). The lock is on the run's folder: a rebuild holds it to its end,
//! and only its holder touches `.rebuild`.
//!
//! Invariants:
//! 1. Without `ready`, the folders in use are the old ones, untouched.
//! 2. With it, a folder in `.rebuild/new` is whole and not in use yet; one that is gone from there is in use.
//! 3. What the program did not write (a picture in the model folder) is kept.

use super::run_dir::RunDir;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folders that are derived from the log.
const DERIVED: [&str; 3] = ["state", "lake", "models"];

/// Folders that grow beside those of a run.
pub struct Beside {
    run: RunDir,
    new: RunDir,
    /// Released when it is dropped.
    _lock: File,
}

impl Beside {
    /// Begins with empty folders.
    ///
    /// # Errors
    /// Another process rebuilds the run, or its folder cannot be written.
    pub fn begin(run: &RunDir) -> Result<Beside> {
        // The folder of a run on Kafka may be gone; its log has all that is made here.
        fs::create_dir_all(&run.path).with_context(|| cannot_write(&run.path))?;
        let lock = File::open(&run.path)
            .with_context(|| format!("{} cannot be read", run.path.display()))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("run {} is being rebuilt already", run.id),
            locked => locked?,
        }
        finish(&run.path)?;
        let new = RunDir { path: folder(&run.path).join("new"), ..run.clone() };
        fs::create_dir_all(&new.path).with_context(|| cannot_write(&new.path))?;
        Ok(Beside { run: run.clone(), new, _lock: lock })
    }

    /// The run with the new folders.
    pub fn new_run(&self) -> &RunDir {
        &self.new
    }

    /// Takes the new folders over, which nothing has open any more.
    ///
    /// # Errors
    /// The run's folder cannot be written.
    pub fn take_over(self) -> Result<()> {
        let folder = folder(&self.run.path);
        // After a power failure nothing may be in place of which only the name is on the disk.
        let ready = File::create(folder.join("ready")).and_then(|ready| ready.sync_all());
        ready
            .and_then(|()| File::open(&folder)?.sync_all())
            .with_context(|| cannot_write(&folder))?;
        finish(&self.run.path)
    }
}

/// Ends what an interrupted rebuild of `run` left: new folders that are whole are taken over, others removed. A
/// rebuild that is at work is left alone.
///
/// # Errors
/// New folders cannot be moved into place.
pub fn settle(run: &RunDir) -> Result<()> {
    let folder = folder(&run.path);
    if !folder.exists() {
        return Ok(());
    }
    let Ok(lock) = File::open(&run.path) else { return Ok(()) };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) if folder.join("ready").exists() => lock.lock()?, // a moment
        Err(TryLockError::WouldBlock) => return Ok(()),
        locked => locked?,
    }
    match finish(&run.path) {
        // The old folders are whole; a reader that may not write leaves the rest alone.
        Err(_) if !folder.join("ready").exists() => Ok(()),
        done => done,
    }
}

/// The caller holds the lock.
fn finish(run: &Path) -> Result<()> {
    let folder = folder(run);
    if !folder.exists() {
        return Ok(());
    }
    let ready = folder.join("ready").exists();
    if ready {
        let old = folder.join("old");
        fs::create_dir_all(&old).with_context(|| cannot_write(&old))?;
        for name in DERIVED {
            let place = run.join(name);
            exchange(&folder.join("new").join(name), &place, &old.join(name))
                .and_then(|()| keep_others(&old.join(name), &place, name))
                .with_context(|| {
                    format!(
                        "the rebuilt {} cannot take the place of the old one; check the folder's owner and permissions",
                        place.display()
                    )
                })?;
        }
        // First of all, so that what is left is not taken for a rebuild that is ready.
        fs::remove_file(folder.join("ready")).with_context(|| cannot_write(&folder))?;
    }
    fs::remove_dir_all(&folder).with_context(|| cannot_write(&folder))
}

/// Moves `new` to `place` and what was there to `old`. Without `new` that is done.
fn exchange(new: &Path, place: &Path, old: &Path) -> io::Result<()> {
    if !new.exists() {
        return Ok(());
    }
    if place.exists() {
        fs::rename(place, old)?;
    }
    fs::rename(new, place)
}

/// Moves the entries of `old` that the program did not write.
fn keep_others(old: &Path, place: &Path, name: &str) -> io::Result<()> {
    let own = |entry: &str| match name {
        "lake" => entry.starts_with("topic=") || entry.starts_with('.'),
        "models" => entry.starts_with("success_model_v") || entry == "archive",
        _ => true,
    };
    let Ok(entries) = fs::read_dir(old) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let to = place.join(entry.file_name());
        if !own(&entry.file_name().to_string_lossy()) && !to.exists() {
            fs::create_dir_all(place)?;
            fs::rename(entry.path(), to)?;
        }
    }
    Ok(())
}

fn folder(run: &Path) -> PathBuf {
    run.join(".rebuild")
}

fn cannot_write(path: &Path) -> String {
    format!(
        "{} cannot be written; check its owner, its permissions and the space left",
        path.display()
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::data_dir::LogAccess;

    fn a_run(path: &Path) -> RunDir {
        let run = RunDir {
            id: "live".to_owned(),
            path: path.to_owned(),
            data_dir: path.to_owned(),
            access: LogAccess::Folder,
            token: None,
            patience: crate::data_dir::PATIENCE,
        };
        for folder in DERIVED {
            fs::create_dir_all(path.join(folder)).unwrap();
            fs::write(path.join(folder).join("is"), "old").unwrap();
        }
        run
    }

    fn build(run: &RunDir) -> Beside {
        let beside = Beside::begin(run).unwrap();
        for folder in DERIVED {
            fs::create_dir_all(beside.new.path.join(folder)).unwrap();
            fs::write(beside.new.path.join(folder).join("is"), "new").unwrap();
        }
        beside
    }

    fn found(run: &RunDir) -> Vec<String> {
        DERIVED.map(|name| fs::read_to_string(run.path.join(name).join("is")).unwrap()).to_vec()
    }

    #[test]
    fn whoever_is_killed_while_building_leaves_the_old_folders() {
        let dir = tempfile::tempdir().unwrap();
        let run = a_run(dir.path());
        drop(build(&run));
        settle(&run).unwrap();
        assert_eq!(found(&run), ["old", "old", "old"]);
        assert!(!folder(&run.path).exists());
    }

    #[test]
    fn whoever_is_killed_while_taking_over_leaves_it_to_the_next_opening() {
        for killed_after in 0..6 {
            let dir = tempfile::tempdir().unwrap();
            let run = a_run(dir.path());
            drop(build(&run));
            let beside = folder(&run.path);
            fs::write(beside.join("ready"), "").unwrap();
            fs::create_dir_all(beside.join("old")).unwrap();
            let mut steps = DERIVED.iter().flat_map(|name| {
                let (place, old) = (run.path.join(name), beside.join("old").join(name));
                [(place.clone(), old), (beside.join("new").join(name), place)]
            });
            for (from, to) in steps.by_ref().take(killed_after) {
                fs::rename(from, to).unwrap();
            }
            settle(&run).unwrap();
            assert_eq!(found(&run), ["new", "new", "new"], "killed after {killed_after} steps");
            assert!(!beside.exists());
        }
    }

    #[test]
    fn a_rebuild_at_work_is_left_alone_and_what_others_put_there_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let run = a_run(dir.path());
        fs::write(run.models().join("importance_v1.png"), "a picture").unwrap();
        let beside = build(&run);
        settle(&run).unwrap();
        assert!(beside.new_run().state().exists());
        assert!(Beside::begin(&run).is_err());
        beside.take_over().unwrap();
        assert_eq!(found(&run), ["new", "new", "new"]);
        assert!(run.models().join("importance_v1.png").exists());
    }
}
