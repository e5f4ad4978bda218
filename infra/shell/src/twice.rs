//! Events that stand on the log twice: something was decided a second time. Of two events with one id the first
//! counts for every role, but whoever reads the topic sees both.

use crate::inspect::check;
use crate::record_codec;
use crate::unit_identity::unit_name;
use eventlog::Record;
use schemas::role::Role;
use schemas::{Day, Event, EventId, Topic};
use std::collections::BTreeMap;

/// An event that stands on the log before.
pub(crate) struct Again {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    /// Whose output it is.
    pub(crate) unit: String,
    pub(crate) day: Day,
    /// Which event, and where, in a sentence.
    pub(crate) what: String,
}

/// Finds them while a unit's outputs are read.
pub(crate) struct Twice {
    role: Role,
    /// Partitions of a data topic.
    total: u32,
    /// The offset at which each id stands first.
    first: BTreeMap<(Topic, u32), BTreeMap<EventId, u64>>,
    /// By place and offset, so that what is read again is found once.
    found: BTreeMap<(Topic, u32, u64), Again>,
}

impl Twice {
    /// For the outputs of `role`, where data topics have `total` partitions.
    pub(crate) fn new(role: Role, total: u32) -> Twice {
        Twice { role, total, first: BTreeMap::new(), found: BTreeMap::new() }
    }

    /// Sees the event of a record, whoever wrote it. A marker without a cause is an operator's, and the role's own one
    /// follows it; what no role takes in stands nowhere.
    pub(crate) fn see(&mut self, topic: Topic, partition: u32, record: &Record, event: &Event) {
        if event.causation.is_none() || check(event, partition, self.total, record).is_err() {
            return;
        }
        let first = self.first.entry((topic, partition)).or_default();
        let (before, offset) = (*first.entry(event.id).or_insert(record.offset), record.offset);
        if before < offset {
            let place = record_codec::place(topic, partition);
            let (kind, ticker) = (event.body.kind(), &event.ticker);
            let what = format!(
                "{kind} {ticker} stands twice on {place}, at offsets {before} and {offset}"
            );
            let unit = unit_name(self.role, partition);
            let again = Again { topic, partition, unit, day: event.day, what };
            self.found.insert((topic, partition, offset), again);
        }
    }

    /// What was found, by topic, partition and offset.
    pub(crate) fn into_found(self) -> impl Iterator<Item = Again> {
        self.found.into_values()
    }
}
