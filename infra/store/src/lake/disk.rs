//! The lake's file operations.
//!
//! A file is whole or absent: it is written in the folder `.new`, then renamed. A month is closed by one step
//! as well: `.new`, which then holds the month's file, and the folder of the month's days change places, and
//! what is in `.new` now goes. So a crash leaves the days or the month, never both and never neither, and the
//! next write removes `.new`. Where a file system cannot let folders change places (NFS), the month's file is
//! moved in first and the days are removed then: for that moment rows are there twice, but after a crash none
//! is lost, and closing the month again removes the days.

use crate::StoreError;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder of what is not whole yet, in the lake's.
pub(super) const UNFINISHED: &str = ".new";

/// Creates `dir` and its parents.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(dir).map_err(|cause| StoreError::writing(dir, cause))
}

/// The file of a month that is over, in the month's folder.
pub(super) fn month_file(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!("{}.parquet", name.trim_start_matches("month=")))
}

/// Writes `bytes` to `path`, replacing the file; until it is whole it is `unfinished`. It is not synced: that
/// costs 18 ms a file, a third of a backtest, and `butterquant rebuild --all` restores a lake after a power failure.
pub(super) fn replace(unfinished: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    for file in [unfinished, path] {
        make_dir(file.parent().unwrap_or(Path::new(".")))?;
    }
    let written = File::create(unfinished).and_then(|mut file| file.write_all(bytes));
    if let Err(cause) = written.and_then(|()| fs::rename(unfinished, path)) {
        // The first failure is the one to report; the next start also removes what is left.
        let _ = fs::remove_file(unfinished);
        return Err(StoreError::writing(path, cause));
    }
    Ok(())
}

/// Puts the month's file with these `bytes` in the place of everything in the month's `folder`.
pub(super) fn replace_all(dir: &Path, folder: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    remove_unfinished(dir)?;
    make_dir(folder)?;
    let (unfinished, path) = (dir.join(UNFINISHED), month_file(folder));
    let fresh = unfinished.join(path.file_name().unwrap_or_default());
    replace(&unfinished.join("file"), &fresh, bytes)?;
    if renameat_with(CWD, &unfinished, CWD, folder, RenameFlags::EXCHANGE).is_err() {
        fs::rename(&fresh, &path).map_err(|cause| StoreError::writing(&path, cause))?;
        remove_days(folder)?;
    }
    remove_unfinished(dir)
}

/// Removes what is unfinished, or was left by a crash.
pub(super) fn remove_unfinished(dir: &Path) -> Result<(), StoreError> {
    let unfinished = dir.join(UNFINISHED);
    match fs::remove_dir_all(&unfinished) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            Err(StoreError::writing(&unfinished, cause))
        }
        _ => Ok(()),
    }
}

/// Removes the files of days from a month's folder.
pub(super) fn remove_days(folder: &Path) -> Result<(), StoreError> {
    for path in day_files(folder)? {
        fs::remove_file(&path).map_err(|cause| StoreError::writing(&path, cause))?;
    }
    Ok(())
}

/// The files of days in a month's folder, by day.
pub(super) fn day_files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let whole = month_file(folder);
    let mut files = list(folder)?;
    files.retain(|path| {
        path.extension().is_some_and(|ending| ending == "parquet") && *path != whole
    });
    Ok(files)
}

/// The data files in the lake's folders (`topic=…/month=…/`) below `dir`, by path. Other folders do not belong
/// to the lake and are skipped.
pub(super) fn data_files(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut files = Vec::new();
    for topic in folders(dir, "topic=")? {
        for month in folders(&topic, "month=")? {
            files.extend(list(&month)?);
        }
    }
    files.retain(|path| path.extension().is_some_and(|ending| ending == "parquet"));
    Ok(files)
}

/// Refuses the layout of earlier versions: a folder for each day, and columns with other names.
///
/// # Errors
/// [`StoreError::OldLake`], or [`StoreError::Unreadable`] when a folder cannot be listed.
pub(crate) fn refuse_old_layout(dir: &Path) -> Result<(), StoreError> {
    for topic in folders(dir, "topic=")? {
        if !folders(&topic, "date=")?.is_empty() {
            return Err(StoreError::OldLake { path: dir.to_path_buf() });
        }
    }
    Ok(())
}

/// The folders in `dir` whose names begin with `prefix`, by name.
pub(super) fn folders(dir: &Path, prefix: &str) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = list(dir)?;
    found.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with(prefix)) && path.is_dir()
    });
    Ok(found)
}

/// The entries of `dir`, by name; none if there is no such folder.
fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let wrong = |cause| StoreError::reading(dir, cause);
    if !dir.try_exists().map_err(wrong)? {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(wrong)? {
        paths.push(entry.map_err(wrong)?.path());
    }
    paths.sort();
    Ok(paths)
}
