//! A reader, a member and a producer, each with its other half on the server.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::protocol::{Call, LONGEST_WAIT};
use crate::membership::foreign_member;
use crate::{
    Assignment, Batch, ErrorClass, Fetched, LogError, Member, Producer, Reader, Result,
    TopicPartition,
};

/// Attempts to send a publish before its outcome counts as unknown.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Pause between two signs of life of a member.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Reads over HTTP; the server keeps nothing for it.
pub(crate) struct RemoteReader {
    connection: Arc<Connection>,
}

impl RemoteReader {
    /// A reader.
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

impl Reader for RemoteReader {
    fn poll(
        &mut self,
        due: &[(TopicPartition, u64)],
        max_records: usize,
        wait: Duration,
    ) -> Result<Vec<Fetched>> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let fetched: Vec<Fetched> = self.connection.ask(&Call::Read {
                due: due.to_vec(),
                max_records: max_records as u64,
                wait_ms: left.min(LONGEST_WAIT).as_millis() as u64,
            })?;
            if !fetched.is_empty() || Instant::now() >= deadline {
                return Ok(fetched);
            }
        }
    }
}

/// A member whose seat the server keeps while this process lives, even if long work keeps the
/// member from polling.
pub(crate) struct RemoteMember {
    connection: Arc<Connection>,
    group: String,
    instance: String,
    topics: Vec<String>,
    number: Arc<AtomicU64>,
    /// Ends the heartbeat when dropped.
    _alive: SyncSender<()>,
}

impl RemoteMember {
    /// Takes a seat.
    pub(crate) fn join(
        connection: Arc<Connection>,
        group: &str,
        instance: &str,
        topics: &[String],
    ) -> Result<Self> {
        let (group, instance) = (group.to_string(), instance.to_string());
        let (_alive, gone) = sync_channel(0);
        let number = Arc::new(AtomicU64::new(0));
        let member = Self { connection, group, instance, topics: topics.to_vec(), number, _alive };
        member.sit_down()?;
        let (connection, number) = (Arc::clone(&member.connection), Arc::clone(&member.number));
        thread::spawn(move || heartbeat(&connection, &number, &gone));
        Ok(member)
    }

    fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    fn sit_down(&self) -> Result<()> {
        let number = self.connection.ask(&Call::Join {
            group: self.group.clone(),
            instance: self.instance.clone(),
            topics: self.topics.clone(),
        })?;
        self.number.store(number, Ordering::Relaxed);
        Ok(())
    }
}

/// Keeps the seat. The next poll notices a seat that is lost all the same.
fn heartbeat(connection: &Connection, number: &AtomicU64, gone: &Receiver<()>) {
    while gone.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
        let call = Call::KeepSeat { member: number.load(Ordering::Relaxed) };
        if let Err(error) = connection.ask::<()>(&call) {
            tracing::debug!(%error, "could not send a member's heartbeat");
        }
    }
}

impl Member for RemoteMember {
    fn group(&self) -> &str {
        &self.group
    }

    /// Takes the seat again if the server gave it up after a silence or was restarted.
    fn poll(&mut self) -> Result<Assignment> {
        if let Some(assignment) =
            self.connection.ask(&Call::PollMember { member: self.number() })?
        {
            return Ok(assignment);
        }
        self.sit_down()?;
        let again: Option<Assignment> =
            self.connection.ask(&Call::PollMember { member: self.number() })?;
        again.ok_or_else(|| LogError::fenced("the seat was lost at once", &self.group))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for RemoteMember {
    fn drop(&mut self) {
        if let Err(error) = self.connection.ask::<()>(&Call::Leave { member: self.number() }) {
            tracing::debug!(%error, group = self.group, "could not leave the group");
        }
    }
}

/// Publishes over HTTP.
pub(crate) struct RemoteProducer {
    connection: Arc<Connection>,
    id: String,
    producer: u64,
    published: u64,
}

impl RemoteProducer {
    /// Opens a producer; an older one of the same id is fenced.
    pub(crate) fn open(connection: Arc<Connection>, id: &str) -> Result<Self> {
        let producer = connection.ask(&Call::OpenProducer { transactional_id: id.to_string() })?;
        Ok(Self { connection, id: id.to_string(), producer, published: 0 })
    }
}

impl Producer for RemoteProducer {
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>> {
        let member = match member {
            None => None,
            Some(member) => match member.as_any().downcast_ref::<RemoteMember>() {
                Some(own) if Arc::ptr_eq(&own.connection, &self.connection) => Some(own.number()),
                _ => return Err(foreign_member(member)),
            },
        };
        self.published += 1;
        let call = Call::Publish { producer: self.producer, number: self.published, batch, member };
        let mut perhaps_written = false;
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let error = match self.connection.call::<Vec<u64>>(&call) {
                Ok(offsets) => return Ok(offsets),
                Err(error) => error,
            };
            match error.class {
                ErrorClass::Uncertain => perhaps_written = true,
                ErrorClass::Retry => {}
                _ => return Err(self.outcome(error, perhaps_written)),
            }
            if attempt == ATTEMPTS {
                return Err(self.outcome(error, perhaps_written));
            }
            thread::sleep(pause);
            pause *= 2;
        }
        Err(LogError::fatal("no attempt was made", &self.id, "report this"))
    }
}

impl RemoteProducer {
    /// After an attempt that may have been written, a refusal leaves the outcome unknown.
    fn outcome(&self, error: LogError, perhaps_written: bool) -> LogError {
        match perhaps_written {
            true => LogError { class: ErrorClass::Uncertain, ..error },
            false => error,
        }
    }
}
