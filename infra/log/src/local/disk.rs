//! The store in a directory: one tree, so that one batch holds everything a publish changes.
//!
//! Keys: `i` identity, `n` number of the last write and sums over all entries, `t` topics, `e` ends, `o` committed
//! offsets, `r` records, `p` parts of large records.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde::Serialize;

use super::account::{self, Account, Sums};
use super::codec;
use super::engine::{Room, Store};
use super::flush_mark::FlushMark;
use super::log_tree::LogTree;
use super::recent::Recent;
use super::state::{LogState, Placed, Slot, StateChange};
use crate::{LogError, Record, Result};

const TREE: &str = "log";
const IDENTITY: &[u8] = b"i";
const WRITTEN: &[u8] = b"n";

/// The log in an open directory.
pub(crate) struct DiskStore {
    entries: LogTree,
    identity: String,
    mark: FlushMark,
    account: Mutex<Account>,
    recent: Mutex<Recent>,
    /// Whether all records have been read since the opening.
    sound: AtomicBool,
}

impl DiskStore {
    /// Opens the tree; draws the log's identity the first time.
    pub(crate) fn open(db: &kv::Db) -> Result<Self> {
        let entries = LogTree { db: db.clone(), tree: db.plain_tree(TREE)? };
        let tree = &entries.tree;
        let mark = FlushMark::open(db.folder()).map_err(|cause| unwritable(db, cause))?;
        let marked = mark.get().map_err(|cause| unwritable(db, cause))?;
        let identity = match tree.get(IDENTITY)? {
            None if marked > 0 => {
                return Err(entries.damaged("its beginning is missing".to_string()));
            }
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
                .ok_or_else(|| entries.damaged("the number of its last write is garbled".into()))?,
            None => Account::default(),
        };
        if account.written < marked {
            let written = account.written;
            let detail = format!("it ends at write {written}, {marked} were acknowledged");
            return Err(entries.damaged(detail));
        }
        let (account, sound) = (Mutex::new(account), AtomicBool::new(db.read_whole()));
        let recent = Mutex::default();
        Ok(Self { entries, identity, mark, account, recent, sound })
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

    /// The sum over the stored records.
    fn sum_of_records(&self) -> Result<u64> {
        let entries = self.entries.clone();
        self.entries.db.patiently(move |steps| entries.sum_of_records(steps))?
    }
}

impl Store for DiskStore {
    fn load(&self) -> Result<LogState> {
        let mut account = self.account.lock();
        let (entries, before) = (self.entries.clone(), account.clone());
        let loaded = self.entries.db.patiently(move |steps| entries.load(before, steps))?;
        let (state, after) = loaded?;
        *account = after;
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
        for (at, record) in &records {
            put(*at, record, |key, value| {
                sums.records = sums.records.wrapping_add(account::part(key, value));
                batch.insert(key, value);
            });
        }
        account.written += 1;
        account.sums = Some(sums);
        let entry = account.bytes();
        batch.insert(WRITTEN, entry.ok_or_else(|| self.entries.damaged("it cannot count".into()))?);
        // After a failure the log takes no more writes, so the account need not be set back.
        self.entries.tree.apply(batch)?;
        let mut recent = self.recent.lock();
        records.into_iter().for_each(|(at, record)| recent.push(at, Arc::new(record)));
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        let number = self.account.lock().written;
        self.entries.db.flush()?;
        self.mark.set(number).map_err(|cause| unwritable(&self.entries.db, cause))
    }

    fn read(
        &self,
        at: Slot,
        from: u64,
        end: u64,
        room: &mut Room,
        out: &mut Vec<Arc<Record>>,
    ) -> Result<()> {
        if self.recent.lock().read(at, from..end, room, out) {
            return Ok(());
        }
        if self.sound.load(Ordering::Relaxed) {
            return self.entries.read(at, from..end, room, out, &kv::Progress::default());
        }
        let (entries, mut left) = (self.entries.clone(), *room);
        let read = self.entries.db.patiently(move |steps| {
            let mut read = Vec::new();
            entries.read(at, from..end, &mut left, &mut read, steps).map(|()| (left, read))
        })?;
        let (left, read) = read?;
        *room = left;
        out.extend(read);
        Ok(())
    }

    fn timestamp(&self, at: Slot, offset: u64) -> Result<i64> {
        self.entries.timestamp(at, offset)
    }

    fn topic_id(&self, _number: u32) -> String {
        draw()
    }

    fn check_writes(&self) -> Result<()> {
        self.entries.db.check_writes()?;
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

    /// To be called while nobody writes.
    fn check_records(&self) -> Result<()> {
        let (sums, written) = {
            let account = self.account.lock();
            (account.sums, account.written)
        };
        match sums {
            Some(sums) if sums.records != self.sum_of_records()? => {
                let what = format!("a record is not that of its {written} writes");
                Err(self.entries.damaged(what))
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
