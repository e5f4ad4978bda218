//! Records that one publish gives to one partition, in one entry: a store of few large entries is written and read
//! faster than one of many small ones, and records of one kind compress well together.
//!
//! The entry lies under its last offset, so that the first entry at or behind an offset is the one that holds it, and
//! the last entry of a partition tells where it ends. A record by itself has the form of [`codec`], as all had once.

use std::borrow::Cow;

use super::codec::{self, COMPRESSED_SEVERAL, SEVERAL, TIMESTAMP_END};
use super::state::Slot;
use crate::Record;
use crate::lengths::{put_number, take, take_number};

/// Bytes of the records of one entry, about: a reader that wants one of them decodes all, and the allocator keeps pieces up
/// to 32 KiB at hand.
const MOST: usize = 24 << 10;

/// The records of each entry, ascending within a partition.
pub(super) fn split(records: &[(Slot, Record)]) -> Vec<(Slot, Vec<&Record>)> {
    let mut sorted: Vec<&(Slot, Record)> = records.iter().collect();
    sorted.sort_by_key(|(at, _)| *at);
    let mut bytes = 0;
    let entries = sorted.chunk_by(|(at, record), (next, after)| {
        bytes += record.bytes();
        let together = at == next && bytes + after.bytes() <= MOST;
        bytes *= usize::from(together);
        together
    });
    entries.map(|entry| (entry[0].0, entry.iter().map(|(_, record)| record).collect())).collect()
}

/// The stored form of the records of an entry, of which there is at least one.
pub(super) fn encode(records: &[&Record]) -> Vec<u8> {
    let [first, .., last] = records else {
        return records.iter().flat_map(|record| codec::encode(record)).collect();
    };
    let mut form = codec::head(SEVERAL, last.timestamp_ms);
    form.reserve(records.len() * (first.bytes() + 32));
    put_number(&mut form, records.len() as u64);
    let mut one = Vec::new();
    for record in records {
        one.clear();
        codec::put(&mut one, record);
        put_number(&mut form, one.len() as u64);
        form.extend_from_slice(&record.timestamp_ms.to_le_bytes());
        form.extend_from_slice(&one);
    }
    codec::compressed(&form, COMPRESSED_SEVERAL).unwrap_or(form)
}

/// The records of the entry that lies under the offset `last`; `None` where `bytes` are no such entry.
pub(super) fn decode(last: u64, bytes: &[u8]) -> Option<Vec<Record>> {
    let behind = bytes.get(TIMESTAMP_END..)?;
    let form = match bytes[0] {
        SEVERAL => Cow::Borrowed(behind),
        COMPRESSED_SEVERAL => Cow::Owned(codec::expanded(behind)?),
        _ => return Some(vec![codec::decode(last, bytes)?]),
    };
    let mut rest = &*form;
    let count = take_number(&mut rest)?;
    let first = last.checked_sub(count.checked_sub(1)?)?;
    let records = (first..=last).map(|offset| {
        let length = take_number(&mut rest)?;
        let timestamp_ms = i64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        codec::take_record(offset, timestamp_ms, take(&mut rest, length)?)
    });
    let records: Option<Vec<Record>> = records.collect();
    records.filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: u64, value: usize) -> Record {
        let headers = crate::Headers::from([("ce_id", offset.to_le_bytes())]);
        let (timestamp_ms, key) = (offset as i64 * 7, offset.is_multiple_of(2).then(|| vec![9; 5]));
        Record { offset, timestamp_ms, key, value: vec![offset as u8; value], headers }
    }

    #[test]
    fn records_come_back_together_and_a_damaged_entry_is_refused() {
        for count in [1, 2, 9] {
            let records: Vec<Record> = (5..5 + count).map(|offset| record(offset, 40)).collect();
            let stored = encode(&records.iter().collect::<Vec<_>>());
            let last = 4 + count;
            assert_eq!(decode(last, &stored), Some(records.clone()));
            if count > 1 {
                assert!(stored.len() < 45 * count as usize, "alike: {}", stored.len());
                // Cut anywhere, or under an offset that its first record cannot have.
                assert!((0..stored.len()).all(|cut| decode(last, &stored[..cut]).is_none()));
                assert_eq!(decode(count - 2, &stored), None);
            }
        }
    }

    #[test]
    fn what_snappy_does_not_take_is_stored_as_it_is() {
        let form = [&codec::head(SEVERAL, 9)[..], &[1, 5], &9i64.to_le_bytes(), &[0, 0, 1, 2, 3]];
        let read = decode(3, &form.concat()).unwrap();
        assert_eq!(
            (read[0].offset, read[0].timestamp_ms, &read[0].value[..]),
            (3, 9, &[1, 2, 3][..])
        );
        assert_eq!(decode(3, &[&form.concat()[..], &[0]].concat()), None, "a byte too many");
    }

    #[test]
    fn an_entry_holds_records_of_one_partition_in_order_and_not_too_many() {
        let places = [(0, 1), (2, 0), (0, 1), (2, 0), (2, 0)];
        let offsets = [5, 70, 6, 71, 72];
        let placed: Vec<_> = places.into_iter().zip(offsets.map(|n| record(n, 10))).collect();
        let offsets = |placed: &[(Slot, Record)]| -> Vec<(Slot, Vec<u64>)> {
            let each = |(at, of): (Slot, Vec<&Record>)| (at, of.iter().map(|r| r.offset).collect());
            split(placed).into_iter().map(each).collect()
        };
        assert_eq!(offsets(&placed), [((0, 1), vec![5, 6]), ((2, 0), vec![70, 71, 72])]);
        let large: Vec<_> = (0..5).map(|offset| ((0, 1), record(offset, MOST / 2 - 50))).collect();
        assert_eq!(
            offsets(&large),
            [((0, 1), vec![0, 1]), ((0, 1), vec![2, 3]), ((0, 1), vec![4])]
        );
    }
}
