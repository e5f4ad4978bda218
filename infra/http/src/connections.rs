//! Which connections are open, and which of them goes when there is no room for another.
//!
//! 1. A connection is a stranger until a whole request on it was admitted; half-sent requests and refused ones
//!    leave it one. Strangers have a small share of the room.
//! 2. Where strangers have no room left, the oldest one of the address that has most of them goes: an operator
//!    always gets in, because his request is complete at once, and one address cannot take the room of others.
//! 3. Otherwise the connection that has been idle for longest goes. One whose request is being answered stays.

use crate::bounds::Bounds;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::AbortHandle;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Stranger,
    Idle,
    Answered,
}

struct Open {
    address: IpAddr,
    state: State,
    since: Instant,
    task: Option<AbortHandle>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Open>,
}

/// The open connections of one server.
pub(crate) struct Connections {
    bounds: Bounds,
    table: Mutex<Table>,
}

impl Connections {
    pub(crate) fn new(bounds: Bounds) -> Arc<Connections> {
        Arc::new(Connections { bounds, table: Mutex::default() })
    }

    /// Takes a place for a connection from `address`, that of another one if need be; `None` where each of them is
    /// being answered.
    pub(crate) fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut table = self.table.lock();
        let strangers = table.open.values().filter(|one| one.state == State::Stranger).count();
        let full = table.open.len() >= self.bounds.connections;
        if strangers >= self.bounds.strangers || full {
            let goes = table.stranger_to_go().or_else(|| table.longest_idle())?;
            if let Some(Open { task: Some(task), .. }) = table.open.remove(&goes) {
                task.abort();
            }
        }
        let id = table.next;
        table.next += 1;
        let open = Open { address, state: State::Stranger, since: Instant::now(), task: None };
        table.open.insert(id, open);
        Some(Place(Caller { connections: Arc::clone(self), id }))
    }
}

impl Table {
    fn stranger_to_go(&self) -> Option<u64> {
        let strangers = || self.open.iter().filter(|(_, one)| one.state == State::Stranger);
        let mut of_address: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (_, one) in strangers() {
            *of_address.entry(one.address).or_default() += 1;
        }
        let (crowded, _) = of_address.into_iter().max_by_key(|(_, count)| *count)?;
        // Ids ascend with time.
        strangers().find(|(_, one)| one.address == crowded).map(|(id, _)| *id)
    }

    fn longest_idle(&self) -> Option<u64> {
        let idle = self.open.iter().filter(|(_, one)| one.state == State::Idle);
        idle.min_by_key(|(_, one)| one.since).map(|(id, _)| *id)
    }
}

/// A connection's place, free again when dropped.
pub(crate) struct Place(Caller);

impl Place {
    /// The connection, for its requests.
    pub(crate) fn caller(&self) -> Caller {
        self.0.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.table.lock().open.remove(&self.0.id);
    }
}

/// The connection that a request came on.
#[derive(Clone)]
pub(crate) struct Caller {
    connections: Arc<Connections>,
    id: u64,
}

impl Caller {
    /// `task` serves it, and is ended to make room.
    pub(crate) fn is_served_by(&self, task: AbortHandle) {
        match self.connections.table.lock().open.get_mut(&self.id) {
            Some(open) => open.task = Some(task),
            // It has gone already.
            None => task.abort(),
        }
    }

    /// The time that a request's body may take.
    pub(crate) fn bounds(&self) -> Bounds {
        self.connections.bounds
    }

    /// Its request is admitted and is answered until the result is dropped; `None` where as many are as may be.
    pub(crate) fn answered(&self) -> Option<Answering> {
        let mut table = self.connections.table.lock();
        let answered = table.open.values().filter(|one| one.state == State::Answered).count();
        table.open.get_mut(&self.id)?.state = State::Idle;
        if answered >= self.connections.bounds.requests() {
            return None;
        }
        table.open.get_mut(&self.id)?.state = State::Answered;
        Some(Answering(self.clone()))
    }
}

/// A request that is being answered.
pub(crate) struct Answering(Caller);

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(open) = self.0.connections.table.lock().open.get_mut(&self.0.id) {
            (open.state, open.since) = (State::Idle, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn connections(all: usize, strangers: usize) -> Arc<Connections> {
        let long = Duration::from_secs(60);
        let (head, body, unread) = (long, long, long);
        Connections::new(Bounds { connections: all, strangers, head, body, unread })
    }

    fn there(connections: &Connections) -> Vec<u64> {
        connections.table.lock().open.keys().copied().collect()
    }

    #[test]
    fn the_oldest_stranger_of_the_most_crowded_address_goes_first() {
        let connections = connections(8, 3);
        let from = |last: u8| connections.place(IpAddr::from([10, 0, 0, last])).unwrap();
        let _kept = [from(1), from(2), from(2)];
        let _fourth = from(3);
        assert_eq!(there(&connections), [0, 2, 3], "the first of 10.0.0.2 went");
    }

    #[test]
    fn what_is_being_answered_stays_and_the_longest_idle_goes() {
        let connections = connections(4, 1);
        let here = IpAddr::from([127, 0, 0, 1]);
        let places: Vec<Place> = (0..4)
            .filter_map(|_| {
                let place = connections.place(here)?;
                drop(place.caller().answered()?);
                Some(place)
            })
            .collect();
        let busy = places[0].caller().answered().unwrap();
        let _next = connections.place(here).unwrap();
        assert_eq!(there(&connections), [0, 2, 3, 4], "1 had been idle for longest");
        assert!(places[1].caller().answered().is_none(), "it has gone");
        // Three may be answered at once; the fourth place is for whoever comes.
        let _others =
            [places[2].caller().answered().unwrap(), places[3].caller().answered().unwrap()];
        let (newcomer, _) = (connections.place(here).unwrap(), &busy);
        assert!(newcomer.caller().answered().is_none(), "too many at once");
        drop(busy);
        assert!(newcomer.caller().answered().is_some());
    }
}
