//! Checkpoints of units, kept between starts: one value per unit, all values of a save at once.

use crate::{cursor::Cursor, error::ShellError};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// A unit's complete state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UnitCheckpoint {
    /// The log it belongs to.
    pub log_identity: String,
    /// Its place in the day.
    pub cursor: Cursor,
    /// Own outputs before these offsets (by output, in order) are part of this state.
    pub own_from: Vec<u64>,
    /// Events written since the day began, by output.
    pub written: Vec<i64>,
    /// The machine's state.
    #[serde(with = "serde_bytes")]
    pub machine: Vec<u8>,
}

/// Units and their checkpoints, each made when it is asked for.
pub type Checkpoints<'a> = &'a mut dyn Iterator<Item = (String, UnitCheckpoint)>;

/// A store of checkpoints.
pub trait CheckpointStore: Send + Sync {
    /// The unit's last checkpoint.
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError>;
    /// Saves all of these, or none.
    fn save(&self, units: Checkpoints<'_>) -> Result<(), ShellError>;
    /// Removes all checkpoints.
    fn clear(&self) -> Result<(), ShellError>;
    /// Whether an operator has deleted the unit's group on this log, and the unit has saved nothing since.
    fn was_deleted(&self, _unit: &str, _log_identity: &str) -> Result<bool, ShellError> {
        Ok(false)
    }
}

fn failed(unit: &str, cause: impl ToString) -> ShellError {
    ShellError::CheckpointStore { unit: unit.to_owned(), cause: cause.to_string() }
}

/// Bytes of a stored part: pages of larger values do not count in the store's cache, which then never frees them.
const PART: usize = 6 << 10;

/// In the state folder, compressed, and in parts.
pub struct KvCheckpoints {
    tree: kv::Tree,
    /// Held while parts are read or written: an instance may load a unit while the one that had it still saves it, and
    /// parts of two saves are no checkpoint.
    whole: Mutex<()>,
}

impl KvCheckpoints {
    /// In `tree`, which nothing else writes.
    pub fn of(tree: kv::Tree) -> KvCheckpoints {
        KvCheckpoints { tree, whole: Mutex::default() }
    }

    /// The units that have a checkpoint, by name.
    pub fn units(&self) -> Result<Vec<String>, ShellError> {
        let mut units = Vec::new();
        for part in self.tree.scan_prefix([]) {
            let key = part.map_err(|e| failed("all units", e))?.0;
            let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).into_owned();
            if units.last() != Some(&name) {
                units.push(name);
            }
        }
        let mut saved = Vec::with_capacity(units.len());
        for unit in units {
            if !is_mark(&self.packed(&unit)?) {
                saved.push(unit);
            }
        }
        Ok(saved)
    }

    /// Puts these checkpoints in place of what was saved of the units; without one a unit has none any more.
    pub fn replace(&self, units: &[(String, Option<UnitCheckpoint>)]) -> Result<(), ShellError> {
        let mut all = Vec::with_capacity(units.len());
        for (unit, saved) in units {
            let packed = saved.as_ref().map(packed).transpose();
            let packed = packed.map_err(|cause| failed(unit, cause))?;
            all.push((unit.clone(), packed.unwrap_or_default()));
        }
        self.put(all)
    }

    /// Removes the checkpoints of `units`, whose group an operator has deleted on the log with this identity: they
    /// begin without offsets, from what they have written.
    pub fn mark_deleted(&self, units: &[String], log_identity: &str) -> Result<(), ShellError> {
        let mark = [&[DELETED], log_identity.as_bytes()].concat();
        self.put(units.iter().map(|unit| (unit.clone(), mark.clone())).collect())
    }

    fn packed(&self, unit: &str) -> Result<Vec<u8>, ShellError> {
        let stored = {
            let _whole = self.whole.lock();
            self.stored(unit)?
        };
        Ok(stored.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().concat())
    }

    fn put(&self, units: Vec<(String, Vec<u8>)>) -> Result<(), ShellError> {
        let mut batch = kv::Batch::new();
        let mut lengths = Vec::with_capacity(units.len());
        for (unit, packed) in units {
            let parts = packed.chunks(PART);
            let length = parts.len();
            parts.enumerate().for_each(|(at, part)| batch.insert(part_key(&unit, at), part));
            lengths.push((unit, length));
        }
        // Not before: others save meanwhile, and packing is the work.
        let _whole = self.whole.lock();
        for (unit, length) in lengths {
            (length..self.stored(&unit)?.len()).for_each(|at| batch.remove(part_key(&unit, at)));
        }
        self.tree.apply(batch).map_err(|e| failed("all units", e))
    }

