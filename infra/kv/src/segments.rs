//! The heads of the segments of sled's file, which a recovery without a snapshot begins with.
//!
//! Each names the position up to which all was on disk when it was written. sled takes the greatest of them
//! and asks for the segment it lies in; where all of that segment's pages have moved on, it was freed and
//! overwritten, and sled then takes the whole file for empty, though the next segment holds everything.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes of a segment.
const SEGMENT: i64 = 512 << 10;
/// Bytes of its head.
const HEAD: usize = 20;
/// What numbers are stored combined with.
const MASK: i64 = i64::MAX;

/// The head of a segment that is in use.
struct Head {
    at: u64,
    /// The position of its first byte, over all segments ever written.
    start: i64,
    /// All before this position was on disk.
    stable: i64,
}

fn heads(db: &File) -> io::Result<Vec<Head>> {
    let mut heads = Vec::new();
    for at in (0..db.metadata()?.len()).step_by(SEGMENT as usize) {
        let mut bytes = [0; HEAD];
        if db.read_exact_at(&mut bytes, at).is_err() {
            break;
        }
        let number = |from: usize| bytes[from..from + 8].try_into().map(i64::from_le_bytes);
        let (Ok(start), Ok(stable)) = (number(4), number(12)) else { break };
        if bytes[..4] == (!crc32fast::hash(&bytes[4..])).to_le_bytes() {
            heads.push(Head { at, start: start ^ MASK, stable: stable ^ MASK });
        }
    }
    Ok(heads)
}

/// Lets the heads that name a position in a freed segment name the start of the next one instead, if that
/// is there: all before it was on disk.
pub(crate) fn mend(db: &File) -> io::Result<()> {
    let heads = heads(db)?;
    let starts: BTreeSet<i64> = heads.iter().map(|head| head.start).collect();
    let Some(stable) = heads.iter().map(|head| head.stable).max() else { return Ok(()) };
    let asked = stable.max(0) / SEGMENT * SEGMENT;
    let next = asked + SEGMENT;
    if starts.contains(&asked) || !starts.contains(&next) {
        return Ok(());
    }
    for head in heads.iter().filter(|head| head.stable >= asked && head.start >= next) {
        let mut bytes = [0; HEAD];
        bytes[4..12].copy_from_slice(&(head.start ^ MASK).to_le_bytes());
        bytes[12..].copy_from_slice(&(next ^ MASK).to_le_bytes());
        let sum = !crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        db.write_all_at(&bytes, head.at)?;
    }
    db.sync_all()
}
