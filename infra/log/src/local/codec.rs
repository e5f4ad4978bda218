//! The stored form of records and keys.
//!
//! A record is its timestamp, key, headers and value, with lengths as base-128 numbers; its
//! offset is in the entry's key. Several records of one publish are one entry ([`super::record_batch`]). The
//! first byte is the version of the form. A form larger than [`PART`] is compressed, as one of several
//! records always is, and what is still larger is split into parts, where the entry holds their total length: sled does not count pages over 128 KiB (of 17 entries) in its cache and never frees them.

use super::state::Slot;
use crate::lengths::{put_number, take, take_number};
use crate::{Headers, Record};
use std::borrow::Cow;
use std::sync::Arc;

const VERSION: u8 = 1;
/// The first byte of an entry whose record is split into parts.
const IN_PARTS: u8 = 2;
/// The first byte of a record that is compressed from its key on, by Snappy.
const COMPRESSED: u8 = 3;
/// The first byte of an entry of several records.
pub(super) const SEVERAL: u8 = 4;
/// The first byte of one that is compressed behind its timestamp, by Snappy.
pub(super) const COMPRESSED_SEVERAL: u8 = 5;
/// Snappy makes no more than this many bytes of one.
const MOST_EXPANDED: usize = 32;
/// Bytes of a part.
pub(crate) const PART: usize = 6 << 10;
/// Bytes from the start of a stored record to the end of its timestamp.
pub(super) const TIMESTAMP_END: usize = 9;

/// The key of a record: topic number, partition, offset, so that they sort by offset.
pub(crate) fn record_key(at: Slot, offset: u64) -> [u8; 17] {
    let mut key = [b'r'; 17];
    key[1..5].copy_from_slice(&at.0.to_be_bytes());
    key[5..9].copy_from_slice(&at.1.to_be_bytes());
    key[9..].copy_from_slice(&offset.to_be_bytes());
    key
}

/// The key of a part of a record.
pub(crate) fn part_key(at: Slot, offset: u64, part: u32) -> [u8; 21] {
    let mut key = [b'p'; 21];
    key[1..17].copy_from_slice(&record_key(at, offset)[1..]);
    key[17..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The offset in a record's key.
pub(crate) fn key_offset(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(9..17)?.try_into().ok()?))
}

/// The key of the ends of a block of a topic's partitions.
pub(crate) fn ends_key(block: Slot) -> [u8; 9] {
    let mut key = [b'E'; 9];
    key[1..5].copy_from_slice(&block.0.to_be_bytes());
    key[5..].copy_from_slice(&block.1.to_be_bytes());
    key
}

/// The topic and block in the key of ends, or the partition in that of one end, as logs had them once.
pub(crate) fn ends_place(key: &[u8]) -> Option<Slot> {
    let number = u32::from_be_bytes(key.get(1..5)?.try_into().ok()?);
    let partition = u32::from_be_bytes(key.get(5..9)?.try_into().ok()?);
    Some((number, partition))
}

/// The key of a topic.
pub(crate) fn topic_key(name: &str) -> Vec<u8> {
    [b"t", name.as_bytes()].concat()
}

/// The key of the offsets that a group has committed in a block of a topic's partitions.
pub(crate) fn offsets_key(group: &str, topic: &str, block: u32) -> Vec<u8> {
    [b"O", group.as_bytes(), &[0], topic.as_bytes(), &[0], &block.to_be_bytes()].concat()
}

/// The group, topic and block in the key of committed offsets, or the partition in that of one, as logs had them once.
pub(crate) fn offsets_place(key: &[u8]) -> Option<(String, Arc<str>, u32)> {
    let (names, number) = key.get(1..)?.split_last_chunk::<4>()?;
    let mut names = std::str::from_utf8(names).ok()?.split('\0');
    let (group, topic) = (names.next()?, names.next()?);
    Some((group.to_string(), topic.into(), u32::from_be_bytes(*number)))
}

/// The stored form of `record`.
pub(crate) fn encode(record: &Record) -> Vec<u8> {
    let mut to = head(VERSION, record.timestamp_ms);
    to.reserve(record.bytes() + 32);
    put(&mut to, record);
    if to.len() > PART { compressed(&to, COMPRESSED).unwrap_or(to) } else { to }
}

/// The beginning of every form.
pub(super) fn head(version: u8, timestamp_ms: i64) -> Vec<u8> {
    let mut to = vec![version];
    to.extend_from_slice(&timestamp_ms.to_le_bytes());
    to
}

/// Appends a record without its timestamp.
pub(super) fn put(to: &mut Vec<u8>, record: &Record) {
    match &record.key {
        None => put_number(to, 0),
        Some(key) => {
            put_number(to, key.len() as u64 + 1);
            to.extend_from_slice(key);
        }
    }
    put_number(to, record.headers.len() as u64);
    to.extend_from_slice(record.headers.stored());
    to.extend_from_slice(&record.value);
}