    fn stored(&self, unit: &str) -> Result<Vec<kv::Bytes>, ShellError> {
        let parts = self.tree.scan_prefix(part_prefix(unit));
        parts.map(|part| Ok(part.map_err(|e| failed(unit, e))?.1)).collect()
    }
}

fn part_prefix(unit: &str) -> Vec<u8> {
    [unit.as_bytes(), &[0]].concat()
}

fn part_key(unit: &str, part: usize) -> Vec<u8> {
    [&part_prefix(unit)[..], &(part as u32).to_be_bytes()].concat()
}

/// The first byte of a checkpoint with a checksum over all of its parts; without one it begins with
/// Snappy's own mark, 0xff.
const SUMMED: u8 = 1;
/// The first byte of what stands in place of a checkpoint that an operator has deleted with its group; the identity of
/// the log follows.
const DELETED: u8 = 2;
/// Bytes of the mark and the checksum.
const HEAD: usize = 5;

fn is_mark(packed: &[u8]) -> bool {
    packed.first() == Some(&DELETED)
}

fn packed(saved: &UnitCheckpoint) -> Result<Vec<u8>, String> {
    let to = snap::write::FrameEncoder::new(vec![SUMMED; HEAD]);
    let to = postcard::to_io(saved, to).map_err(|cause| cause.to_string())?;
    let mut packed = to.into_inner().map_err(|cause| cause.to_string())?;
    let sum = crc32fast::hash(&packed[HEAD..]);
    packed[1..HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(packed)
}

fn unpacked(packed: &[u8]) -> Result<UnitCheckpoint, String> {
    let mut bytes = Vec::new();
    let packed = match packed.split_at_checked(HEAD) {
        Some(([SUMMED, sum @ ..], rest)) if *sum == crc32fast::hash(rest).to_le_bytes() => rest,
        Some(([SUMMED, ..], _)) => return Err("its checksum does not hold".to_owned()),
        _ => packed,
    };
    snap::read::FrameDecoder::new(packed).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    postcard::from_bytes(&bytes).map_err(|cause| cause.to_string())
}

impl CheckpointStore for KvCheckpoints {
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError> {
        let packed = self.packed(unit)?;
        if packed.is_empty() || is_mark(&packed) {
            return Ok(None);
        }
        unpacked(&packed).map(Some).map_err(|cause| ShellError::StateMismatch {
            unit: unit.to_owned(),
            what: format!("cannot be read ({cause})"),
        })
    }

    fn save(&self, units: Checkpoints<'_>) -> Result<(), ShellError> {
        let mut all = Vec::new();
        for (unit, saved) in units {
            let packed = packed(&saved).map_err(|cause| failed(&unit, cause))?;
            all.push((unit, packed));
        }
        self.put(all)
    }

    fn clear(&self) -> Result<(), ShellError> {
        self.tree.clear().map_err(|e| failed("all units", e))
    }

    fn was_deleted(&self, unit: &str, log_identity: &str) -> Result<bool, ShellError> {
        let packed = self.packed(unit)?;
        Ok(is_mark(&packed) && packed[1..] == *log_identity.as_bytes())
    }
}

/// In memory, for simulation.
#[derive(Clone, Default)]
pub struct MemoryCheckpoints(Arc<Mutex<BTreeMap<String, UnitCheckpoint>>>);

impl MemoryCheckpoints {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, UnitCheckpoint>> {
        self.0.lock()
    }

    /// A copy of everything saved.
    pub fn all(&self) -> BTreeMap<String, UnitCheckpoint> {
        self.held().clone()
    }
}

impl CheckpointStore for MemoryCheckpoints {
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError> {
        Ok(self.held().get(unit).cloned())
    }

    fn save(&self, units: Checkpoints<'_>) -> Result<(), ShellError> {
        let units: Vec<_> = units.collect();
        self.held().extend(units);
        Ok(())
    }

    fn clear(&self) -> Result<(), ShellError> {
        self.held().clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two instances exchange a partition: one still saves the unit when the other loads it.
    #[test]
    fn a_checkpoint_that_is_saved_meanwhile_is_read_whole() {
        let dir = tempfile::tempdir().unwrap();
        let tree = kv::Db::open(dir.path()).unwrap().plain_tree("units").unwrap();
        let states = KvCheckpoints::of(tree);
        // More parts than a page of the store holds.
        let noise: Vec<u8> = (0..200_000u64)
            .map(|n| (n.wrapping_mul(n | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8)
            .collect();
        let save = |from: usize| {
            let one = ("scanner-2".to_owned(), checkpoint(noise[from..].to_vec()));
            states.save(&mut std::iter::once(one)).unwrap();
        };
        save(0);
        std::thread::scope(|scope| {
            let saving = scope.spawn(|| (1..400).for_each(save));
            while !saving.is_finished() {
                assert!(states.load("scanner-2").unwrap().is_some());
            }
        });
    }

    #[test]
    fn a_mark_of_a_deleted_group_stands_until_the_unit_saves_again() {
        let dir = tempfile::tempdir().unwrap();
        let states = KvCheckpoints::of(kv::Db::open(dir.path()).unwrap().tree("units").unwrap());
        let saved = |noise| std::iter::once(("labeler-1".to_owned(), checkpoint(vec![7; noise])));
        states.save(&mut saved(20_000)).unwrap();
        assert!(!states.was_deleted("labeler-1", "log").unwrap());
        states.mark_deleted(&["labeler-1".to_owned()], "log").unwrap();
        assert!(states.was_deleted("labeler-1", "log").unwrap());
        assert!(!states.was_deleted("labeler-1", "another log").unwrap());
        assert!(states.load("labeler-1").unwrap().is_none() && states.units().unwrap().is_empty());
        states.save(&mut saved(3)).unwrap();
        assert!(!states.was_deleted("labeler-1", "log").unwrap());
        let earlier = ("labeler-1".to_owned(), Some(checkpoint(vec![1])));
        states.replace(std::slice::from_ref(&earlier)).unwrap();
        assert_eq!(states.load("labeler-1").unwrap(), earlier.1);
        states.replace(&[("labeler-1".to_owned(), None)]).unwrap();
        assert!(states.load("labeler-1").unwrap().is_none() && states.units().unwrap().is_empty());
    }

    fn checkpoint(machine: Vec<u8>) -> UnitCheckpoint {
        UnitCheckpoint {
            log_identity: "log".to_owned(),
            cursor: Cursor::new(schemas::Day(17_000), 2),
            own_from: vec![7],
            written: vec![3],
            machine,
        }
    }

    #[test]
    fn a_checkpoint_comes_back_whatever_was_there_before() {
        let dir = tempfile::tempdir().unwrap();
        let states = KvCheckpoints::of(kv::Db::open(dir.path()).unwrap().tree("units").unwrap());
        // Noise does not compress.
        let noise: Vec<u8> =
            (0..40_000u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect();
        for bytes in [40_000, 3, 6_200, 0] {
            let (one, other) = (checkpoint(noise[..bytes].to_vec()), checkpoint(vec![1]));
            let units = [("scorer-1", &one), ("scorer-11", &other)];
            states
                .save(&mut units.into_iter().map(|(unit, saved)| (unit.to_owned(), saved.clone())))
                .unwrap();
            assert_eq!(states.load("scorer-1").unwrap(), Some(one));
            assert_eq!(states.load("scorer-11").unwrap(), Some(other));
        }
        assert_eq!(states.load("scorer").unwrap(), None);
        assert_eq!(states.units().unwrap(), ["scorer-1", "scorer-11"]);
        let (one, mut old) = (checkpoint(noise), packed(&checkpoint(vec![1])).unwrap());
        let mut flipped = packed(&one).unwrap();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        assert!(unpacked(&flipped).is_err());
        old.drain(..HEAD);
        assert_eq!(unpacked(&old).unwrap(), checkpoint(vec![1]), "saved without a checksum");
        states.tree.insert(part_key("scorer-1", 0), [9]).unwrap();
        assert!(matches!(states.load("scorer-1"), Err(ShellError::StateMismatch { .. })));
        states.clear().unwrap();
        assert_eq!(states.load("scorer-1").unwrap(), None);
    }
}
