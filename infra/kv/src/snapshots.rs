//! sled's snapshots: copies of its page table that shorten an opening. The store can be recovered from
//! its file `db` alone, so a snapshot that is not whole, or not the one this store wrote last, is moved
//! aside before sled meets it: sled calls a directory corrupted for a torn or empty one, and reads a
//! foreign one as its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Length and checksum at the end of a snapshot.
const TRAILER: usize = 12;
/// Names the last snapshot that was seen to belong to the store, with its checksum.
const RECORD: &str = "snapshot";

/// The snapshots in `folder`, the newest last.
fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if name(&path).starts_with("snap.") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What tells one snapshot from another; `None` where there is none.
pub(crate) fn newest(folder: &Path) -> Option<String> {
    let path = all(folder).ok()?.pop()?;
    let bytes = fs::read(&path).ok()?;
    Some(format!("{} {:08x}", name(&path), crc32fast::hash(&bytes)))
}

/// Records the newest snapshot as the store's own.
pub(crate) fn record(folder: &Path) -> io::Result<()> {
    let Some(newest) = newest(folder) else { return Ok(()) };
    if recorded(folder).as_ref() == Some(&newest) {
        return Ok(());
    }
    let fresh = folder.join("snapshot.new");
    fs::write(&fresh, newest)?;
    fs::rename(fresh, folder.join(RECORD))
}

fn recorded(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join(RECORD)).ok()
}

/// Moves the snapshots aside that sled must not read; says which and why.
pub(crate) fn move_unsound_aside(folder: &Path) -> io::Result<Vec<String>> {
    let own = recorded(folder);
    let mut said = Vec::new();
    for path in all(folder)? {
        if let Some(fault) = fault(&path, own.as_deref())? {
            said.push(format!("{} {fault}", name(&path)));
            aside(&path)?;
        }
    }
    Ok(said)
}

/// Moves every snapshot aside; whether there were any.
pub(crate) fn move_all_aside(folder: &Path) -> io::Result<bool> {
    let found = all(folder)?;
    found.iter().try_for_each(|path| aside(path))?;
    Ok(!found.is_empty())
}

/// What is wrong with a snapshot, where anything is.
fn fault(path: &Path, own: Option<&str>) -> io::Result<Option<&'static str>> {
    if name(path).ends_with(".generating") {
        return Ok(Some("is unfinished"));
    }
    let bytes = fs::read(path)?;
    let Some((body, trailer)) = bytes.split_at_checked(bytes.len().saturating_sub(TRAILER)) else {
        return Ok(Some("is empty"));
    };
    let whole = !body.is_empty()
        && trailer[8..] == crc32fast::hash(body).to_le_bytes()
        && trailer[..8] == (body.len() as u64).to_le_bytes();
    if !whole {
        return Ok(Some("is torn or was changed"));
    }
    let this = format!("{} {:08x}", name(path), crc32fast::hash(&bytes));
    Ok(own.is_some_and(|own| own != this).then_some("is not the one this store wrote last"))
}

/// Keeps the file under a name that sled does not read.
fn aside(path: &Path) -> io::Result<()> {
    let free = (0..).map(|number| path.with_file_name(format!("aside-{number}-{}", name(path))));
    match free.into_iter().find(|target| !target.exists()) {
        Some(target) => fs::rename(path, target),
        None => Ok(()),
    }
}