/// The form with what follows its timestamp compressed; `None` where it is too long for Snappy.
pub(super) fn compressed(form: &[u8], version: u8) -> Option<Vec<u8>> {
    let (head, rest) = form.split_at(TIMESTAMP_END);
    let mut to = vec![0; TIMESTAMP_END + snap::raw::max_compress_len(rest.len())];
    to[..TIMESTAMP_END].copy_from_slice(head);
    to[0] = version;
    let length = snap::raw::Encoder::new().compress(rest, &mut to[TIMESTAMP_END..]).ok()?;
    to.truncate(TIMESTAMP_END + length);
    Some(to)
}

/// What was compressed.
pub(super) fn expanded(bytes: &[u8]) -> Option<Vec<u8>> {
    // A damaged length must not ask for memory that the record never had.
    let length = snap::raw::decompress_len(bytes).ok()?;
    (length <= bytes.len().saturating_mul(MOST_EXPANDED))
        .then(|| snap::raw::Decoder::new().decompress_vec(bytes).ok())?
}

/// The entry of a record whose form has `length` bytes in parts.
pub(crate) fn encode_whole(timestamp_ms: i64, length: usize) -> Vec<u8> {
    let mut to = head(IN_PARTS, timestamp_ms);
    put_number(&mut to, length as u64);
    to
}

/// The total length of a record's parts; `None` for a record within its entry.
pub(crate) fn length_of_parts(entry: &[u8]) -> Option<u64> {
    let mut rest = entry.get(TIMESTAMP_END..)?;
    (entry[0] == IN_PARTS).then(|| take_number(&mut rest))?
}

/// The record at `offset` stored as `bytes`; `None` where they are not a stored record.
pub(crate) fn decode(offset: u64, bytes: &[u8]) -> Option<Record> {
    let (head, rest) = bytes.split_first_chunk::<TIMESTAMP_END>()?;
    let timestamp_ms = i64::from_le_bytes(head[1..].try_into().ok()?);
    let whole = match head[0] {
        VERSION => Cow::Borrowed(rest),
        COMPRESSED => Cow::Owned(expanded(rest)?),
        _ => return None,
    };
    take_record(offset, timestamp_ms, &whole)
}

/// The record that lies in `form` without its timestamp.
pub(super) fn take_record(offset: u64, timestamp_ms: i64, mut form: &[u8]) -> Option<Record> {
    let key = match take_number(&mut form)? {
        0 => None,
        length => Some(take(&mut form, length - 1)?.to_vec()),
    };
    let count = take_number(&mut form)?;
    let headers = Headers::take(&mut form, count)?;
    Some(Record { offset, timestamp_ms, key, value: form.to_vec(), headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_a_cut_one_is_refused() {
        for key in [None, Some(vec![]), Some(vec![9; 200])] {
            let headers = Headers::from([("ce_id", &[1, 2][..]), ("", &[])]);
            let record = Record { offset: 7, timestamp_ms: -5, key, value: vec![3; 300], headers };
            let stored = encode(&record);
            assert_eq!(decode(7, &stored), Some(record.clone()));
            for cut in 0..stored.len() - record.value.len() {
                assert_eq!(decode(7, &stored[..cut]), None, "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_large_record_is_compressed_and_comes_back_and_a_damaged_one_is_refused() {
        let value: Vec<u8> = (0..40_000u32).flat_map(|n| (n / 9).to_le_bytes()).collect();
        let record =
            Record { offset: 7, timestamp_ms: 5, key: None, value, headers: Headers::default() };
        let stored = encode(&record);
        assert!(stored.len() * 2 < record.value.len(), "{}", stored.len());
        assert_eq!(decode(7, &stored), Some(record));
        assert_eq!(decode(7, &stored[..stored.len() - 1]), None);
        let mut huge = stored[..20].to_vec();
        huge[TIMESTAMP_END..TIMESTAMP_END + 5].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(decode(7, &huge), None);
    }

    #[test]
    fn an_entry_says_how_long_its_parts_are() {
        let entry = encode_whole(-5, 1 << 20);
        assert_eq!(length_of_parts(&entry), Some(1 << 20));
        assert_eq!(decode(7, &entry), None);
        assert_eq!(length_of_parts(&entry[..9]), None);
        let record = Record {
            offset: 7,
            timestamp_ms: 1,
            key: None,
            value: vec![1],
            headers: Headers::default(),
        };
        assert_eq!(length_of_parts(&encode(&record)), None);
    }

    #[test]
    fn keys_say_where_they_belong() {
        let place = offsets_place(&offsets_key("scorer", "bars", 200));
        assert_eq!(place, Some(("scorer".into(), "bars".into(), 200)));
        assert_eq!(ends_place(&ends_key((3, 4))), Some((3, 4)));
        assert_eq!(key_offset(&record_key((3, 4), 99)), Some(99));
        assert!(record_key((3, 4), 255) < record_key((3, 4), 256));
        assert!(part_key((3, 4), 255, u32::MAX) < part_key((3, 4), 256, 0));
    }
}
