//! How a run ends that cannot go on, and which of an instance's failures are worth a warning.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::checkpoint::MemoryCheckpoints;
use crate::faulty_log::FaultyMemoryLog;
use crate::instance::Policy;
use crate::pulse::Pulses;
use crate::status_board::StatusBoard;
use crate::{open, record_codec};
use eventlog::{Batch, Log, Member, MemoryLog};
use schemas::events::{DayClosed, RunOpened};
use schemas::role::{BadState, Cause, Context, Decision, Machine};
use schemas::{Event, Topic};
use std::sync::atomic::AtomicU32;

mod work;

/// A process that only serves the log publishes nothing, so it would never learn that its log is
/// closed, while the others wait for it to start again.
#[test]
fn who_owns_a_log_that_takes_no_more_ends_though_it_has_no_role() {
    let env = Env {
        log: Arc::new(FaultyMemoryLog::closed()),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions: 1,
        machines: Arc::new(|role| panic!("{role} was not asked for")),
        board: Arc::new(StatusBoard::default()),
        policy: Policy::default(),
    };
    let plan = Plan { roles: Vec::new(), until: None, name: None };
    let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let ended = run(&env, &plan, None, &stop, &mut |_| {
        stop.fetch_or(begun.elapsed() > Duration::from_secs(5), Ordering::Relaxed);
    });
    let Err(ShellError::Log(error)) = ended else { panic!("it went on: {ended:?}") };
    assert_eq!(error.class, ErrorClass::Closed);
}

/// The process went on without the role and reported no failure.
#[test]
fn a_thread_that_ends_badly_stops_the_others_and_names_itself() {
    let stop = Arc::<AtomicBool>::default();
    let shared = Shared::new(&stop, 1, &Arc::default());
    guarded("executor-0", &shared, || panic!("a defect"));
    assert!(shared.stopped());
    let failure = shared.failure.into_inner();
    let said = failure.map_or(String::new(), |failure| failure.to_string());
    assert!(said.starts_with("executor-0 ended badly"), "{said}");
}

/// A scorer that scores nothing. Before its first publish another member joins its group.
struct Interrupted {
    log: MemoryLog,
    /// The other's name, and its seat once it has joined.
    other: &'static str,
    seat: Arc<Mutex<Option<Box<dyn Member>>>>,
}

impl Machine for Interrupted {
    fn evolve(&mut self, _: &Event) {
        let mut seat = self.seat.lock();
        if seat.is_none() {
            let topics = [Topic::Features.name().to_owned()];
            *seat = Some(self.log.member(Role::Scorer.name(), self.other, &topics).unwrap());
        }
    }

    fn decide(&self, _: Cause<'_>, _: &Context<'_>) -> Decision {
        Decision::default()
    }

    fn decides_on(&self, topic: Topic) -> bool {
        topic == Topic::Features
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), BadState> {
        Ok(())
    }
}

/// Counts the warnings of its thread.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU32>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// A run of one partition with one day of features on its log, all of it due.
fn one_day(log: &MemoryLog) {
    opened(log);
    publish_markers(log, &[Topic::Features, Topic::Models], FIRST);
}

const FIRST: Day = Day(20_000);

fn opened(log: &MemoryLog) {
    open::ensure_topics(log, 1).unwrap();
    let run = RunOpened {
        first_day: FIRST,
        previous_day: FIRST + -1,
        scan_from: FIRST,
        ..RunOpened::default()
    };
    open::open(log, 1, &run, Vec::new(), None).unwrap();
}

fn publish_markers(log: &MemoryLog, topics: &[Topic], day: Day) {
    let marker = |topic: &Topic| {
        let closed = DayClosed { previous_day: day + -1, ..DayClosed::default() };
        let marker = Event::marker(*topic, day, closed).unwrap();
        record_codec::record(&marker, 1, "test").unwrap()
    };
    let batch = Batch { records: topics.iter().map(marker).collect(), ..Batch::default() };
    log.producer("test").unwrap().publish(batch, None).unwrap();
}

/// Failed steps and warnings of a scorer up to its first publish, or its third failure, when
/// `other` joins its group in the meantime.
fn while_another_joins(other: &'static str) -> (u32, u32) {
    let log = MemoryLog::new("memory").unwrap();
    one_day(&log);
    let seat = Arc::<Mutex<Option<Box<dyn Member>>>>::default();
    let (held, inner) = (Arc::clone(&seat), log.clone());
    let env = Env {
        log: Arc::new(log),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions: 1,
        machines: Arc::new(move |_| {
            Some(Box::new(Interrupted { log: inner.clone(), other, seat: Arc::clone(&held) }))
        }),
        board: Arc::default(),
        policy: Policy::default(),
    };
    let shared = Shared::new(&Arc::default(), 1, &env.board);
    let mut instance = Instance::join(&env, Role::Scorer, "0").unwrap();
    let (warnings, mut failed) = (Warnings::default(), 0);
    // While there is but one subscriber, a message that a thread without one is the first to write is off for all.
    let _second = tracing::Dispatch::new(Warnings::default());
    tracing::subscriber::with_default(warnings.clone(), || {
        drive("scorer-0", Role::Scorer, &shared, &Pulses::default().begin(true), &mut || {
            let stepped = instance.step();
            failed += u32::from(stepped.is_err());
            let published = instance.publishes() > 0;
            shared.stop.fetch_or(published || failed == 3, Ordering::Relaxed);
            stepped.map(|_| published)
        });
    });
    (failed, warnings.0.load(Ordering::Relaxed))
}

/// The two scanners of one process caused such a warning in every second ordinary run.
#[test]
fn an_instance_that_joins_beside_another_is_no_warning() {
    assert_eq!(while_another_joins("1"), (1, 0), "refused once, then it goes on");
}

#[test]
fn an_instance_whose_place_is_taken_warns_once() {
    assert_eq!(while_another_joins("0"), (3, 1));
}
