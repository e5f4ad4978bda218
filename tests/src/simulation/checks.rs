//! The invariants of a run however it was disturbed: every partition's sequence, every state and
//! every replay are those of the undisturbed run; and the invariants that remain where an operator
//! intervened, which makes runs differ.

use super::faults::Fault;
use super::sink::RecordingSink;
use super::snapshot::{Contents, committed, contents, states};
use super::world::World;
use eventlog::{Consumed, MemoryLog, Record, TopicPartition};
use schemas::controls::ControlState;
use schemas::events::{Action, DeadLetters, Fills, Orders};
use schemas::{Body, Day, Event, Topic};
use shell::checkpoint::{MemoryCheckpoints, UnitCheckpoint};
use shell::instance::Machines;
use shell::record_codec;
use shell::replay::rebuild;
use shell::verification::{Verification, verify};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The remains of a run.
pub struct Ended {
    /// The log.
    pub log: MemoryLog,
    /// Every saved unit.
    pub states: BTreeMap<String, UnitCheckpoint>,
    /// Days handed to the sink, by hash.
    pub sink: BTreeMap<Day, String>,
    /// The day that every unit closed last, as the board shows it.
    pub closed: Option<Day>,
    /// Faults by kind.
    pub struck: BTreeMap<Fault, u64>,
}

/// The undisturbed run.
pub struct Reference {
    /// Every record of the simulated days.
    pub contents: Contents,
    committed: BTreeMap<&'static str, Vec<Consumed>>,
    states: BTreeMap<String, UnitCheckpoint>,
    sink: BTreeMap<Day, String>,
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

impl Reference {
    /// Runs on from the end of the warm-up, undisturbed.
    pub fn of(world: &World) -> Reference {
        let (log, states) = world.base.fork();
        let sink = Arc::<RecordingSink>::default();
        world.run_quietly(&log, &states, &sink, world.last_day);
        let contents = contents(&log, &world.base.ends);
        Reference { contents, committed: committed(&log), states: states.all(), sink: sink.days() }
    }

    /// Every check that holds when no operator intervened.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, world: &World, ended: &Ended) -> Result<(), String> {
        for (place, found) in &contents(&ended.log, &world.base.ends) {
            let found_all = found.len();
            let (expected, found) =
                (in_order(place, &self.contents[place]), in_order(place, found));
            let differs =
                expected.iter().zip(&found).position(|(expected, found)| expected != found);
            ensure(differs.is_none() && expected.len() == found.len(), || {
                let at = differs.unwrap_or(expected.len().min(found.len()));
                let (expected, found) = (expected.get(at), found.get(at));
                let show = |record: Option<&Record>| record.map(|record| said(place, record));
                let lengths = (self.contents[place].len(), found_all);
                format!(
                    "{place} {lengths:?} differs at its {at}. record: expected {:?}, found {:?}",
                    show(expected),
                    show(found)
                )
            })?;
        }
        ensure(committed(&ended.log) == self.committed, || {
            "the committed offsets differ".to_owned()
        })?;
        for (unit, expected) in &self.states {
            let found =
                ended.states.get(unit).ok_or_else(|| format!("{unit} has no saved state"))?;
            let same = (&found.cursor, &found.written, &found.machine)
                == (&expected.cursor, &expected.written, &expected.machine);
            ensure(same, || {
                format!("the state of {unit} differs: {:?} and {:?}", found.cursor, expected.cursor)
            })?;
        }
        ensure(ended.sink == self.sink, || {
            format!("the sink received {:?} instead of {:?}", ended.sink, self.sink)
        })?;
        all_closed(world, ended)
    }
}

/// Dead letters come from several roles in any order; every other partition has one writer.
fn in_order(place: &TopicPartition, records: &[Record]) -> Vec<Record> {
    let mut records = records.to_vec();
    if &*place.topic == Topic::DeadLetters.name() {
        records.sort_by(|a, b| a.value.cmp(&b.value));
        records.iter_mut().for_each(|record| record.offset = 0);
    }
    records
}

fn said(place: &TopicPartition, record: &Record) -> String {
    let topic: Topic = place.topic.parse().unwrap();
    match record_codec::event(topic, record) {
        Ok(Event { body: Body::DeadLetters(DeadLetters::EventRejected(letter)), day, .. }) => {
            format!(
                "dead letter of {}/{} at {} on {day}",
                letter.topic, letter.partition, letter.offset
            )
        }
        Ok(event) => format!(
            "{} {} {} r{} under {:?}",
            event.body.kind(),
            event.ticker,
            event.day,
            event.revision,
            event.control_offset
        ),
        Err(error) => error.to_string(),
    }
}

