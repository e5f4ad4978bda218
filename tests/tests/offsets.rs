//! Whatever somebody does to the committed offsets of a run, nothing is decided twice: what a role has written
//! itself says what it has decided.
#![allow(clippy::unwrap_used)] // a test

use eventlog::{Batch, Consumed, Log, MemoryLog, NewRecord, Record, TopicPartition};
use schemas::Topic;
use schemas::role::Role;
use shell::ShellError;
use shell::checkpoint::CheckpointStore;
use shell::instance::Instance;
use shell::verification::{Verification, verify};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tests::simulation::Simulation;
use tests::simulation::run::Run;
use tests::simulation::snapshot::{Snapshot, committed, contents};
use tests::simulation::world::cast;

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

/// The undisturbed run when it has ended.
static ENDED: LazyLock<Snapshot> = LazyLock::new(|| {
    let run = SIMULATION.run();
    run.play_to_the_end();
    Snapshot::of(&run.log, &run.states)
});

/// Every record's bytes, by partition.
type Bytes = BTreeMap<TopicPartition, Vec<Vec<u8>>>;

fn bytes(log: &MemoryLog) -> Bytes {
    let values = |(place, records): (TopicPartition, Vec<Record>)| {
        let mut values: Vec<_> = records.into_iter().map(|record| record.value).collect();
        // Dead letters come from several roles in any order, with headers that a copy of the log leaves out.
        if &*place.topic == Topic::DeadLetters.name() {
            values.iter_mut().for_each(Vec::clear);
        }
        (place, values)
    };
    contents(log, &BTreeMap::new()).into_iter().map(values).collect()
}

/// The partitions that differ, with the records they have.
fn differing(found: &Bytes, expected: &Bytes) -> Vec<String> {
    let both = found.iter().filter(|(place, records)| **records != expected[*place]);
    both.map(|(place, records)| {
        format!("{place}: {} records for {}", records.len(), expected[place].len())
    })
    .collect()
}

/// A finished run whose offsets were set, with its states or without.
fn finished(set: impl Fn(&Consumed) -> Option<u64>, saved: bool) -> Run<'static> {
    let (log, states) = ENDED.fork_with(&mut |_, consumed| set(consumed));
    if !saved {
        states.clear().unwrap();
    }
    SIMULATION.run_on((log, states))
}

/// Goes on with a finished run: nothing may be written, and the offsets are where they belong.
fn goes_on(run: &Run<'_>, what: &str) {
    let before = bytes(&run.log);
    run.play_to_the_end();
    assert_eq!(differing(&bytes(&run.log), &before), [""; 0], "{what}");
    let (whole, _) = ENDED.fork();
    assert_eq!(committed(&run.log), committed(&whole), "{what}");
    let found = verify(&run.env, Verification::default(), &mut |_| {}).unwrap();
    assert_eq!(found.differences, [], "{what}");
}

#[test]
fn offsets_that_were_set_back_decide_nothing_again() {
    let none = |_: &Consumed| Some(0);
    let half = |one: &Consumed| Some(one.next / 2);
    let last = |one: &Consumed| Some(one.next.saturating_sub(1));
    let uneven = |one: &Consumed| Some(one.next * u64::from(one.tp.partition) / 3);
    for saved in [true, false] {
        goes_on(&finished(none, saved), &format!("to the earliest, saved state: {saved}"));
        goes_on(&finished(half, saved), &format!("to the middle, saved state: {saved}"));
        goes_on(&finished(last, saved), &format!("by one, saved state: {saved}"));
        goes_on(&finished(uneven, saved), &format!("unevenly, saved state: {saved}"));
    }
}

/// The whole of it: reset, the state made again, and the run goes on with days that are new.
#[test]
fn days_after_a_reset_are_those_of_the_undisturbed_run() {
    for saved in [true, false] {
        let (log, states) = SIMULATION.world.base.fork_with(&mut |_, _| Some(0));
        if !saved {
            states.clear().unwrap();
        }
        let run = SIMULATION.run_on((log, states));
        run.play_to_the_end();
        run.check_decisions();
    }
}

/// In the middle of a day some inputs are decided and some are not, in every role. Offsets that say less, or more,
/// than what was decided change neither.
#[test]
fn in_the_middle_of_a_day_nothing_is_decided_twice_and_nothing_is_left_out() {
    let run = SIMULATION.run();
    let mut env = run.env.clone();
    (env.policy.max_records, env.policy.save_every) = (1, 1);
    let mut source = SIMULATION.world.source(&env, SIMULATION.world.last_day);
    let mut instances = cast(&env);
    let (whole, _) = ENDED.fork();
    let (whole, ends) = (bytes(&whole), committed(&whole));
    for round in 0..240 {
        let _ = source.step().unwrap();
        for instance in &mut instances {
            instance.step().unwrap();
        }
        if round % 31 != 0 {
            continue;
        }
        let now = Snapshot::of(&run.log, &run.states);
        for (kept, set) in [(true, 0), (false, 0), (true, 1), (false, 2)] {
            let (log, states) = now.fork_with(&mut |_, one| match set {
                0 => Some(one.next / 3),
                1 => Some(now.ends[&one.tp]),
                _ => Some(0),
            });
            if !kept {
                states.clear().unwrap();
            }
            let again = SIMULATION.run_on((log, states));
            again.play_to_the_end();
            let what = format!("after round {round}, states {kept}, offsets {set}");
            assert_eq!(differing(&bytes(&again.log), &whole), [""; 0], "{what}");
            assert_eq!(committed(&again.log), ends, "{what}");
        }
    }
}

