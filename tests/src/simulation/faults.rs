//! The faults that can strike one instance, drawn from the seed.
//!
//! A stall is the worst: in the middle of a publish or a save the other instances go on, as they do
//! while a process is paused, and the group may reassign the stalled instance's partitions.

use super::rng::SimRng;
use eventlog::{ErrorClass, Log, LogError, MemoryLog, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Kinds of faults.
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
    StallAtBroker,
    CrashAfterCall,
    AcknowledgementLost,
    OffsetsReset,
}

impl Fault {
    /// How often it strikes where it can, in 10,000.
    fn odds(self) -> u32 {
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
            Fault::StallAtBroker | Fault::CrashAfterCall => 600,
            Fault::AcknowledgementLost => 1_500,
            Fault::OffsetsReset => 1_000,
        }
    }
}

/// The other instances, which go on while one is stalled.
pub trait Others: Send + Sync {
    /// Takes `steps` steps of other instances.
    fn go_on(&self, steps: u32);
}

/// The faults of one seed: its draws and the faults that struck so far.
pub struct Weather {
    rng: Mutex<SimRng>,
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
        Arc::new(Weather { rng: Mutex::new(SimRng::new(seed)), struck, calm })
    }

    /// A draw.
    pub fn within(&self, low: u32, high: u32) -> u32 {
        held(&self.rng).within(low, high)
    }

    /// Whether `fault` strikes now; counted when it does.
    pub fn strikes(&self, fault: Fault) -> bool {
        let strikes = !self.is_calm() && held(&self.rng).happens(fault.odds());
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

    /// The faults that struck, by kind.
    pub fn struck(&self) -> BTreeMap<Fault, u64> {
        held(&self.struck).clone()
    }
}

/// The process of one instance, which faults strike.
pub struct Actor {
    pub(super) log: MemoryLog,
    pub(super) weather: Arc<Weather>,
    others: Weak<dyn Others>,
    pub(super) seat: Mutex<Option<(String, String, Vec<String>)>>,
    dead: AtomicBool,
    pub(super) evicted: AtomicBool,
    /// Another process has its name: it ends for good when it learns of that.
    replaced: AtomicBool,
    /// Polls of the membership that still return the last assignment.
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
            replaced: AtomicBool::new(false),
            deaf: AtomicU32::new(0),
        })
    }

    /// Whether its process is gone.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Relaxed)
    }

    /// Whether another process has its name.
    pub fn is_replaced(&self) -> bool {
        self.replaced.load(Relaxed)
    }

    /// Gives its name to another process.
    pub fn replace(&self) {
        self.replaced.store(true, Relaxed);
    }

    /// Polls that still return its last assignment.
    pub fn deaf_for(&self) -> u32 {
        self.deaf.load(Relaxed)
    }

    /// Lets so many polls return its last assignment.
    pub fn deafen(&self, polls: u32) {
        self.deaf.store(polls, Relaxed);
    }

    /// Evicts it from its group, as after a session timeout.
    pub fn evict(&self) {
        if let Some((group, instance, topics)) = held(&self.seat).clone()
            && !self.is_replaced()
        {
            drop(self.log.member(&group, &instance, &topics));
            self.evicted.store(true, Relaxed);
        }
    }

    pub(super) fn dies(&self, of: Fault) -> bool {
        let dies = self.weather.strikes(of);
        self.dead.fetch_or(dies, Relaxed);
        dies
    }

    pub(super) fn stalls(&self, at: Fault) {
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

    pub(super) fn lives(&self) -> Result<()> {
        if self.is_dead() { Err(refused(ErrorClass::Fatal, "the process is gone")) } else { Ok(()) }
    }
}

pub(super) fn refused(class: ErrorClass, what: &str) -> LogError {
    LogError::new(class, what, "simulation", "an injected fault")
}