/// Checks that the board shows every unit and that each has closed the last day.
///
/// # Errors
/// It does not.
pub fn all_closed(world: &World, ended: &Ended) -> Result<(), String> {
    ensure(ended.closed == Some(world.last_day), || {
        format!(
            "according to the board all units closed {:?}, not {}",
            ended.closed, world.last_day
        )
    })
}

/// Checks that a replay decides what is on the log, and that a rebuild gives the saved states and
/// the sink's days.
///
/// # Errors
/// The first difference.
pub fn replays(world: &World, ended: &Ended, plain: bool) -> Result<(), String> {
    let sink = Arc::<RecordingSink>::default();
    let machines: Machines =
        if plain { world.plain_machines(&sink) } else { world.machines(&sink) };
    let saved: MemoryCheckpoints = states(&ended.states);
    let env = world.env(Arc::new(ended.log.clone()), Arc::new(saved.clone()), machines);
    let verified = verify(&env, Verification::default(), &mut |_| {})
        .map_err(|error| format!("verify: {error}"))?;
    ensure(verified.differences.is_empty(), || format!("verify: {:?}", verified.differences))?;
    ensure(verified.decisions > 500, || format!("only {} decisions verified", verified.decisions))?;
    for unit in rebuild(&env, Some(&*env.states), &mut |_| {})
        .map_err(|error| format!("rebuild: {error}"))?
    {
        ensure(unit.same == Some(true), || format!("rebuild: {unit:?}"))?;
    }
    for (unit, before) in &ended.states {
        ensure(saved.all()[unit].machine == before.machine, || {
            format!("the rebuilt state of {unit} differs")
        })?;
    }
    let again: BTreeMap<Day, String> =
        sink.days().into_iter().filter(|(day, _)| ended.sink.contains_key(day)).collect();
    ensure(again == ended.sink, || "the rebuild gave the sink other days".to_owned())
}

/// Every event of the simulated days, by partition, with its offset.
pub fn events(world: &World, log: &MemoryLog) -> Vec<(Topic, i64, Event)> {
    let contents = contents(log, &world.base.ends);
    let read = contents.iter().flat_map(|(place, records)| {
        let topic: Topic = place.topic.parse().unwrap();
        records.iter().filter_map(move |record| {
            Some((topic, record.offset as i64, record_codec::event(topic, record).ok()?))
        })
    });
    read.collect()
}

/// The invariants that hold however an operator intervenes: no event is there twice, no order id is
/// used twice, and nothing is opened under a halt.
///
/// # Errors
/// The first that is violated.
pub fn halts_hold(world: &World, ended: &Ended) -> Result<(), String> {
    let events = events(world, &ended.log);
    let mut ids = BTreeSet::new();
    let (mut orders, mut executions) = (BTreeSet::new(), BTreeSet::new());
    let words: Vec<&(Topic, i64, Event)> =
        events.iter().filter(|(topic, ..)| *topic == Topic::Controls).collect();
    let halted_at = |offset: i64, track| {
        let mut state = ControlState::default();
        words
            .iter()
            .filter(|(_, at, _)| *at <= offset)
            .for_each(|(_, at, word)| state.apply(*at, word));
        state.halted.contains_key(&track)
    };
    for (topic, _, event) in &events {
        ensure(ids.insert(event.id), || {
            format!("{topic} {} {} is there twice", event.body.kind(), event.ticker)
        })?;
        let offset = event.control_offset.unwrap_or(-1);
        let decided = !matches!(topic, Topic::Bars | Topic::Controls | Topic::DeadLetters);
        ensure(!decided || offset >= 0, || {
            format!("{topic} {} names no control offset", event.body.kind())
        })?;
        let (opened, track, fresh) = match &event.body {
            Body::Orders(Orders::OrderIntended(intent)) => {
                (intent.action == Action::Open, intent.track, orders.insert(intent.broker_order_id))
            }
            Body::Fills(Fills::OrderExecuted(done)) => (
                done.action == Action::Open,
                done.track,
                executions.insert(done.execution_id.clone()),
            ),
            _ => continue,
        };
        ensure(fresh, || format!("{} reuses an id", event.body.kind()))?;
        ensure(!opened || !halted_at(offset, track), || {
            format!("{} opens under a halt at controls offset {offset}", event.body.kind())
        })?;
    }
    all_closed(world, ended)
}
