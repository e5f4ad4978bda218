//! Where an event lies on the log, and a fact together with that place.

use schemas::{Day, Event, EventId, Topic};
use serde::{Serialize, Serializer};
use std::fmt;

/// A record's place; written `bars-3@1234`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Its topic.
    pub topic: Topic,
    /// Its partition.
    pub partition: u32,
    /// Its offset.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = format!("{}-{}@{}", self.topic.dataset(), self.partition, self.offset);
        f.pad(&shown)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one event says, and which event that is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct At<T> {
    /// Its place on the log.
    #[serde(rename = "where")]
    pub place: Place,
    /// Its id.
    pub event: EventId,
    /// The trading day on which it was processed.
    pub day: Day,
    /// The `controls` offset under which it was decided.
    pub controls_offset: Option<i64>,
    /// What it says.
    #[serde(flatten)]
    pub what: T,
}

impl<T> At<T> {
    /// `what`, said by `event` at `place`.
    pub(super) fn new(place: Place, event: &Event, what: T) -> At<T> {
        At { place, event: event.id, day: event.day, controls_offset: event.control_offset, what }
    }

    /// Something else said by the same event.
    pub(super) fn with<U>(&self, what: U) -> At<U> {
        let At { place, event, day, controls_offset, .. } = *self;
        At { place, event, day, controls_offset, what }
    }
}
