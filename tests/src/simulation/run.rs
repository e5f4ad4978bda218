//! A copy of the log before the simulated days, for scenarios written by hand.

use super::Simulation;
use super::checks::{Ended, replays};
use super::dimensions::{PARTITIONS, SIMULATED};
use super::sink::RecordingSink;
use super::snapshot::contents;
use super::world::{cast, settle};
use eventlog::{Batch, Log, MemoryLog};
use producers::source::{MarketNews, day_events};
use schemas::{Day, Event, Topic};
use shell::checkpoint::MemoryCheckpoints;
use shell::instance::{Env, Instance, Progress};
use shell::record_codec;
use shell::source::Source;
use std::sync::Arc;

/// One scenario's log, states and sink.
pub struct Run<'a> {
    simulation: &'a Simulation,
    /// The log.
    pub log: MemoryLog,
    /// The state folder.
    pub states: MemoryCheckpoints,
    /// The environment of an instance.
    pub env: Env,
    sink: Arc<RecordingSink>,
}

impl Simulation {
    /// A scenario of its own.
    pub fn run(&self) -> Run<'_> {
        self.run_on(self.world.base.fork())
    }

    /// A scenario on this log and these states.
    pub fn run_on(&self, (log, states): (MemoryLog, MemoryCheckpoints)) -> Run<'_> {
        let sink = Arc::<RecordingSink>::default();
        let machines = self.world.machines(&sink);
        let env = self.world.env(Arc::new(log.clone()), Arc::new(states.clone()), machines);
        Run { simulation: self, log, states, env, sink }
    }

    /// A simulated day by its number, 0 first, and the day before it.
    pub fn day(&self, number: usize) -> (Day, Day) {
        let days = self.world.days();
        let first = days.len() - SIMULATED;
        (days[first + number], days[first + number - 1])
    }

    /// The events of a simulated day as the source gives them.
    pub fn market_day(&self, number: usize) -> Vec<Event> {
        let (day, previous) = self.day(number);
        day_events(self.world.market.of(day), &MarketNews::default(), previous, true, PARTITIONS)
    }
}

impl Run<'_> {
    /// Writes `events` to the log.
    pub fn write(&self, events: &[Event]) {
        let records =
            events.iter().map(|event| record_codec::record(event, PARTITIONS, "test").unwrap());
        let batch = Batch { records: records.collect(), ..Batch::default() };
        self.log.producer("test").unwrap().publish(batch, None).unwrap();
    }

    /// Runs every role and `source` until nothing is left to do, then stops them.
    pub fn play(&self, mut source: Source) {
        let mut instances = cast(&self.env);
        settle(&mut instances, &mut || source.step().unwrap());
        instances.into_iter().for_each(|instance| instance.finish().unwrap());
    }

    /// Runs every role, and the source through `until`.
    pub fn play_to(&self, until: Day) {
        self.play(self.simulation.world.source(&self.env, until));
    }

    /// Runs every role and the source through the last day.
    pub fn play_to_the_end(&self) {
        self.play_to(self.simulation.world.last_day);
    }

    /// Every role without a source, after they have read everything.
    pub fn readers(&self) -> Vec<Instance> {
        let mut instances = cast(&self.env);
        settle(&mut instances, &mut || Progress::Idle);
        instances
    }

    /// The remains of the run.
    pub fn ended(&self) -> Ended {
        Ended {
            log: self.log.clone(),
            states: self.states.all(),
            sink: self.sink.days(),
            closed: Some(self.simulation.world.last_day),
            struck: Default::default(),
        }
    }

    /// Checks that everything but `bars` is as the undisturbed run wrote it, record by record, and that
    /// all of it can be replayed.
    pub fn check_decisions(&self) {
        let Simulation { world, reference } = self.simulation;
        for (place, found) in contents(&self.log, &world.base.ends) {
            if ![Topic::Bars.name(), Topic::DeadLetters.name()].contains(&&*place.topic) {
                assert_eq!(found, reference.contents[&place], "{place}");
            }
        }
        replays(world, &self.ended(), false).unwrap();
    }

    /// Late events of a unit since the warm-up.
    pub fn late(&self, unit: &str) -> u64 {
        let before = self.simulation.world.base.states[unit].cursor.counts;
        self.states.all()[unit].cursor.counts.late - before.late
    }

    /// Duplicate events of a unit since the warm-up.
    pub fn repeated(&self, unit: &str) -> u64 {
        let before = self.simulation.world.base.states[unit].cursor.counts;
        self.states.all()[unit].cursor.counts.duplicates - before.duplicates
    }
}
