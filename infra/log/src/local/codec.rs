//! The stored form of records and keys.
//!
//! A record is its timestamp, key, headers and value, with lengths as base-128 numbers; its
//! offset is in the entry's key. The first byte is the version of the form. A form larger than
//! [`PART`] is compressed, and what is still larger is split into parts, where the entry holds their
//! total length: sled does not count pages over 128 KiB (of 17 entries) in its cache and never frees them.

use super::state::Slot;
use crate::lengths::{put_number, take, take_number};
use crate::{Headers, Record, TopicPartition};
use std::borrow::Cow;

const VERSION: u8 = 1;
/// The first byte of an entry whose record is split into parts.
const IN_PARTS: u8 = 2;
/// The first byte of a record that is compressed from its key on, by Snappy.
const COMPRESSED: u8 = 3;
/// Snappy makes no more than this many bytes of one.
const MOST_EXPANDED: usize = 32;
/// Bytes of a part.
pub(crate) const PART: usize = 6 << 10;
/// Bytes from the start of a stored record to the end of its timestamp.
const TIMESTAMP_END: usize = 9;

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

/// The key of a partition's end.
pub(crate) fn end_key(at: Slot) -> [u8; 9] {
    let mut key = [b'e'; 9];
    key[1..5].copy_from_slice(&at.0.to_be_bytes());
    key[5..].copy_from_slice(&at.1.to_be_bytes());
    key
}

/// The partition in an end's key.
pub(crate) fn end_slot(key: &[u8]) -> Option<Slot> {
    let number = u32::from_be_bytes(key.get(1..5)?.try_into().ok()?);
    let partition = u32::from_be_bytes(key.get(5..9)?.try_into().ok()?);
    Some((number, partition))
}

/// The key of a topic.
pub(crate) fn topic_key(name: &str) -> Vec<u8> {
    [b"t", name.as_bytes()].concat()
}

/// The key of a committed offset.
pub(crate) fn offset_key(group: &str, tp: &TopicPartition) -> Vec<u8> {
    let number = tp.partition.to_be_bytes();
    [b"o", group.as_bytes(), &[0], tp.topic.as_bytes(), &[0], &number].concat()
}

/// The group and partition in a committed offset's key.
pub(crate) fn offset_place(key: &[u8]) -> Option<(String, TopicPartition)> {
    let (names, number) = key.get(1..)?.split_last_chunk::<4>()?;
    let mut names = std::str::from_utf8(names).ok()?.split('\0');
    let (group, topic) = (names.next()?, names.next()?);
    Some((group.to_string(), TopicPartition::new(topic, u32::from_be_bytes(*number))))
}

/// The stored form of `record`.
pub(crate) fn encode(record: &Record) -> Vec<u8> {
    let mut to = Vec::with_capacity(record.bytes() + 32);
    to.push(VERSION);
    to.extend_from_slice(&record.timestamp_ms.to_le_bytes());
    match &record.key {
        None => put_number(&mut to, 0),
        Some(key) => {
            put_number(&mut to, key.len() as u64 + 1);
            to.extend_from_slice(key);
        }
    }
    put_number(&mut to, record.headers.len() as u64);
    to.extend_from_slice(record.headers.stored());
    to.extend_from_slice(&record.value);
    if to.len() > PART { compressed(&to).unwrap_or(to) } else { to }
}

fn compressed(form: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = form.split_at(TIMESTAMP_END);
    let mut to = vec![0; TIMESTAMP_END + snap::raw::max_compress_len(rest.len())];
    to[..TIMESTAMP_END].copy_from_slice(head);
    to[0] = COMPRESSED;
    let length = snap::raw::Encoder::new().compress(rest, &mut to[TIMESTAMP_END..]).ok()?;
    to.truncate(TIMESTAMP_END + length);
    Some(to)
}

fn expanded(bytes: &[u8]) -> Option<Vec<u8>> {
    // A damaged length must not ask for memory that the record never had.
    let length = snap::raw::decompress_len(bytes).ok()?;
    (length <= bytes.len().saturating_mul(MOST_EXPANDED))
        .then(|| snap::raw::Decoder::new().decompress_vec(bytes).ok())?
}

/// The entry of a record whose form has `length` bytes in parts.
pub(crate) fn encode_whole(timestamp_ms: i64, length: usize) -> Vec<u8> {
    let mut to = vec![IN_PARTS];
    to.extend_from_slice(&timestamp_ms.to_le_bytes());
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
    let timestamp_ms = timestamp(bytes)?;
    let whole = match bytes[0] {
        VERSION => Cow::Borrowed(&bytes[TIMESTAMP_END..]),
        COMPRESSED => Cow::Owned(expanded(&bytes[TIMESTAMP_END..])?),
        _ => return None,
    };
    let mut rest = &*whole;
    let key = match take_number(&mut rest)? {
        0 => None,
        length => Some(take(&mut rest, length - 1)?.to_vec()),
    };
    let count = take_number(&mut rest)?;
    let headers = Headers::take(&mut rest, count)?;
    Some(Record { offset, timestamp_ms, key, value: rest.to_vec(), headers })
}

/// The timestamp of a stored record.
pub(crate) fn timestamp(bytes: &[u8]) -> Option<i64> {
    let (version, rest) = bytes.split_first()?;
    if ![VERSION, IN_PARTS, COMPRESSED].contains(version) {
        return None;
    }
    Some(i64::from_le_bytes(*rest.first_chunk()?))
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
        assert_eq!((timestamp(&stored), decode(7, &stored)), (Some(5), Some(record)));
        assert_eq!(decode(7, &stored[..stored.len() - 1]), None);
        let mut huge = stored[..20].to_vec();
        huge[TIMESTAMP_END..TIMESTAMP_END + 5].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(decode(7, &huge), None);
    }

    #[test]
    fn an_entry_says_how_long_its_parts_are() {
        let entry = encode_whole(-5, 1 << 20);
        assert_eq!((timestamp(&entry), length_of_parts(&entry)), (Some(-5), Some(1 << 20)));
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
        let tp = TopicPartition::new("bars", 11);
        assert_eq!(offset_place(&offset_key("scorer", &tp)), Some(("scorer".into(), tp)));
        assert_eq!(end_slot(&end_key((3, 4))), Some((3, 4)));
        assert_eq!(key_offset(&record_key((3, 4), 99)), Some(99));
        assert!(record_key((3, 4), 255) < record_key((3, 4), 256));
        assert!(part_key((3, 4), 255, u32::MAX) < part_key((3, 4), 256, 0));
    }
}
