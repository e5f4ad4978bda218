//! The store in a directory: one tree, so that one batch holds everything a publish changes.
//!
//! Keys: `i` identity, `n` number of the last write and sums over all entries, `t` topics, `e` ends, `o` committed
//! offsets, `r` records, `p` parts of large records.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::account::{self, Account, Sums};
use super::codec;
use super::engine::{Room, Store};
use super::flush_mark::FlushMark;
use super::state::{LogState, Placed, Slot, StateChange};
use crate::{LogError, Record, Result};

const TREE: &str = "log";
const IDENTITY: &[u8] = b"i";
const WRITTEN: &[u8] = b"n";
/// Kinds of entries that are held in memory as well.
const SMALL: &[u8] = b"teo";
/// Kinds of entries that are read from the store.
const LARGE: &[u8] = b"rp";

/// The log's tree in an open directory.
pub(crate) struct DiskStore {
    db: kv::Db,
    tree: kv::Tree,
    identity: String,
    mark: FlushMark,
    account: Mutex<Account>,
    /// Whether all records have been read since the opening.
    sound: AtomicBool,
}

impl DiskStore {
    /// Opens the tree; draws the log's identity the first time.
    pub(crate) fn open(db: &kv::Db) -> Result<Self> {
        let tree = db.plain_tree(TREE)?;
        let mark = FlushMark::open(db.folder()).map_err(|cause| unwritable(db, cause))?;
        let marked = mark.get().map_err(|cause| unwritable(db, cause))?;
        let identity = match tree.get(IDENTITY)? {
            None if marked > 0 => return Err(damaged(db, "its beginning is missing".to_string())),
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => {
                let drawn = draw();
                tree.insert(IDENTITY, &drawn)?;
                db.flush()?;
                drawn
            }
        };
        let account = match tree.get(WRITTEN)? {
            Some(bytes) => Account::read(&bytes)
                .ok_or_else(|| damaged(db, "the number of its last write is garbled".into()))?,
            None => Account::default(),
        };
        if account.written < marked {
            let written = account.written;
            let detail = format!("it ends at write {written}, {marked} were acknowledged");
            return Err(damaged(db, detail));
        }
        let sound = AtomicBool::new(db.read_whole());
        Ok(Self { db: db.clone(), tree, identity, mark, account: Mutex::new(account), sound })
    }

    /// Creates the tree of a log that has this identity already.
    pub(crate) fn create(db: &kv::Db, identity: &str) -> Result<Self> {
        db.plain_tree(TREE)?.insert(IDENTITY, identity)?;
        Self::open(db)
    }

    /// The log's identity.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    fn damaged(&self, detail: String) -> LogError {
        damaged(&self.db, detail)
    }

    fn parse<T: DeserializeOwned>(&self, key: &[u8], bytes: &[u8]) -> Result<T> {
        postcard::from_bytes(bytes)
            .map_err(|_| self.damaged(format!("the entry {} is garbled", key.escape_ascii())))
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

    /// Checks topics, ends and offsets against the sum of the last write.
    fn check_small(&self, account: &mut Account) -> Result<()> {
        for entry in SMALL.iter().flat_map(|kind| self.tree.scan_prefix([*kind])) {
            let (key, value) = entry?;
            account.note(&key, &value);
        }
        match account.sums {
            Some(sums) if sums.small != account.small() => Err(self.damaged(format!(
                "an end or a committed offset is not that of write {}",
                account.written
            ))),
            _ => Ok(()),
        }
    }

    /// The sum over records and their parts.
    fn sum_of_records(&self) -> Result<u64> {
        let mut sum = 0u64;
        for entry in LARGE.iter().flat_map(|kind| self.tree.scan_prefix([*kind])) {
            let (key, value) = entry?;
            sum = sum.wrapping_add(account::part(&key, &value));
        }
        Ok(sum)
    }

    /// The last record of each partition must exist and none after it, so that a disk that lost its
    /// tail is not taken for a short log.
    fn check_ends(&self, state: &LogState) -> Result<()> {
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
        }
        Ok(())
    }
}

impl Store for DiskStore {
    fn load(&self) -> Result<LogState> {
        self.check_small(&mut self.account.lock())?;
        let mut state = LogState::default();
        for entry in self.tree.scan_prefix(b"t") {
            let (key, value) = entry?;
            let name = String::from_utf8_lossy(&key[1..]).into_owned();
            state.topics.insert(name.into(), self.parse(&key, &value)?);
        }
        for entry in self.tree.scan_prefix(b"e") {
            let (key, value) = entry?;
            let at = codec::end_slot(&key).ok_or_else(|| self.damaged("a short key".into()))?;
            state.ends.insert(at, self.parse(&key, &value)?);
        }
        for entry in self.tree.scan_prefix(b"o") {
            let (key, value) = entry?;
            let (group, tp) =
                codec::offset_place(&key).ok_or_else(|| self.damaged("a short key".into()))?;
            let next = self.parse(&key, &value)?;
            state.committed.entry(group).or_default().insert(tp, next);
        }
        self.check_ends(&state)?;
        Ok(state)
    }

