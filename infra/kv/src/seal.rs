//! The seal of a tree: how often it was written, and a sum over its entries, in an entry of its own that
//! is part of every batch.
//!
//! sled skips what it cannot read at the end of its file and goes on behind it. What is lost that way is
//! missing from the sum, or the number is below the one noted beside the store after the last flush.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

/// The key of a tree's seal; hidden from readers.
pub(crate) const SEAL: &[u8] = b"\xff\xffseal";
/// The file beside the store with the writes of each tree that were flushed.
const FLUSHED: &str = "flushed";

/// A tree's seal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) writes: u64,
    pub(crate) sum: u64,
}

/// The seal of a tree, shared by its handles; `None` until the first write needs it.
pub(crate) type SharedSeal = Arc<Mutex<Option<Seal>>>;

impl Seal {
    /// Adds an entry.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.sum = self.sum.wrapping_add(of_entry(key, value));
    }

    /// Takes an entry out again.
    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) {
        self.sum = self.sum.wrapping_sub(of_entry(key, value));
    }

    pub(crate) fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.writes.to_le_bytes());
        bytes[8..].copy_from_slice(&self.sum.to_le_bytes());
        bytes
    }

    /// `None` where the bytes are no seal.
    pub(crate) fn read(bytes: &[u8]) -> Option<Seal> {
        let (writes, sum) = bytes.split_first_chunk::<8>()?;
        let sum = sum.try_into().ok().map(u64::from_le_bytes)?;
        Some(Seal { writes: u64::from_le_bytes(*writes), sum })
    }
}

fn of_entry(key: &[u8], value: &[u8]) -> u64 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(&(key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(value);
    u64::from(hash.finalize())
}

/// Notes how often each tree had been written when all of that was flushed.
pub(crate) fn note_flushed(folder: &Path, writes: &BTreeMap<String, u64>) -> io::Result<()> {
    let text: String = writes.iter().map(|(tree, writes)| format!("{tree}={writes}\n")).collect();
    let fresh = folder.join("flushed.new");
    fs::write(&fresh, format!("{text}{:08x}", crc32fast::hash(text.as_bytes())))?;
    fs::rename(fresh, folder.join(FLUSHED))
}

/// What was noted last; empty where nothing was, or where the note is torn.
pub(crate) fn flushed(folder: &Path) -> BTreeMap<String, u64> {
    let noted = fs::read_to_string(folder.join(FLUSHED)).unwrap_or_default();
    let whole = noted.len().checked_sub(8).and_then(|at| noted.split_at_checked(at));
    let Some((text, check)) = whole else { return BTreeMap::new() };
    if format!("{:08x}", crc32fast::hash(text.as_bytes())) != check {
        return BTreeMap::new();
    }
    let pair = |line: &str| {
        let (tree, writes) = line.rsplit_once('=')?;
        Some((tree.to_owned(), writes.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}
