//! A log and a state folder that refuse calls, lose answers, stall, return nothing, or end the whole
//! process.

use super::faults::{Actor, Fault, held, refused};
use eventlog::{
    Assignment, Batch, ErrorClass, Fetched, Log, Member, Producer, Reader, Result, TopicInfo,
    TopicMismatch, TopicPartition, TopicSpec, Watermarks,
};
use shell::ShellError;
use shell::checkpoint::{CheckpointStore, Checkpoints, MemoryCheckpoints, UnitCheckpoint};
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A log as one instance sees it.
pub struct FaultyLog(pub Arc<Actor>);

impl Log for FaultyLog {
    fn identity(&self) -> Result<String> {
        self.0.log.identity()
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        self.0.log.topic_identity(topic)
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.0.log.ensure_topics(specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.0.log.topics()
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.0.lives()?;
        self.0.log.watermarks(tp)
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        self.0.log.offset_for_time(tp, timestamp_ms)
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        self.0.lives()?;
        self.0.log.committed(group, tps)
    }

    fn groups(&self) -> Result<Vec<String>> {
        self.0.log.groups()
    }

    fn active_groups(&self) -> Result<Vec<String>> {
        self.0.log.active_groups()
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(FaultyReader(self.0.log.reader()?, Arc::clone(&self.0))))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        *held(&self.0.seat) = Some((group.to_owned(), instance.to_owned(), topics.to_vec()));
        let inner = self.0.log.member(group, instance, topics)?;
        Ok(Box::new(FaultyMember {
            inner,
            last: Assignment::default(),
            actor: Arc::clone(&self.0),
        }))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(FaultyProducer(self.0.log.producer(transactional_id)?, Arc::clone(&self.0))))
    }
}

struct FaultyReader(Box<dyn Reader>, Arc<Actor>);

impl Reader for FaultyReader {
    fn poll(
        &mut self,
        due: &[(TopicPartition, u64)],
        max_records: usize,
        _: Duration,
    ) -> Result<Vec<Fetched>> {
        self.1.lives()?;
        if self.1.weather.strikes(Fault::PollRefused) {
            return Err(refused(ErrorClass::Retry, "the poll failed"));
        }
        if self.1.weather.strikes(Fault::EmptyPoll) {
            return Ok(Vec::new());
        }
        self.0.poll(due, max_records, Duration::ZERO)
    }
}

struct FaultyMember {
    inner: Box<dyn Member>,
    last: Assignment,
    actor: Arc<Actor>,
}

impl Member for FaultyMember {
    fn group(&self) -> &str {
        self.inner.group()
    }

    fn poll(&mut self) -> Result<Assignment> {
        self.actor.lives()?;
        let deaf = self.actor.deaf_for();
        if deaf > 0 {
            self.actor.deafen(deaf - 1);
            return Ok(self.last.clone());
        }
        if self.actor.evicted.swap(false, Relaxed)
            && let Some((group, instance, topics)) = held(&self.actor.seat).clone()
        {
            self.inner = self.actor.log.member(&group, &instance, &topics)?;
        }
        self.last = self.inner.poll()?;
        Ok(self.last.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct FaultyProducer(Box<dyn Producer>, Arc<Actor>);

impl Producer for FaultyProducer {
    fn publish(&mut self, batch: Batch, member: Option<&dyn Member>) -> Result<Vec<u64>> {
        let FaultyProducer(producer, actor) = self;
        actor.lives()?;
        if actor.weather.strikes(Fault::PublishRefused) {
            return Err(refused(ErrorClass::Retry, "the publish was refused"));
        }
        if actor.dies(Fault::CrashBeforePublish) {
            return Err(refused(ErrorClass::Fatal, "crashed before the publish"));
        }
        actor.stalls(Fault::StallBeforePublish);
        let own = member.and_then(|member| member.as_any().downcast_ref::<FaultyMember>());
        let offsets = producer.publish(batch, own.map(|own| &*own.inner))?;
        actor.stalls(Fault::StallAfterPublish);
        if actor.dies(Fault::CrashAfterPublish) {
            return Err(refused(ErrorClass::Fatal, "crashed after the publish"));
        }
        if actor.weather.strikes(Fault::AnswerLost) {
            return Err(refused(ErrorClass::Uncertain, "the answer was lost"));
        }
        Ok(offsets)
    }
}

/// The state folder as one instance sees it.
pub struct FaultyStates(pub MemoryCheckpoints, pub Arc<Actor>);

impl CheckpointStore for FaultyStates {
    fn load(&self, unit: &str) -> std::result::Result<Option<UnitCheckpoint>, ShellError> {
        self.1.lives()?;
        self.0.load(unit)
    }

    fn save(&self, units: Checkpoints<'_>) -> std::result::Result<(), ShellError> {
        self.1.lives()?;
        if self.1.dies(Fault::CrashBeforeSave) {
            return Err(refused(ErrorClass::Fatal, "crashed before the save").into());
        }
        if self.1.weather.strikes(Fault::SaveLost) {
            return Ok(());
        }
        self.1.stalls(Fault::StallInSave);
        self.0.save(units)
    }

    fn clear(&self) -> std::result::Result<(), ShellError> {
        self.0.clear()
    }
}
