//! Reads the entries of a log in a directory. Damaged files may keep the store searching for a page without end, so each
//! of the long calls counts its steps for whoever watches it.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::account::{self, Account};
use super::codec;
use super::engine::Room;
use super::state::{LogState, Slot};
use crate::{LogError, Record, Result};

/// Kinds of entries that are held in memory as well.
const SMALL: &[u8] = b"teo";
/// Kinds of entries that are read from the store.
const LARGE: &[u8] = b"rp";

/// The log's tree in an open directory.
#[derive(Clone)]
pub(super) struct LogTree {
    pub(super) db: kv::Db,
    pub(super) tree: kv::Tree,
}

impl LogTree {
    pub(super) fn damaged(&self, detail: String) -> LogError {
        kv::KvError::Damaged { path: self.db.path().to_path_buf(), detail }.into()
    }

    fn parse<T: DeserializeOwned>(&self, key: &[u8], bytes: &[u8]) -> Result<T> {
        postcard::from_bytes(bytes)
            .map_err(|_| self.damaged(format!("the entry {} is garbled", key.escape_ascii())))
    }

    /// Topics, ends and offsets, checked against the sum of the last write, and its account of them.
    pub(super) fn load(
        &self,
        mut account: Account,
        steps: &kv::Progress,
    ) -> Result<(LogState, Account)> {
        let mut state = LogState::default();
        for entry in SMALL.iter().flat_map(|kind| self.tree.scan_prefix([*kind])) {
            let (key, value) = entry?;
            account.note(&key, &value);
            self.take(&mut state, &key, &value)?;
            steps.step();
        }
        if account.sums.is_some_and(|sums| sums.small != account.small()) {
            let written = account.written;
            let what = format!("an end or a committed offset is not that of write {written}");
            return Err(self.damaged(what));
        }
        self.check_ends(&state, steps)?;
        Ok((state, account))
    }

    fn take(&self, state: &mut LogState, key: &[u8], value: &[u8]) -> Result<()> {
        let short = || self.damaged("a short key".into());
        match key.first() {
            Some(b't') => {
                let name = String::from_utf8_lossy(&key[1..]).into_owned();
                state.topics.insert(name.into(), self.parse(key, value)?);
            }
            Some(b'e') => {
                let at = codec::end_slot(key).ok_or_else(short)?;
                state.ends.insert(at, self.parse(key, value)?);
            }
            _ => {
                let (group, tp) = codec::offset_place(key).ok_or_else(short)?;
                let next = self.parse(key, value)?;
                state.committed.entry(group).or_default().insert(tp, next);
            }
        }
        Ok(())
    }

    /// The last record of each partition must exist and none after it, so that a disk that lost its
    /// tail is not taken for a short log.
    fn check_ends(&self, state: &LogState, steps: &kv::Progress) -> Result<()> {
        for (at, end) in &state.ends {
            let from = codec::record_key(*at, end.offset.saturating_sub(1));
            let to = codec::record_key(*at, u64::MAX);
            let found = self.tree.range(from..to).count() as u64;
            if found != end.offset.min(1) {
                return Err(self.damaged(format!(
                    "topic {} partition {} should end at {}",
                    at.0, at.1, end.offset
                )));
            }
            steps.step();
        }
        Ok(())
    }

    /// The sum over records and their parts.
    pub(super) fn sum_of_records(&self, steps: &kv::Progress) -> Result<u64> {
        let mut sum = 0u64;
        for entry in LARGE.iter().flat_map(|kind| self.tree.scan_prefix([*kind])) {
            let (key, value) = entry?;
            sum = sum.wrapping_add(account::part(&key, &value));
            steps.step();
        }
        Ok(sum)
    }

    /// Appends the records of `range` to `out` for as long as `room` allows.
    pub(super) fn read(
        &self,
        at: Slot,
        range: Range<u64>,
        room: &mut Room,
        out: &mut Vec<Arc<Record>>,
        steps: &kv::Progress,
    ) -> Result<()> {
        let mut expected = range.start;
        let keys = codec::record_key(at, range.start)..codec::record_key(at, range.end);
        let mut entries = self.tree.range(keys);
        while expected < range.end && room.left() {
            let found = entries.next().transpose()?;
            let entry = found.filter(|(key, _)| codec::key_offset(key) == Some(expected));
            let record = match entry {
                Some((_, entry)) => self.record(at, expected, &entry)?,
                None => None,
            };
            let record = record.ok_or_else(|| self.unreadable(at, expected))?;
            room.take(&record);
            out.push(Arc::new(record));
            expected += 1;
            steps.step();
        }
        Ok(())
    }

    /// The record of an entry; `None` where either is unreadable.
    fn record(&self, at: Slot, offset: u64, entry: &[u8]) -> Result<Option<Record>> {
        let Some(length) = codec::length_of_parts(entry) else {
            return Ok(codec::decode(offset, entry));
        };
        let mut form = Vec::new();
        let parts = codec::part_key(at, offset, 0)..codec::part_key(at, offset, u32::MAX);
        for part in self.tree.range(parts) {
            form.extend_from_slice(&part?.1);
        }
        Ok((form.len() as u64 == length).then(|| codec::decode(offset, &form)).flatten())
    }

    /// The timestamp of one record.
    pub(super) fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        let stored = self.tree.get(codec::record_key(at, offset))?;
        let found = stored.and_then(|bytes| codec::timestamp(&bytes));
        found.ok_or_else(|| self.unreadable(at, offset))
    }

    fn unreadable(&self, at: Slot, offset: u64) -> LogError {
        let what = format!("topic {} partition {} has no readable offset {offset}", at.0, at.1);
        self.damaged(what)
    }
}
