//! Whether price files lie deeper in a folder, where they are not read. It is found out to name the place.

use super::names::{Ending, ending};
use std::collections::VecDeque;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

/// Entries that are looked at, and folders below one another.
const LOOKED_AT: usize = 5_000;
const DEEPEST: usize = 6;

/// The first folder in `folder`, itself before those within it, that has a price file.
pub(super) fn prices_below(folder: &Path, parquet: bool) -> Option<PathBuf> {
    let mut folders = VecDeque::from([(folder.to_owned(), 1)]);
    let mut left = LOOKED_AT;
    while let Some((folder, depth)) = folders.pop_front() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let within: Vec<DirEntry> = entries.flatten().take(left).collect();
        left -= within.len();
        if within.iter().any(|entry| has_prices(entry, parquet)) {
            return Some(folder);
        }
        // Links are not followed: they may lead anywhere.
        let is_folder = |entry: &&DirEntry| {
            // The lake of a run holds no prices of a source.
            let lake = entry.file_name().to_string_lossy().starts_with("topic=");
            !lake && entry.file_type().is_ok_and(|kind| kind.is_dir())
        };
        let deeper = within.iter().filter(is_folder);
        let mut deeper: Vec<PathBuf> = deeper.map(DirEntry::path).collect();
        deeper.sort();
        folders
            .extend(deeper.into_iter().filter(|_| depth < DEEPEST).map(|path| (path, depth + 1)));
    }
    None
}

fn has_prices(entry: &DirEntry, parquet: bool) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let read = matches!(ending(&name, parquet), Ending::Prices(_));
    read && !name.starts_with('.') && entry.path().is_file()
}
