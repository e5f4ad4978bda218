//! Bugs planted on purpose, to show that the checks find them.

use super::faults::held;
use super::faulty::FaultyStates;
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role};
use schemas::{Day, Event, Topic};
use shell::ShellError;
use shell::checkpoint::{CheckpointStore, Checkpoints, UnitCheckpoint};
use shell::instance::Machines;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Which bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planted {
    /// None.
    Nothing,
    /// The executor's decisions depend on how many this process has asked for.
    CountedSteps,
    /// A save holds the new state beside the old place in the day.
    TornSave,
    /// A save is one record ahead of what was applied.
    SavedAhead,
    /// The broker role is told that the broker has no order.
    Unasked,
}

impl Planted {
    pub(super) fn machines(self, sound: Machines) -> Machines {
        if self != Planted::CountedSteps {
            return sound;
        }
        Arc::new(move |role| match role {
            Role::Executor => {
                let machine = sound(role)?;
                Some(Box::new(Counting { machine, asked: AtomicI32::new(0) }))
            }
            role => sound(role),
        })
    }

    pub(super) fn states(self, sound: FaultyStates) -> Arc<dyn CheckpointStore> {
        match self {
            Planted::Nothing | Planted::CountedSteps | Planted::Unasked => Arc::new(sound),
            bug => Arc::new(Crooked { sound, bug, before: Mutex::default() }),
        }
    }
}

struct Counting {
    machine: Box<dyn Machine>,
    asked: AtomicI32,
}

impl Machine for Counting {
    fn evolve(&mut self, event: &Event) {
        self.machine.evolve(event);
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let mut decision = self.machine.decide(cause, context);
        let asked = self.asked.fetch_add(1, Relaxed);
        decision.events.iter_mut().for_each(|event| event.revision = asked);
        decision
    }

    fn decides_on(&self, topic: Topic) -> bool {
        self.machine.decides_on(topic)
    }

    fn close_day(&mut self, day: Day) {
        self.machine.close_day(day);
    }

    fn save(&self) -> Vec<u8> {
        self.machine.save()
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.machine.restore(saved)
    }
}

struct Crooked {
    sound: FaultyStates,
    bug: Planted,
    before: Mutex<BTreeMap<String, UnitCheckpoint>>,
}

impl CheckpointStore for Crooked {
    fn load(&self, unit: &str) -> Result<Option<UnitCheckpoint>, ShellError> {
        self.sound.load(unit)
    }

    fn save(&self, units: Checkpoints<'_>) -> Result<(), ShellError> {
        let mut units: Vec<_> = units.collect();
        for (name, saved) in &mut units {
            if self.bug == Planted::SavedAhead {
                let stage = saved.cursor.stage;
                saved.cursor.positions[stage] += 1;
            } else if let Some(before) = held(&self.before).insert(name.clone(), saved.clone()) {
                saved.cursor = before.cursor;
            }
        }
        self.sound.save(&mut units.into_iter())
    }

    fn clear(&self) -> Result<(), ShellError> {
        self.sound.clear()
    }
}