    fn write(&self, change: &StateChange, records: Placed) -> Result<()> {
        let mut account = self.account.lock();
        // A log from before there were sums is added up once, at its first write.
        let mut sums = match account.sums {
            Some(sums) => sums,
            None => Sums { small: account.small(), records: self.sum_of_records()? },
        };
        let mut batch = kv::Batch::new();
        let mut small = |batch: &mut kv::Batch, key: &[u8], value: Vec<u8>| {
            sums.small = sums.small.wrapping_add(account.note(key, &value));
            batch.insert(key, value);
        };
        for (name, topic) in &change.topics {
            small(&mut batch, &codec::topic_key(name), bytes(topic)?);
        }
        for (at, end) in &change.ends {
            small(&mut batch, &codec::end_key(*at), bytes(end)?);
        }
        for (group, tp, next) in &change.committed {
            small(&mut batch, &codec::offset_key(group, tp), bytes(next)?);
        }
        for (at, record) in records {
            put(at, &record, |key, value| {
                sums.records = sums.records.wrapping_add(account::part(key, value));
                batch.insert(key, value);
            });
        }
        account.written += 1;
        account.sums = Some(sums);
        let entry = account.bytes();
        batch.insert(WRITTEN, entry.ok_or_else(|| self.damaged("it cannot count".into()))?);
        // After a failure the log takes no more writes, so the account need not be set back.
        Ok(self.tree.apply(batch)?)
    }

    fn flush(&self) -> Result<()> {
        let number = self.account.lock().written;
        self.db.flush()?;
        self.mark.set(number).map_err(|cause| unwritable(&self.db, cause))
    }

    fn read(
        &self,
        at: Slot,
        from: u64,
        end: u64,
        room: &mut Room,
        out: &mut Vec<Record>,
    ) -> Result<()> {
        let mut expected = from;
        let mut entries = self.tree.range(codec::record_key(at, from)..codec::record_key(at, end));
        while expected < end && room.left() {
            let found = entries.next().transpose()?;
            let entry = found.filter(|(key, _)| codec::key_offset(key) == Some(expected));
            let record = match entry {
                Some((_, entry)) => self.record(at, expected, &entry)?,
                None => None,
            };
            let Some(record) = record else {
                let place = format!("topic {} partition {}", at.0, at.1);
                return Err(self.damaged(format!("{place} has no readable offset {expected}")));
            };
            room.take(&record);
            out.push(record);
            expected += 1;
        }
        Ok(())
    }

    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        let stored = self.tree.get(codec::record_key(at, offset))?;
        stored.and_then(|bytes| codec::timestamp(&bytes)).ok_or_else(|| {
            let place = format!("topic {} partition {}", at.0, at.1);
            self.damaged(format!("{place} has no readable offset {offset}"))
        })
    }

    fn topic_id(&self, _number: u32) -> String {
        draw()
    }

    fn check_writes(&self) -> Result<()> {
        self.db.check_writes()?;
        // What is appended makes sled recover a part of its file at the next opening. A record that cannot be read
        // would be met then, and would take all others with it.
        if !self.sound.load(Ordering::Relaxed) {
            self.check_records()?;
            self.sound.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn writes(&self) -> u64 {
        self.account.lock().written
    }

    fn check_records(&self) -> Result<()> {
        let (sums, written) = {
            let account = self.account.lock();
            (account.sums, account.written)
        };
        match sums {
            Some(sums) if sums.records != self.sum_of_records()? => {
                Err(self.damaged(format!("a record is not that of its {written} writes")))
            }
            _ => Ok(()),
        }
    }
}

/// Gives the entries of a record to `insert`: one, or with its parts those of a large one.
fn put(at: Slot, record: &Record, mut insert: impl FnMut(&[u8], &[u8])) {
    let (key, form) = (codec::record_key(at, record.offset), codec::encode(record));
    if form.len() <= codec::PART {
        insert(&key, &form);
        return;
    }
    insert(&key, &codec::encode_whole(record.timestamp_ms, form.len()));
    for (number, part) in form.chunks(codec::PART).enumerate() {
        insert(&codec::part_key(at, record.offset, number as u32), part);
    }
}

fn damaged(db: &kv::Db, detail: String) -> LogError {
    kv::KvError::Damaged { path: db.path().to_path_buf(), detail }.into()
}

fn unwritable(db: &kv::Db, cause: std::io::Error) -> LogError {
    kv::KvError::Unwritable { path: db.path().to_path_buf(), cause }.into()
}

fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value)
        .map_err(|e| LogError::fatal(e.to_string(), "the embedded log", "report this"))
}

/// 128 random bits: the standard library seeds its hashers at random.
fn draw() -> String {
    let half = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", half(), half())
}
