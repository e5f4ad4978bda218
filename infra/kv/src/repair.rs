//! A second try at a directory that does not open: a copy of it beside it, without the snapshots.
//!
//! What sled cannot read it overwrites as it opens, so nothing is tried on the only copy.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Db, KvError, copy, snapshots};

/// A copy of a directory that opened without its snapshots.
pub struct Repair {
    path: PathBuf,
    copy: PathBuf,
    db: Option<Db>,
}

impl Repair {
    /// Copies the directory `path` beside it and opens the copy from its file `db` alone.
    pub fn without_snapshots(path: impl AsRef<Path>) -> Result<Self, KvError> {
        let path = path.as_ref().to_path_buf();
        let failed = |cause| KvError::from_io(&path, cause);
        let copy = path.with_extension("repair");
        if copy.exists() {
            fs::remove_dir_all(&copy).map_err(failed)?;
        }
        fs::create_dir_all(&copy).map_err(failed)?;
        let mut repair = Self { path: path.clone(), copy, db: None };
        copy::copy_into(&path, &repair.copy).map_err(failed)?;
        snapshots::move_all_aside(&repair.copy).map_err(failed)?;
        repair.db = Some(Db::recover(&repair.copy, &path)?);
        Ok(repair)
    }

    /// The open copy, for whoever knows what must be in it.
    pub fn db(&self) -> Option<&Db> {
        self.db.as_ref()
    }

    /// Puts the copy in the place of the directory; gives where the directory is kept. Every other
    /// handle of [`Repair::db`] is to be dropped before.
    pub fn keep(mut self) -> Result<PathBuf, KvError> {
        let db = self.db.take();
        if let Some(db) = &db {
            db.flush()?;
        }
        drop(db);
        let kept = set_aside(&self.path)?;
        fs::rename(&self.copy, &self.path).map_err(|cause| KvError::from_io(&self.path, cause))?;
        Ok(kept)
    }
}

impl Drop for Repair {
    fn drop(&mut self) {
        self.db = None;
        // What is left of a failed try; after `keep` there is nothing.
        let _ = fs::remove_dir_all(&self.copy);
    }
}

/// Renames the directory `path` to `aside-N-…` beside it; gives its new place.
pub fn set_aside(path: &Path) -> Result<PathBuf, KvError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = |number: u32| path.with_file_name(format!("aside-{number}-{name}"));
    let free = (0..u32::MAX).map(place).find(|target| !target.exists());
    let target = free.unwrap_or_else(|| place(u32::MAX));
    fs::rename(path, &target).map_err(|cause| KvError::from_io(path, cause))?;
    Ok(target)
}
