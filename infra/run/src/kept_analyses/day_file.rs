//! The file of one scan day: entries one behind the other, each with its length, key, bytes and a checksum.

use quant::AnalysisKey;
use schemas::Day;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a file, at most. Beyond them it begins anew: most of it is of prices or code that nobody uses any more.
const MOST_OF_A_DAY: usize = 16 << 20;
/// Bytes of a length.
const LENGTH: usize = 4;
/// Bytes of a key.
const KEY: usize = size_of::<AnalysisKey>();
/// Bytes of a checksum.
const SUM: usize = 8;

/// A day's file as it was read, and what this process has added to it.
pub(super) struct DayFile {
    pub(super) day: Day,
    bytes: Vec<u8>,
    /// Key and bytes of each entry, without its checksum; of two with one key the last counts.
    entries: BTreeMap<AnalysisKey, Range<usize>>,
    /// Whether something at its end was no entry, so that nothing behind it would be found, or it is no file of ours.
    torn: bool,
}

impl DayFile {
    /// The file of `day`, or one without entries where it cannot be read.
    pub(super) fn read(folder: &Path, day: Day) -> DayFile {
        let path = path(folder, day);
        let about = fs::metadata(&path).ok();
        // A pipe would be waited for without end, and a file longer than this program makes them is none of its own.
        let own = about
            .as_ref()
            .is_some_and(|about| about.is_file() && about.len() <= 2 * MOST_OF_A_DAY as u64);
        let bytes = if own { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        let strange = about.is_some() && !own;
        let mut file = DayFile { day, bytes, entries: BTreeMap::new(), torn: false };
        let mut at = 0;
        while let Some(entry) = entry_at(&file.bytes, at) {
            at = file.note(entry);
        }
        file.torn = strange || at < file.bytes.len();
        file.bytes.truncate(at);
        file
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes under `key`, if they are what was kept.
    pub(super) fn find(&self, key: &AnalysisKey) -> Option<Vec<u8>> {
        let entry = self.entries.get(key)?.clone();
        let kept = &self.bytes[entry.clone()];
        let same = self.bytes[entry.end..].starts_with(&sum(kept));
        same.then(|| kept[KEY..].to_vec())
    }

    /// Adds entries; returns how many bytes were written.
    pub(super) fn add(
        &mut self,
        folder: &Path,
        made: &[(AnalysisKey, Vec<u8>)],
    ) -> io::Result<u64> {
        let mut added = Vec::new();
        for (key, value) in made {
            let length = u32::try_from(value.len()).map_err(io::Error::other)?;
            added.extend(length.to_le_bytes());
            let from = added.len();
            added.extend(key);
            added.extend(value);
            let sum = sum(&added[from..]);
            added.extend(sum);
        }
        let full = self.bytes.len() + added.len() > MOST_OF_A_DAY;
        if full {
            self.bytes.clear();
            self.entries.clear();
        }
        let mut at = self.bytes.len();
        self.bytes.extend(&added);
        while let Some(entry) = entry_at(&self.bytes, at) {
            at = self.note(entry);
        }
        if full || self.torn {
            replace(&path(folder, self.day), &self.bytes)?;
            self.torn = false;
        } else {
            append(&path(folder, self.day), &added)?;
        }
        Ok(added.len() as u64)
    }

    /// Notes an entry; returns where the next one begins.
    fn note(&mut self, entry: Range<usize>) -> usize {
        let mut key = AnalysisKey::default();
        key.copy_from_slice(&self.bytes[entry.start..entry.start + KEY]);
        let next = entry.end + SUM;
        self.entries.insert(key, entry);
        next
    }
}

/// Key and bytes of the entry at `at`, if all of it is there.
fn entry_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let length = u32::from_le_bytes(*bytes.get(at..)?.first_chunk::<LENGTH>()?) as usize;
    let from = at + LENGTH;
    let to = from.checked_add(KEY)?.checked_add(length)?;
    // A length of 0 is space that was given and never written.
    (length > 0 && to.checked_add(SUM)? <= bytes.len()).then_some(from..to)
}

fn sum(kept: &[u8]) -> [u8; SUM] {
    let mut sum = [0; SUM];
    sum.copy_from_slice(&Sha256::digest(kept)[..SUM]);
    sum
}

fn path(folder: &Path, day: Day) -> PathBuf {
    folder.join(day.to_string())
}

/// Appends by one write, so that the entries of two processes do not mix.
fn append(path: &Path, added: &[u8]) -> io::Result<()> {
    let open = || OpenOptions::new().append(true).create(true).open(path);
    let mut file = open().or_else(|error| match (error.kind(), path.parent()) {
        // Somebody has deleted the folder.
        (io::ErrorKind::NotFound, Some(folder)) => {
            fs::create_dir_all(folder)?;
            open()
        }
        _ => Err(error),
    })?;
    file.write_all(added)
}

/// Replaces the file by one with these bytes, under a name of this process until it is whole.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}
