//! The log's traits on a local log: the log itself, its readers, members and producers.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Condvar;

use super::engine::{Engine, Room, Visible};
use super::group_admin::LocalGroupAdmin;
use super::groups::Seat;
use super::state::Slot;
use crate::membership::{foreign_member, shared_count};
use crate::{
    Assignment, Batch, Cut, Fetched, GroupAdmin, Log, LogError, Member, Producer, Reader, Result,
    TopicInfo, TopicMismatch, TopicPartition, TopicSpec, Watermarks,
};

/// Bytes of one poll, at most, apart from a larger first record.
const POLL_BYTES: usize = 4 << 20;

/// A log kept inside this process.
pub trait Local: Send + Sync {
    /// The rules and the store behind it.
    #[doc(hidden)]
    fn engine(&self) -> &Arc<Engine>;
}

impl<T: Local> Log for T {
    fn identity(&self) -> Result<String> {
        Ok(self.engine().identity.clone())
    }

    fn check_open(&self) -> Result<()> {
        self.engine().check_open()
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        Ok(self.engine().visible().state.topics.get(topic).map(|topic| topic.id.clone()))
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.engine().ensure_topics(specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        let visible = self.engine().visible();
        let info = |(name, topic): (&Arc<str>, &super::state::StoredTopic)| TopicInfo {
            name: name.to_string(),
            partitions: topic.partitions,
        };
        Ok(visible.state.topics.iter().map(info).collect())
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        let visible = self.engine().visible();
        let at = visible.state.slot(tp)?;
        Ok(Watermarks { low: 0, high: visible.state.end(at).offset })
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        let (at, end) = {
            let visible = self.engine().visible();
            let at = visible.state.slot(tp)?;
            (at, visible.state.end(at))
        };
        let store = &self.engine().store;
        let (mut low, mut high) = (0, end.offset);
        if !end.ordered {
            while low < high && store.timestamp(at, low)? < timestamp_ms {
                low += 1;
            }
        }
        while end.ordered && low < high {
            let middle = low + (high - low) / 2;
            if store.timestamp(at, middle)? < timestamp_ms {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        let visible = self.engine().visible();
        tps.iter()
            .map(|tp| visible.state.slot(tp).map(|_| visible.state.committed(group, tp)))
            .collect()
    }

    fn groups(&self) -> Result<Vec<String>> {
        let mut names = self.engine().groups.names();
        names.extend(self.engine().visible().state.committed.keys().cloned());
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn active_groups(&self) -> Result<Vec<String>> {
        Ok(self.engine().groups.names())
    }

    fn cut(&self) -> Result<Cut> {
        // One lock: no publish lies between the offsets and the ends.
        let visible = self.engine().visible();
        let mut cut = Cut::default();
        for (name, topic) in &visible.state.topics {
            let ends = (0..topic.partitions).map(|partition| {
                let end = visible.state.end((topic.number, partition)).offset;
                (TopicPartition::new(Arc::clone(name), partition), end)
            });
            cut.ends.extend(ends.filter(|(_, end)| *end > 0));
        }
        for (group, offsets) in &visible.state.committed {
            let offsets = offsets.iter();
            cut.committed.extend(offsets.map(|(tp, next)| (group.clone(), tp.clone(), *next)));
        }
        Ok(cut)
    }

    fn group_admin(&self) -> Result<Box<dyn GroupAdmin>> {
        Ok(Box::new(LocalGroupAdmin::new(Arc::clone(self.engine()))))
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(LocalReader { engine: Arc::clone(self.engine()), news: Arc::default() }))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        let engine = self.engine();
        let partitions = {
            let visible = engine.visible();
            shared_count(topics, |topic| Some(visible.state.topics.get(topic)?.partitions))?
        };
        let seat = engine.groups.join(group, instance, topics, partitions)?;
        Ok(Box::new(LocalMember { engine: Arc::clone(engine), seat }))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        let engine = Arc::clone(self.engine());
        let epoch = engine.open_producer(transactional_id);
        Ok(Box::new(LocalProducer { engine, id: transactional_id.to_string(), epoch }))
    }
}

struct LocalReader {
    engine: Arc<Engine>,
    /// Told of what it waits for.
    news: Arc<Condvar>,
}

impl Reader for LocalReader {
    fn poll(
        &mut self,
        due: &[(TopicPartition, u64)],
        max_records: usize,
        wait: Duration,
    ) -> Result<Vec<Fetched>> {
        let deadline = Instant::now() + wait;
        loop {
            let places = self.places(due)?;
            let fetched = self.read(&places, max_records)?;
            if !fetched.is_empty() || wait.is_zero() || !self.wait_for(&places, deadline) {
                return Ok(fetched);
            }
        }
    }
}

/// A place that is due, as far as it is written.
struct Place<'a> {
    tp: &'a TopicPartition,
    at: Slot,
    from: u64,
    end: u64,
}

impl LocalReader {
    fn places<'a>(&self, due: &'a [(TopicPartition, u64)]) -> Result<Vec<Place<'a>>> {
        let visible = self.engine.visible();
        let place = |(tp, from): &'a (TopicPartition, u64)| {
            let at = visible.state.slot(tp)?;
            let end = visible.state.end(at).offset;
            match *from <= end {
                true => Ok(Place { tp, at, from: *from, end }),
                false => Err(LogError::out_of_range(tp, *from, end)),
            }
        };
        due.iter().map(place).collect()
    }

    fn read(&self, places: &[Place<'_>], max: usize) -> Result<Vec<Fetched>> {
        let mut room = Room { records: max, bytes: POLL_BYTES };
        let mut fetched = Vec::new();
        for &Place { tp, at, from, end } in places {
            if from == end || !room.left() {
                continue;
            }
            let mut records = Vec::new();
            self.engine.store.read(at, from, end, &mut room, &mut records)?;
            let position = from + records.len() as u64;
            fetched.push(Fetched { tp: tp.clone(), records, position });
        }
        Ok(fetched)
    }

    /// Waits until one of these places has more than was known of it; false when time is up.
    fn wait_for(&self, places: &[Place<'_>], deadline: Instant) -> bool {
        let mut visible = self.engine.visible();
        let waited_for = places.iter().map(|place| place.at).collect();
        let number = visible.waiting.add(waited_for, Arc::clone(&self.news));
        let none = |visible: &mut Visible| {
            places.iter().all(|place| visible.state.end(place.at).offset == place.end)
        };
        self.news.wait_while_until(&mut visible, none, deadline);
        visible.waiting.remove(number);
        !none(&mut visible)
    }
}

struct LocalMember {
    engine: Arc<Engine>,
    seat: Seat,
}

impl Member for LocalMember {
    fn group(&self) -> &str {
        &self.seat.group
    }

    fn poll(&mut self) -> Result<Assignment> {
        // Roles that only wait must also learn that the log takes no more writes.
        self.engine.check_open()?;
        self.engine.groups.poll(&mut self.seat)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for LocalMember {
    fn drop(&mut self) {
        self.engine.groups.leave(&self.seat);
    }
}

struct LocalProducer {
    engine: Arc<Engine>,
    id: String,
    epoch: u64,
}

impl Producer for LocalProducer {
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>> {
        let seat = match member {
            None => None,
            Some(member) => match member.as_any().downcast_ref::<LocalMember>() {
                Some(own) if Arc::ptr_eq(&own.engine, &self.engine) => Some(&own.seat),
                _ => return Err(foreign_member(member)),
            },
        };
        self.engine.publish((&self.id, self.epoch), batch, seat)
    }
}
