//! The records written last, in memory: roles that keep up read these, and share them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::engine::Room;
use super::state::Slot;
use crate::SharedRecord;

/// Bytes of them, with the events that readers make of them: what a hundred stocks give in the days that a role may be
/// behind the source.
const MOST: usize = 32 << 20;
/// Bytes of a record beside those of its key, value and headers, about: their owners and three or four allocations.
const ASIDE: usize = 160;

/// Bytes that a record takes, about: the event in it takes as many as its own. That of a day marker takes more.
fn size(record: &SharedRecord) -> usize {
    2 * record.bytes() + ASIDE
}

/// The records written last by this process.
#[derive(Default)]
pub(super) struct Recent {
    /// By partition, ascending without a gap.
    records: BTreeMap<Slot, VecDeque<SharedRecord>>,
    /// Where each of them is, in the order in which they came.
    order: VecDeque<Slot>,
    bytes: usize,
}

impl Recent {
    /// Keeps the next record of `at`, and lets the oldest ones go.
    pub(super) fn push(&mut self, at: Slot, record: SharedRecord) {
        self.bytes += size(&record);
        self.order.push_back(at);
        self.records.entry(at).or_default().push_back(record);
        while self.bytes > MOST {
            let oldest = self.order.pop_front().and_then(|at| self.records.get_mut(&at));
            let Some(oldest) = oldest.and_then(VecDeque::pop_front) else { break };
            self.bytes -= size(&oldest);
        }
    }

    /// Appends the records of `range` to `out` for as long as `room` allows; false if the first of them is not here.
    pub(super) fn read(
        &self,
        at: Slot,
        range: Range<u64>,
        room: &mut Room,
        out: &mut Vec<SharedRecord>,
    ) -> bool {
        let Some(held) = self.records.get(&at) else { return false };
        let Some(skipped) = held.front().and_then(|first| range.start.checked_sub(first.offset))
        else {
            return false;
        };
        let before = out.len();
        let wanted = held.iter().skip(skipped as usize);
        room.fill(wanted.take_while(|record| record.offset < range.end), out);
        out.len() > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Record;

    fn pushed(recent: &mut Recent, at: Slot, offset: u64, bytes: usize) {
        let value = vec![7; bytes];
        let record =
            Record { offset, timestamp_ms: 1, key: None, value, headers: Default::default() };
        recent.push(at, record.into());
    }

    fn read(recent: &Recent, at: Slot, range: Range<u64>, records: usize) -> Option<Vec<u64>> {
        let (mut room, mut out) = (Room { records, bytes: 1 << 20 }, Vec::new());
        let here = recent.read(at, range, &mut room, &mut out);
        here.then(|| out.iter().map(|record| record.offset).collect())
    }

    #[test]
    fn what_is_here_is_read_from_any_offset_and_what_is_not_is_left_to_the_store() {
        let mut recent = Recent::default();
        for offset in 5..9 {
            pushed(&mut recent, (1, 0), offset, 10);
            pushed(&mut recent, (1, 1), offset + 90, 10);
        }
        assert_eq!(read(&recent, (1, 0), 6..9, 10), Some(vec![6, 7, 8]));
        assert_eq!(read(&recent, (1, 0), 5..7, 10), Some(vec![5, 6]));
        assert_eq!(read(&recent, (1, 0), 5..9, 3), Some(vec![5, 6, 7]));
        assert_eq!(read(&recent, (1, 1), 95..99, 10), Some(vec![95, 96, 97, 98]));
        for (at, range) in [((1, 0), 4..9), ((1, 0), 9..10), ((2, 0), 5..9)] {
            assert_eq!(read(&recent, at, range, 10), None);
        }
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_bytes() {
        let mut recent = Recent::default();
        let of_each = MOST / 8;
        for offset in 0..3 {
            pushed(&mut recent, (1, 0), offset, of_each);
        }
        pushed(&mut recent, (1, 1), 0, of_each);
        assert_eq!(read(&recent, (1, 0), 0..3, 1), None);
        assert_eq!(read(&recent, (1, 0), 1..3, 1), Some(vec![1]));
        // One that is larger than all that may be kept is read from the store.
        pushed(&mut recent, (1, 1), 1, MOST);
        assert_eq!(read(&recent, (1, 1), 1..2, 1), None);
        pushed(&mut recent, (1, 1), 2, 10);
        assert_eq!(read(&recent, (1, 1), 2..3, 1), Some(vec![2]));
    }
}
