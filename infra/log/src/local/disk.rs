//! The store in a directory: one tree, so that one batch holds everything a publish changes.
//!
//! Keys: `i` identity, `n` number of the last write and sums over all entries, `t` topics, `E` ends of a topic's
//! partitions, `O` offsets that a group has committed in a topic, `r` records, `p` parts of large entries of records. Older
//! logs have an entry `e` of each end and `o` of each offset, which those of several partitions outdate.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde::Serialize;

use super::account::{self, Account, Sums};
use super::codec;
use super::engine::{Room, Store};
use super::flush_mark::FlushMark;
use super::log_tree::LogTree;
use super::recent::Recent;
use super::record_batch;
use super::state::{LogState, Placed, Slot, StateChange, block_of};
use crate::{LogError, Record, Result, SharedRecord};

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

    fn write(&self, change: &StateChange, before: &LogState, records: Placed) -> Result<()> {
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
        let ends = change.ends.iter().map(|((topic, partition), _)| (*topic, block_of(*partition)));
        for block in ends.collect::<BTreeSet<_>>() {
            let ends = before.ends_after(change, block);
            small(&mut batch, &codec::ends_key(block), bytes(&ends)?);
        }
        let committed = change.committed.iter();
        let committed = committed.map(|(group, tp, _)| (group, &tp.topic, block_of(tp.partition)));
        for (group, topic, block) in committed.collect::<BTreeSet<_>>() {
            let offsets = before.committed_after(change, group, topic, block);
            small(&mut batch, &codec::offsets_key(group, topic, block), bytes(&offsets)?);
        }
        for (at, together) in record_batch::split(&records) {
            put(at, &together, |key, value| {
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
        records.into_iter().for_each(|(at, record)| recent.push(at, record.into()));
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
        out: &mut Vec<SharedRecord>,
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

/// Gives the entries of a record batch to `insert`: one, or with its parts those of a large one.
fn put(at: Slot, records: &[&Record], mut insert: impl FnMut(&[u8], &[u8])) {
    let Some(last) = records.last() else { return };
    let (key, form) = (codec::record_key(at, last.offset), record_batch::encode(records));
    if form.len() <= codec::PART {
        insert(&key, &form);
        return;
    }
    insert(&key, &codec::encode_whole(last.timestamp_ms, form.len()));
    for (number, part) in form.chunks(codec::PART).enumerate() {
        insert(&codec::part_key(at, last.offset, number as u32), part);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TopicPartition;
    use crate::local::state::{End, StoredTopic};

    fn record(offset: u64) -> Record {
        let (value, headers) = (vec![offset as u8; 9], Default::default());
        Record { offset, timestamp_ms: 1 + offset as i64, key: None, value, headers }
    }

    /// A log as it was before its entries were of several partitions and records: "bars", number 3, with a record in
    /// partition 4, which "scorer" has read.
    fn old_log(tree: &kv::Tree) {
        let topic = StoredTopic { number: 3, id: "x".to_string(), partitions: 6 };
        let end = End { offset: 1, last_ms: 1, ordered: true };
        tree.insert(codec::topic_key("bars"), bytes(&topic).unwrap()).unwrap();
        tree.insert(b"e\0\0\0\x03\0\0\0\x04", bytes(&end).unwrap()).unwrap();
        tree.insert(b"oscorer\0bars\0\0\0\0\x04", bytes(&1u64).unwrap()).unwrap();
        tree.insert(codec::record_key((3, 4), 0), codec::encode(&record(0))).unwrap();
    }

    #[test]
    fn an_older_log_is_read_and_its_entries_are_outdated_by_those_of_several_partitions() {
        let folder = tempfile::tempdir().unwrap();
        let db = kv::Db::open(folder.path()).unwrap();
        let store = DiskStore::create(&db, "log").unwrap();
        old_log(&store.entries.tree);
        let mut state = store.load().unwrap();
        let (at, bars) = ((3, 4), |partition| TopicPartition::new("bars", partition));
        assert_eq!((state.end(at).offset, state.committed("scorer", &bars(4))), (1, Some(1)));

        let ends = vec![(at, End { offset: 4, ..state.end(at) }), ((3, 5), End::default())];
        let committed = vec![("scorer".to_string(), bars(4), Some(3))];
        let change = StateChange { ends, committed, ..StateChange::default() };
        let records = (1..4).map(|offset| (at, record(offset))).collect();
        store.write(&change, &state, records).unwrap();
        state.apply(change);

        let again = DiskStore::open(&db).unwrap();
        let loaded = again.load().unwrap();
        assert_eq!((loaded.ends, loaded.committed), (state.ends, state.committed));
        again.check_records().unwrap();
        let (mut room, mut found) = (Room { records: 9, bytes: 1 << 20 }, Vec::new());
        again.read(at, 0, 4, &mut room, &mut found).unwrap();
        assert_eq!(
            found.into_iter().map(SharedRecord::into_record).collect::<Vec<_>>(),
            [record(0), record(1), record(2), record(3)]
        );
        assert_eq!(again.timestamp(at, 2).unwrap(), 3);
    }
}