#[test]
fn without_offsets_a_run_goes_on_only_when_an_operator_says_so() {
    for saved in [true, false] {
        let run = finished(|_| None, saved);
        let before = bytes(&run.log);
        for role in Role::ALL.into_iter().filter(|role| !role.outputs().is_empty()) {
            if role.inputs().is_empty() {
                continue;
            }
            let mut instance = Instance::join(&run.env, role, "quiet").unwrap();
            let refused = loop {
                match instance.step() {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            assert!(matches!(refused, ShellError::PlaceLost { group, .. } if group == role));
            assert!(refused.to_string().contains("groups adopt"), "{refused}");
        }
        for role in Role::ALL.into_iter().filter(|role| !role.inputs().is_empty()) {
            let mut instance = Instance::join(&run.env, role, "adopting").unwrap();
            while !instance.adopt().unwrap() {}
            instance.finish().unwrap();
        }
        assert_eq!(differing(&bytes(&run.log), &before), [""; 0], "adopting writes offsets alone");
        goes_on(&run, &format!("adopted, saved state: {saved}"));
    }
}

#[test]
fn an_event_that_stands_twice_is_a_difference() {
    let run = finished(|one| Some(one.next), true);
    let place = TopicPartition::new(Topic::Predictions.name(), 0);
    let all = contents(&run.log, &BTreeMap::new());
    let one = all[&place].last().unwrap().clone();
    let again = NewRecord {
        to: place,
        timestamp_ms: one.timestamp_ms,
        key: one.key,
        value: one.value,
        headers: one.headers,
    };
    let batch = Batch { records: vec![again], ..Batch::default() };
    run.log.producer("test").unwrap().publish(batch, None).unwrap();
    let found = verify(&run.env, Verification::default(), &mut |_| {}).unwrap();
    let [one] = &found.differences[..] else { panic!("{:?}", found.differences) };
    assert!(one.what.contains("stands twice on butterquant.predictions.v1/0"), "{}", one.what);
}

#[test]
fn what_a_verification_finds_does_not_depend_on_how_many_units_are_verified_at_once() {
    let run = finished(|one| Some(one.next), true);
    let all = contents(&run.log, &BTreeMap::new());
    // Events of four roles once more, in more partitions than one.
    let topics = [Topic::Features, Topic::Predictions, Topic::Scans, Topic::Fills];
    let mut records = Vec::new();
    for (place, known) in &all {
        if topics.iter().any(|topic| topic.name() == &*place.topic) {
            let again = known.iter().rev().take(3).cloned();
            records.extend(again.map(|Record { timestamp_ms, key, value, headers, .. }| {
                NewRecord { to: place.clone(), timestamp_ms, key, value, headers }
            }));
        }
    }
    let batch = Batch { records, ..Batch::default() };
    run.log.producer("test").unwrap().publish(batch, None).unwrap();
    let with = |threads| {
        let what = Verification { threads, ..Verification::default() };
        verify(&run.env, what, &mut |_| {}).unwrap()
    };
    let one = with(1);
    assert!(one.differences.len() > topics.len(), "{:?}", one.differences);
    for threads in [2, 3, 64] {
        assert_eq!(with(threads), one, "{threads} at once");
    }
    assert_eq!(one.events, one.roles.iter().map(|role| role.events).sum::<u64>());
}

/// What `groups seek` puts in place of a later state: the one that was saved then, with the offsets committed with it.
#[test]
fn the_state_of_an_earlier_day_is_the_one_that_was_saved_then() {
    let run = SIMULATION.run();
    let (day, _) = SIMULATION.day(1);
    run.play_to(day);
    let (saved, offsets) = (run.states.all(), committed(&run.log));
    run.play_to_the_end();
    for role in [Role::Scanner, Role::Labeler, Role::Executor, Role::Retrainer] {
        let shares: Vec<Vec<u32>> = match role.by_partition() {
            true => (0..run.env.partitions).map(|one| vec![one]).collect(),
            false => vec![(0..run.env.partitions).collect()],
        };
        for share in shares {
            let earlier = run.env.earlier_state(role, &share, day).unwrap();
            let (then, now) = (&saved[&earlier.unit], earlier.checkpoint.unwrap());
            assert_eq!(earlier.closed, day, "{role}");
            assert_eq!(now.machine, then.machine, "{role}");
            assert_eq!(now.cursor.positions, then.cursor.positions, "{role}");
            for (place, next) in &earlier.offsets {
                let committed =
                    run.log.committed(role.name(), std::slice::from_ref(place)).unwrap();
                assert!(committed[0] > Some(*next), "{role}: {place} has gone on since");
            }
        }
    }
    assert_ne!(committed(&run.log), offsets);
}
