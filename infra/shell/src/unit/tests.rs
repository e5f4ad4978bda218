//! A machine is shown all available events at once before it decides, up to a bound, so that neither
//! waiting for more nor a backlog delays the first of them.

#![allow(clippy::unwrap_used)]

use super::TOGETHER;
use crate::checkpoint::MemoryCheckpoints;
use crate::instance::{Env, Policy};
use crate::open;
use crate::record_codec;
use crate::runner::{Plan, run};
use eventlog::{Batch, Log, MemoryLog};
use schemas::events::{DayClosed, FeatureVector, Features, RunOpened};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role};
use schemas::{Day, Event, EventId, Topic};
use std::sync::{Arc, Mutex};

const FIRST: Day = Day(20_000);

/// A scorer that scores nothing and records the events it is shown and asked for.
#[derive(Clone, Default)]
struct Counting {
    /// How many events were shown together, lot by lot.
    shown: Arc<Mutex<Vec<usize>>>,
    /// The events of the last lot.
    ready: Vec<EventId>,
    /// Events asked for.
    asked: Arc<Mutex<usize>>,
}

impl Machine for Counting {
    fn evolve(&mut self, _: &Event) {}

    fn prepare(&mut self, events: &[&Event], _: &Context<'_>) {
        self.shown.lock().unwrap().push(events.len());
        self.ready = events.iter().map(|event| event.id).collect();
    }

    fn decide(&self, cause: Cause<'_>, _: &Context<'_>) -> Decision {
        if let Cause::Event(event) = cause {
            assert!(self.ready.contains(&event.id), "asked for what it was not shown");
            *self.asked.lock().unwrap() += 1;
        }
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

fn marker(topic: Topic, day: Day) -> Event {
    let closed = DayClosed { previous_day: day + -1, ..DayClosed::default() };
    let mut marker = Event::marker(topic, day, closed).unwrap();
    marker.control_offset = Some(0);
    marker
}

/// The given number of candidates of a day, and the day's markers.
fn day(day: Day, candidates: usize) -> Vec<Event> {
    let features = |number: usize| {
        let ticker = format!("T{number}");
        let vector = FeatureVector { values: vec![0.5; 23], ..FeatureVector::default() };
        Event::new(day, &ticker, &[&ticker], Features::FeaturesExtracted(vector))
    };
    let markers = [marker(Topic::Features, day), marker(Topic::Models, day)];
    (0..candidates).map(features).chain(markers).collect()
}

#[test]
fn what_is_at_hand_is_shown_together_up_to_the_bound_and_never_more() {
    let log = MemoryLog::new("memory").unwrap();
    open::ensure_topics(&log, 1).unwrap();
    let opened = RunOpened {
        first_day: FIRST,
        previous_day: FIRST + -1,
        scan_from: FIRST,
        ..RunOpened::default()
    };
    open::open(&log, 1, &opened, Vec::new(), None).unwrap();
    let events = [day(FIRST, 2 * TOGETHER + 100), day(FIRST + 1, 3)].concat();
    let records =
        events.iter().map(|event| record_codec::record(event, 1, "test").unwrap()).collect();
    let batch = Batch { records, ..Batch::default() };
    log.producer("test").unwrap().publish(batch, None).unwrap();

    let counting = Counting::default();
    let made = counting.clone();
    let env = Env {
        log: Arc::new(log),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions: 1,
        machines: Arc::new(move |_| Some(Box::new(made.clone()))),
        board: Arc::default(),
        policy: Policy::default(),
    };
    let plan = Plan { roles: vec![(Role::Scorer, 1)], until: Some(FIRST + 1), name: None };
    run(&env, &plan, None, &Arc::default(), &mut |_| {}).unwrap();

    // A lot ends with its day: the marker is the last of it.
    let shown = counting.shown.lock().unwrap().clone();
    assert_eq!(shown, [TOGETHER, TOGETHER, 101, 4]);
    assert_eq!(*counting.asked.lock().unwrap(), 2 * TOGETHER + 103);
}
