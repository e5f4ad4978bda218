//! The small world of a simulation: the market, the machines of every role, and the undisturbed run.

use super::dimensions::{MATURING, PARTITIONS, SIMULATED, WARM_UP};
use super::market::MadeUpMarket;
use super::opening;
use super::remembered::{Memory, RememberedScanner};
use super::sink::RecordingSink;
use super::snapshot::Snapshot;
use consumers::{broker, executor, labeler, materializer, retrainer, scorer};
use eventlog::{Batch, Log, MemoryLog, NewRecord};
use producers::scanner::Scanner;
use producers::source::{Market, MarketNews, day_events};
use schemas::events::{Bars, RunOpened};
use schemas::role::{Machine, Role};
use schemas::{Body, Day, Topic};
use shell::checkpoint::{CheckpointStore, MemoryCheckpoints};
use shell::instance::{Env, Instance, Machines, Policy, Progress};
use shell::record_codec;
use shell::source::Source;
use shell::status_board::StatusBoard;
use std::sync::Arc;
use std::time::Duration;
use success::Engine;

/// Everything that the seeds share.
pub struct World {
    /// The market, a few days longer than the simulation.
    pub market: MadeUpMarket,
    /// How the run was opened.
    pub opened: RunOpened,
    /// The log and the states before the simulated days.
    pub base: Snapshot,
    /// The last simulated day.
    pub last_day: Day,
    loader: Arc<scorer::Loader>,
    memory: Memory,
}

impl World {
    /// Runs the warm-up: all roles, undisturbed, until the first outcomes mature.
    pub fn new() -> World {
        let first = WARM_UP + MATURING;
        let market =
            MadeUpMarket::new(11, first + SIMULATED + 4, &[first + 1, first + 2, first + 5]);
        let day = |number: usize| market.day(number).day;
        let opened = RunOpened {
            kind: "backtest".to_owned(),
            source: "made-up".to_owned(),
            first_day: day(0),
            previous_day: day(0) + -1,
            scan_from: day(WARM_UP),
            settings: opening::settings(),
            market_sha256: String::new(),
            ..RunOpened::default()
        };
        let (warm_until, last_day) = (day(first - 1), day(first + SIMULATED - 1));
        let loader = Arc::new(scorer::Loader::new(Engine::candle()));
        let base = Snapshot::default();
        let mut world = World { market, opened, base, last_day, loader, memory: Memory::default() };
        let log = MemoryLog::new("simulated").unwrap();
        shell::open::ensure_topics(&log, PARTITIONS).unwrap();
        let (models, champion) = opening::models(world.opened.previous_day);
        shell::open::open(&log, PARTITIONS, &world.opened, models, Some(champion)).unwrap();
        let states = MemoryCheckpoints::default();
        world.run_quietly(&log, &states, &Arc::default(), warm_until);
        world.spoil(&log, first);
        world.base = Snapshot::of(&log, &states);
        world
    }

    /// The real machines, with the scanner's decisions cached.
    pub fn machines(&self, sink: &Arc<RecordingSink>) -> Machines {
        let (memory, scan_from) = (Arc::clone(&self.memory), self.opened.scan_from);
        let plain = self.plain_machines(sink);
        Arc::new(move |role| match role {
            Role::Scanner => Some(Box::new(RememberedScanner::new(&memory, scan_from))),
            role => plain(role),
        })
    }

    /// The real machines without a cache.
    pub fn plain_machines(&self, sink: &Arc<RecordingSink>) -> Machines {
        let (loader, sink) = (Arc::clone(&self.loader), Arc::clone(sink));
        Arc::new(move |role| -> Option<Box<dyn Machine>> {
            Some(match role {
                Role::Source => return None,
                Role::Scanner => Box::new(Scanner::default()),
                Role::Scorer => Box::new(scorer::Scorer::new(Arc::clone(&loader))),
                Role::Labeler => Box::new(labeler::Labeler::default()),
                Role::Executor => Box::new(executor::Executor::default()),
                Role::Broker => Box::new(broker::Broker::default()),
                Role::Retrainer => Box::new(retrainer::Retrainer::default()),
                Role::Materializer => {
                    Box::new(materializer::Materializer::new(Arc::clone(&sink) as _))
                }
            })
        })
    }

