//! What can go wrong around one instance, drawn from the seed: a log and a state folder that
//! refuse, lose answers, stall, stop giving, or take the whole process with them.
//!
//! A stall is the wicked one: in the middle of a publish or a save the other instances go on,
//! as they do while a process is paused, and the group may have given its partitions away.

use super::chance::Chance;
use eventlog::{
    Assignment, Batch, ErrorClass, Fetched, Log, LogError, Member, MemoryLog, Producer, Reader, Result,
    TopicInfo, TopicMismatch, TopicPartition, TopicSpec, Watermarks,
};
use shell::ShellError;
use shell::saved::{MemoryStates, SavedUnit, StateStore};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Kinds of faults and how often each strikes where it can, in 10,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Fault {
    EmptyPoll,
    PollRefused,
    PublishRefused,
    AnswerLost,
    CrashBeforePublish,
    CrashAfterPublish,
    CrashBeforeSave,
    SaveLost,
    StallBeforePublish,
    StallAfterPublish,
    StallInSave,
    EvictedInStall,
    EvictedAndDeaf,
    Killed,
    TakenOver,
    Restarted,
    ControlSaid,
}

impl Fault {
    fn chance(self) -> u32 {
        match self {
            Fault::EmptyPoll => 400,
            Fault::PollRefused => 30,
            Fault::PublishRefused | Fault::AnswerLost => 300,
            Fault::CrashBeforePublish | Fault::CrashAfterPublish => 200,
            Fault::CrashBeforeSave | Fault::SaveLost => 300,
            Fault::StallBeforePublish | Fault::StallAfterPublish | Fault::StallInSave => 300,
            Fault::EvictedInStall => 6_000,
            Fault::EvictedAndDeaf | Fault::TakenOver => 20,
            Fault::Killed => 40,
            Fault::Restarted => 2_500,
            Fault::ControlSaid => 30,
        }
    }
}

/// Who carries on while an instance is stalled.
pub trait Others: Send + Sync {
    /// Steps others `steps` times.
    fn go_on(&self, steps: u32);
}

/// The weather of one seed: its draws and what struck so far.
pub struct Weather {
    chance: Mutex<Chance>,
    struck: Mutex<BTreeMap<Fault, u64>>,
    calm: AtomicBool,
}

pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Weather {
    /// Of `seed`.
    pub fn new(seed: u64) -> Arc<Weather> {
        let (struck, calm) = (Mutex::default(), AtomicBool::new(false));
        Arc::new(Weather { chance: Mutex::new(Chance::new(seed)), struck, calm })
    }

    /// A draw.
    pub fn within(&self, low: u32, high: u32) -> u32 {
        held(&self.chance).within(low, high)
    }

    /// Whether `fault` strikes now; counted when it does.
    pub fn strikes(&self, fault: Fault) -> bool {
        let strikes = !self.is_calm() && held(&self.chance).happens(fault.chance());
        if strikes {
            *held(&self.struck).entry(fault).or_default() += 1;
        }
        strikes
    }

    /// No fault strikes any more.
    pub fn calm_down(&self) {
        self.calm.store(true, Relaxed);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Relaxed)
    }

    /// What struck, by kind.
    pub fn struck(&self) -> BTreeMap<Fault, u64> {
        held(&self.struck).clone()
    }
}

/// One instance as the faults see it.
pub struct Actor {
    log: MemoryLog,
    weather: Arc<Weather>,
    others: Weak<dyn Others>,
    seat: Mutex<Option<(String, String, Vec<String>)>>,
    dead: AtomicBool,
    evicted: AtomicBool,
    /// Polls of the membership for which it goes on believing what it last heard.
    deaf: AtomicU32,
}

impl Actor {
    /// On `log`, in `weather`.
    pub fn new(log: &MemoryLog, weather: &Arc<Weather>, others: Weak<dyn Others>) -> Arc<Actor> {
        Arc::new(Actor {
            log: log.clone(),
            weather: Arc::clone(weather),
            others,
            seat: Mutex::default(),
            dead: AtomicBool::new(false),
            evicted: AtomicBool::new(false),
            deaf: AtomicU32::new(0),
        })
    }

    /// Whether its process is gone.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Relaxed)
    }

    /// Polls left for which it is deaf.
    pub fn deaf_for(&self) -> u32 {
        self.deaf.load(Relaxed)
    }

    /// Makes it believe its last assignment for so many polls.
    pub fn deafen(&self, polls: u32) {
        self.deaf.store(polls, Relaxed);
    }

    /// The group gives its place away, as after a session timeout.
    pub fn evict(&self) {
        if let Some((group, instance, topics)) = held(&self.seat).clone() {
            drop(self.log.member(&group, &instance, &topics));
            self.evicted.store(true, Relaxed);
        }
    }

    fn dies(&self, of: Fault) -> bool {
        let dies = self.weather.strikes(of);
        self.dead.fetch_or(dies, Relaxed);
        dies
    }

    fn stalls(&self, at: Fault) {
        if self.weather.strikes(at) {
            if self.weather.strikes(Fault::EvictedInStall) {
                self.evict();
                self.deafen(self.weather.within(0, 3));
            }
            if let Some(others) = self.others.upgrade() {
                others.go_on(self.weather.within(1, 60));
            }
        }
    }

    fn lives(&self) -> Result<()> {
        if self.is_dead() { Err(refused(ErrorClass::Fatal, "the process is gone")) } else { Ok(()) }
    }
}

fn refused(class: ErrorClass, what: &str) -> LogError {
    LogError::new(class, what, "simulation", "this is an injected fault")
}

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

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(FaultyReader(self.0.log.reader()?, Arc::clone(&self.0))))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        *held(&self.0.seat) = Some((group.to_owned(), instance.to_owned(), topics.to_vec()));
        let inner = self.0.log.member(group, instance, topics)?;
        Ok(Box::new(FaultyMember { inner, last: Assignment::default(), actor: Arc::clone(&self.0) }))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(FaultyProducer(self.0.log.producer(transactional_id)?, Arc::clone(&self.0))))
    }
}

struct FaultyReader(Box<dyn Reader>, Arc<Actor>);

impl Reader for FaultyReader {
    fn poll(&mut self, due: &[(TopicPartition, u64)], max_records: usize, _: Duration) -> Result<Vec<Fetched>> {
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
pub struct FaultyStates(pub MemoryStates, pub Arc<Actor>);

impl StateStore for FaultyStates {
    fn load(&self, unit: &str) -> std::result::Result<Option<SavedUnit>, ShellError> {
        self.1.lives()?;
        self.0.load(unit)
    }

    fn save(&self, units: &[(String, SavedUnit)]) -> std::result::Result<(), ShellError> {
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
