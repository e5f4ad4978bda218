//! The log's account of itself: how often it was written, and sums over its entries, in the entry of the
//! last write's number.
//!
//! sled skips what it cannot read at the end of its file and goes on behind it. An offset or an end that
//! is lost that way is older than it was, which nothing else would show: its group would decide again.
//! A lost record is a hole in dense offsets; the sum over records tells whether there is any.

use std::collections::BTreeMap;

/// Sums over the entries of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Over topics, ends and committed offsets.
    pub(crate) small: u64,
    /// Over records and their parts.
    pub(crate) records: u64,
}

/// The number of the last write, and the sums after it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) written: u64,
    /// `None` for a log whose last write was of a program without sums.
    pub(crate) sums: Option<Sums>,
    /// The part of each small entry in its sum.
    parts: BTreeMap<Vec<u8>, u64>,
}

impl Account {
    /// The account stored as `bytes`; `None` where they are none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Account> {
        let (written, rest) = postcard::take_from_bytes::<u64>(bytes).ok()?;
        let half = |at: usize| rest.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let sums = match rest.len() {
            0 => None,
            _ => Some(Sums { small: half(0)?, records: half(8)? }),
        };
        Some(Account { written, sums, parts: BTreeMap::new() })
    }

    /// The stored form.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = postcard::to_stdvec(&self.written).ok()?;
        if let Some(sums) = self.sums {
            bytes.extend_from_slice(&sums.small.to_le_bytes());
            bytes.extend_from_slice(&sums.records.to_le_bytes());
        }
        Some(bytes)
    }

    /// Notes a small entry; gives by how much the sum over all of them grows.
    pub(crate) fn note(&mut self, key: &[u8], value: &[u8]) -> u64 {
        let part = part(key, value);
        let before = self.parts.insert(key.to_vec(), part).unwrap_or_default();
        part.wrapping_sub(before)
    }

    /// The sum over the small entries noted so far.
    pub(crate) fn small(&self) -> u64 {
        self.parts.values().fold(0, |sum, part| sum.wrapping_add(*part))
    }
}

/// An entry's part in a sum.
pub(crate) fn part(key: &[u8], value: &[u8]) -> u64 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(key);
    hash.update(value);
    u64::from(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_comes_back_and_one_from_before_there_were_sums_is_read() {
        let sums = Some(Sums { small: 7, records: u64::MAX });
        let account = Account { written: 300, sums, parts: BTreeMap::new() };
        let read = Account::read(&account.bytes().unwrap()).unwrap();
        assert_eq!((read.written, read.sums), (300, sums));
        let old = Account::read(&postcard::to_stdvec(&300u64).unwrap()).unwrap();
        assert_eq!((old.written, old.sums), (300, None));
        assert!(Account::read(&account.bytes().unwrap()[..9]).is_none());
    }

    #[test]
    fn an_entry_that_is_older_than_it_was_changes_the_sum() {
        let mut account = Account::default();
        let first = account.note(b"o1", b"5");
        let sum = first.wrapping_add(account.note(b"o1", b"6"));
        assert_eq!(sum, account.small());
        assert_ne!(sum, first);
    }
}
