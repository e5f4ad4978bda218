//! Reads the entries of a log in a directory. Damaged files may keep the store searching for a page without end, so each
//! of the long calls counts its steps for whoever watches it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::account::{self, Account};
use super::codec;
use super::engine::Room;
use super::record_batch;
use super::state::{End, LogState, Slot, block_of};
use crate::{LogError, Record, Result, SharedRecord, TopicPartition};

/// Kinds of entries that are held in memory as well; those of several partitions come after those that
/// they outdate.
const SMALL: &[u8] = b"teoEO";
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
        state.committed.retain(|_, offsets| !offsets.is_empty());
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
                let at = codec::ends_place(key).ok_or_else(short)?;
                state.ends.insert(at, self.parse(key, value)?);
            }
            Some(b'E') => {
                let (topic, _) = codec::ends_place(key).ok_or_else(short)?;
                let ends: BTreeMap<u32, End> = self.parse(key, value)?;
                state
                    .ends
                    .extend(ends.into_iter().map(|(partition, end)| ((topic, partition), end)));
            }
            kind => {
                let (group, topic, number) = codec::offsets_place(key).ok_or_else(short)?;
                let offsets: BTreeMap<u32, u64> = match kind {
                    Some(b'o') => [(number, self.parse(key, value)?)].into(),
                    _ => self.parse(key, value)?,
                };
                let of = |partition| TopicPartition::new(Arc::clone(&topic), partition);
                let offsets = offsets.into_iter().map(|(partition, next)| (of(partition), next));
                let known = state.committed.entry(group).or_default();
                // An entry of several partitions has all of them that there are.
                if kind == Some(&b'O') {
                    known.retain(|tp, _| tp.topic != topic || block_of(tp.partition) != number);
                }
                known.extend(offsets);
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
        out: &mut Vec<SharedRecord>,
        steps: &kv::Progress,
    ) -> Result<()> {
        let mut expected = range.start;
        let keys = codec::record_key(at, range.start)..=codec::record_key(at, u64::MAX);
        let mut entries = self.tree.range(keys);
        while expected < range.end && room.left() {
            let before = expected;
            let found = entries.next().transpose()?;
            let records = found.map(|(key, entry)| self.records(at, &key, &entry)).transpose()?;
            for record in records.flatten().unwrap_or_default() {
                if record.offset == expected && expected < range.end && room.left() {
                    room.take(&record);
                    out.push(record.into());
                    expected += 1;
                }
            }
            if expected == before {
                return Err(self.unreadable(at, expected));
            }
            steps.step();
        }
        Ok(())
    }

    /// The records of an entry; `None` where they are unreadable.
    fn records(&self, at: Slot, key: &[u8], entry: &[u8]) -> Result<Option<Vec<Record>>> {
        let Some(last) = codec::key_offset(key) else { return Ok(None) };
        let Some(length) = codec::length_of_parts(entry) else {
            return Ok(record_batch::decode(last, entry));
        };
        let mut form = Vec::new();
        let parts = codec::part_key(at, last, 0)..codec::part_key(at, last, u32::MAX);
        for part in self.tree.range(parts) {
            form.extend_from_slice(&part?.1);
        }
        Ok((form.len() as u64 == length).then(|| record_batch::decode(last, &form)).flatten())
    }

    /// The timestamp of one record.
    pub(super) fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        let (mut room, mut found) = (Room { records: 1, bytes: 1 }, Vec::new());
        self.read(at, offset..offset + 1, &mut room, &mut found, &kv::Progress::default())?;
        found.first().map(|record| record.timestamp_ms).ok_or_else(|| self.unreadable(at, offset))
    }

    fn unreadable(&self, at: Slot, offset: u64) -> LogError {
        let what = format!("topic {} partition {} has no readable offset {offset}", at.0, at.1);
        self.damaged(what)
    }
}
