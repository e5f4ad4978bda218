//! The server: answers calls over a log and keeps the seats of remote members.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;

use super::protocol::{self, Call, LONGEST_WAIT, MEMBER_LIFE, PATH};
use crate::{Assignment, Batch, GroupAdmin, Log, LogError, Member, Producer, Result};

/// Pause between two looks for silent members.
const SWEEP: Duration = Duration::from_millis(500);

/// Serves a log to other processes.
pub struct Server {
    log: Arc<dyn Log>,
    sessions: Arc<Sessions>,
}

/// Members and producers of remote callers, by number. Numbers start at random, so that those of an
/// earlier server are unknown here.
struct Sessions {
    members: Mutex<BTreeMap<u64, RemoteSeat>>,
    producers: Mutex<BTreeMap<u64, Arc<Mutex<OpenProducer>>>>,
    next: AtomicU64,
}

struct RemoteSeat {
    member: Arc<Mutex<Box<dyn Member>>>,
    heard: Instant,
}

struct OpenProducer {
    id: String,
    producer: Box<dyn Producer>,
    last: Option<(u64, Result<Vec<u64>>)>,
}

impl Server {
    /// A server over `log`.
    pub fn new(log: Arc<dyn Log>) -> Self {
        let sessions = Arc::new(Sessions {
            members: Mutex::default(),
            producers: Mutex::default(),
            next: AtomicU64::new(RandomState::new().hash_one(PATH) >> 1),
        });
        let watched = Arc::downgrade(&sessions);
        thread::spawn(move || sweep(&watched));
        Self { log, sessions }
    }

    /// Answers one POST. An error means that the request is not a call and deserves a status of
    /// 400; the log's own refusals are in the answer. Blocks for up to [`LONGEST_WAIT`].
    pub fn handle(&self, path: &str, body: &[u8]) -> Result<Vec<u8>> {
        if path != PATH {
            return Err(LogError::fatal("no log is served here", path, "run the same version"));
        }
        match protocol::decode(body)? {
            Call::Identity => answer(self.log.identity()),
            Call::TopicIdentity(topic) => answer(self.log.topic_identity(&topic)),
            Call::EnsureTopics(specs) => answer(self.log.ensure_topics(&specs)),
            Call::Topics => answer(self.log.topics()),
            Call::Watermarks(tp) => answer(self.log.watermarks(&tp)),
            Call::OffsetForTime(tp, at) => answer(self.log.offset_for_time(&tp, at)),
            Call::Committed(group, tps) => answer(self.log.committed(&group, &tps)),
            Call::Groups => answer(self.log.groups()),
            Call::WrittenEnd(tp) => answer(self.log.written_end(&tp)),
            Call::ActiveGroups => answer(self.log.active_groups()),
            Call::Cut => answer(self.log.cut()),
            Call::GroupList => answer(self.admin(|admin| admin.list())),
            Call::GroupMembers(group) => answer(self.admin(|admin| admin.members(&group))),
            Call::GroupOffsets(group) => answer(self.admin(|admin| admin.offsets(&group))),
            Call::SetGroupOffsets(group, offsets) => {
                answer(self.admin(|admin| admin.set_offsets(&group, &offsets)))
            }
            Call::DeleteGroup(group) => answer(self.admin(|admin| admin.delete(&group))),
            Call::Read { due, max_records, wait_ms } => {
                let wait = Duration::from_millis(wait_ms).min(LONGEST_WAIT);
                let max_records = usize::try_from(max_records).unwrap_or(usize::MAX);
                answer(self.log.reader().and_then(|mut r| r.poll(&due, max_records, wait)))
            }
            Call::Join { group, instance, topics } => answer(self.join(&group, &instance, &topics)),
            Call::PollMember { member } => answer(self.poll(member)),
            Call::Leave { member } => {
                drop(self.sessions.members.lock().remove(&member));
                answer(Ok(()))
            }
            Call::KeepSeat { member } => {
                drop(self.seat(member));
                answer(Ok(()))
            }
            Call::OpenProducer { transactional_id } => answer(self.open(&transactional_id)),
            Call::Publish { producer, number, batch, member } => {
                answer(self.publish(producer, number, batch, member))
            }
        }
    }

    fn admin<T>(&self, ask: impl FnOnce(&dyn GroupAdmin) -> Result<T>) -> Result<T> {
        ask(&*self.log.group_admin()?)
    }

    fn number(&self) -> u64 {
        self.sessions.next.fetch_add(1, Ordering::Relaxed)
    }

    fn join(&self, group: &str, instance: &str, topics: &[String]) -> Result<u64> {
        let member = Arc::new(Mutex::new(self.log.member(group, instance, topics)?));
        let number = self.number();
        let heard = Instant::now();
        self.sessions.members.lock().insert(number, RemoteSeat { member, heard });
        Ok(number)
    }

    fn seat(&self, number: u64) -> Option<Arc<Mutex<Box<dyn Member>>>> {
        let mut members = self.sessions.members.lock();
        let seat = members.get_mut(&number)?;
        seat.heard = Instant::now();
        Some(Arc::clone(&seat.member))
    }

    fn poll(&self, number: u64) -> Result<Option<Assignment>> {
        match self.seat(number) {
            Some(member) => member.lock().poll().map(Some),
            None => Ok(None),
        }
    }

    fn open(&self, id: &str) -> Result<u64> {
        let producer = self.log.producer(id)?;
        let number = self.number();
        let mut producers = self.sessions.producers.lock();
        producers.retain(|_, open| open.try_lock().is_none_or(|open| open.id != id));
        let open = OpenProducer { id: id.to_string(), producer, last: None };
        producers.insert(number, Arc::new(Mutex::new(open)));
        Ok(number)
    }

    fn publish(
        &self,
        producer: u64,
        number: u64,
        batch: Batch,
        member: Option<u64>,
    ) -> Result<Vec<u64>> {
        let known = self.sessions.producers.lock().get(&producer).cloned();
        let Some(open) = known else {
            return Err(LogError::fenced(
                "this producer is unknown: a newer one has its id, or the server was restarted",
                PATH,
            ));
        };
        let mut open = open.lock();
        if let Some((last, result)) = &open.last
            && *last == number
        {
            return result.clone();
        }
        let result = match member {
            None => open.producer.publish(batch, None),
            Some(member) => match self.seat(member) {
                Some(member) => open.producer.publish(batch, Some(&**member.lock())),
                None => Err(LogError::fenced("the member has left its group", PATH)),
            },
        };
        open.last = Some((number, result.clone()));
        result
    }
}

/// Drops silent members, for as long as the server lives.
fn sweep(sessions: &Weak<Sessions>) {
    while let Some(sessions) = sessions.upgrade() {
        let mut members = sessions.members.lock();
        let gone: Vec<u64> = members
            .iter()
            .filter(|(_, seat)| seat.heard.elapsed() > MEMBER_LIFE)
            .map(|(number, _)| *number)
            .collect();
        let seats: Vec<_> = gone.iter().filter_map(|number| members.remove(number)).collect();
        drop(members);
        drop(seats);
        drop(sessions);
        thread::sleep(SWEEP);
    }
}

fn answer<T: Serialize>(result: Result<T>) -> Result<Vec<u8>> {
    protocol::encode(&result)
}
