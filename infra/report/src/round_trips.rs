//! Trades from entry to exit as the broker executed them: what the fills say of each, read once for all that is figured
//! from them.

use anyhow::Result;
use run::projections::read_all;
use run::run_reader::RunReader;
use schemas::events::{Action, Execution, Fills, Track};
use schemas::{Body, Day, EventId, Topic};
use std::collections::BTreeMap;

/// A closed trade: the executions that opened and closed it, each with its day.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct RoundTrip {
    pub(crate) opened: (Day, Execution),
    pub(crate) closed: (Day, Execution),
}

impl RoundTrip {
    /// Whose book.
    pub(crate) fn track(&self) -> Track {
        self.opened.1.track
    }

    /// Whether its stock had stopped trading, so that the broker settled it at the last close.
    pub(crate) fn was_settled(&self) -> bool {
        self.closed.1.execution_id.starts_with("settled")
    }
}

/// The closed trades of both tracks, by the day they were closed.
pub(crate) fn round_trips(reader: &RunReader) -> Result<Vec<RoundTrip>> {
    let mut opened: BTreeMap<(Track, EventId), (Day, Execution)> = BTreeMap::new();
    let mut trips = Vec::new();
    let mut fills = read_all(&*reader.log, Topic::Fills, reader.partitions)?;
    fills.sort_by_key(|event| event.day);
    for event in fills {
        let Body::Fills(Fills::OrderExecuted(done)) = event.body else { continue };
        let key = (done.track, done.candidate);
        match done.action {
            Action::Open => {
                opened.insert(key, (event.day, done));
            }
            Action::Close => {
                let open = opened.remove(&key);
                trips.extend(open.map(|opened| RoundTrip { opened, closed: (event.day, done) }));
            }
        }
    }
    Ok(trips)
}