    /// The environment of an instance on `log`.
    pub fn env(
        &self,
        log: Arc<dyn Log>,
        states: Arc<dyn CheckpointStore>,
        machines: Machines,
    ) -> Env {
        let policy = Policy {
            max_records: 2_000,
            wait: Duration::ZERO,
            save_every: 3,
            idle_commit: 2,
            rate: None,
            lost_after: Duration::ZERO,
        };
        Env {
            log,
            states,
            partitions: PARTITIONS,
            machines,
            board: Arc::new(StatusBoard::default()),
            policy,
        }
    }

    /// The source of the market through `until`.
    pub fn source(&self, env: &Env, until: Day) -> Source {
        self.source_of(env, self.market.clone(), until)
    }

    /// The source of `market`, which may know fewer days.
    pub fn source_of(&self, env: &Env, market: MadeUpMarket, until: Day) -> Source {
        Source::new(env, Box::new(market), self.opened.clone(), Some(until))
    }

    /// Every trading day up to the last simulated one.
    pub fn days(&self) -> Vec<Day> {
        self.market.days().iter().copied().filter(|day| *day <= self.last_day).collect()
    }

    /// Writes bytes that are not an event to topics read by a group, by an active instance and by every
    /// instance; and, ahead of day `number`, one of its bars twice: the source's own conflicts with it.
    fn spoil(&self, log: &MemoryLog, number: usize) {
        let bad = |(topic, partition)| NewRecord {
            to: record_codec::place(topic, partition),
            timestamp_ms: 1,
            key: Some(b"BAD".to_vec()),
            value: b"no event".to_vec(),
            headers: Default::default(),
        };
        let places =
            [(Topic::Bars, 0), (Topic::Features, 2), (Topic::Fills, 1), (Topic::Models, 0)];
        let mut records = places.map(bad).to_vec();
        let today = self.market.day(number);
        let events = day_events(today, &MarketNews::default(), today.day, true, PARTITIONS);
        let mut bar = events.into_iter().find(|event| event.body.kind() == "BAR_CLOSED").unwrap();
        if let Body::Bars(Bars::BarClosed(bar)) = &mut bar.body {
            bar.close = bar.open;
        }
        records.extend([(); 2].map(|()| record_codec::record(&bar, PARTITIONS, "test").unwrap()));
        log.producer("test").unwrap().publish(Batch { records, ..Batch::default() }, None).unwrap();
    }

    /// Steps one instance of each role and the source in turn until nothing is left to do.
    pub fn run_quietly(
        &self,
        log: &MemoryLog,
        states: &MemoryCheckpoints,
        sink: &Arc<RecordingSink>,
        until: Day,
    ) {
        let env = self.env(Arc::new(log.clone()), Arc::new(states.clone()), self.machines(sink));
        let mut source = self.source(&env, until);
        let mut cast = cast(&env);
        settle(&mut cast, &mut || source.step().unwrap());
        cast.into_iter().for_each(|instance| instance.finish().unwrap());
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

/// One instance of every role that reads.
pub fn cast(env: &Env) -> Vec<Instance> {
    cast_without(env, Role::Source)
}

/// One instance of every role that reads, except `absent`.
pub fn cast_without(env: &Env, absent: Role) -> Vec<Instance> {
    let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty() && *role != absent);
    roles.map(|role| Instance::join(env, role, "quiet").unwrap()).collect()
}

/// Steps all in turn until none has had anything to do for a few rounds.
pub fn settle(cast: &mut [Instance], source: &mut dyn FnMut() -> Progress) {
    let mut idle = 0;
    while idle < 5 {
        let mut worked = source() == Progress::Worked;
        for instance in cast.iter_mut() {
            worked |= instance.step().unwrap() == Progress::Worked;
        }
        idle = if worked { 0 } else { idle + 1 };
    }
}
