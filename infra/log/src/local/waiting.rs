//! Who waits for which partitions. A publish wakes those alone: a run has ten readers on two cores, and most of its
//! publishes concern one or two of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Condvar;

use super::state::{Slot, StateChange};

/// The readers that wait, each under a number of its own.
#[derive(Default)]
pub(crate) struct Waiting {
    readers: BTreeMap<u64, (Vec<Slot>, Arc<Condvar>)>,
    last: u64,
}

impl Waiting {
    /// Adds one that waits for more of `places` and is told by `news`; returns its number.
    pub(crate) fn add(&mut self, places: Vec<Slot>, news: Arc<Condvar>) -> u64 {
        self.last += 1;
        self.readers.insert(self.last, (places, news));
        self.last
    }

    /// The reader with this number waits no more.
    pub(crate) fn remove(&mut self, number: u64) {
        self.readers.remove(&number);
    }

    /// Wakes those that wait for what has changed.
    pub(crate) fn tell(&self, change: &StateChange) {
        let concerned = |places: &[Slot]| change.ends.iter().any(|(at, _)| places.contains(at));
        for (_, news) in self.readers.values().filter(|(places, _)| concerned(places)) {
            news.notify_one();
        }
    }
}
