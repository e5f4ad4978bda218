//! Day markers and the day order under events sent twice, late, changed, in part, or never.

use eventlog::MemoryLog;
use schemas::events::{Bars, Scans};
use schemas::role::Role;
use schemas::{Body, Day, Event, Topic};
use shell::instance::{Instance, Progress};
use shell::record_codec;
use std::sync::LazyLock;
use tests::simulation::Simulation;
use tests::simulation::checks::{events, replays};
use tests::simulation::dimensions::{PARTITIONS, SIMULATED};
use tests::simulation::market::EMPTY_PARTITION;
use tests::simulation::snapshot::contents;
use tests::simulation::world::cast;

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

#[test]
fn a_partition_without_events_has_every_days_marker_on_every_topic() {
    for (place, records) in &SIMULATION.reference.contents {
        let topic: Topic = place.topic.parse().unwrap();
        if topic.single() || !topic.marked() || place.partition != EMPTY_PARTITION {
            continue;
        }
        let found: Vec<Event> =
            records.iter().map(|record| record_codec::event(topic, record).unwrap()).collect();
        let said: Vec<&Event> =
            found.iter().filter(|event| event.body.marker().is_none()).collect();
        assert!(said.iter().all(|event| event.ticker.is_empty()), "{place}: {said:?}");
        let markers: Vec<(Day, Day)> = found
            .iter()
            .filter_map(|event| Some((event.day, event.body.marker()?.previous_day)))
            .collect();
        assert_eq!(
            markers,
            (0..SIMULATED).map(|number| SIMULATION.day(number)).collect::<Vec<_>>(),
            "{place}"
        );
    }
}

#[test]
fn a_source_killed_in_mid_day_gives_the_whole_day_again() {
    // Given: one partition whole, another without its marker, the third without anything.
    let (run, day) = (SIMULATION.run(), SIMULATION.market_day(0));
    let half: Vec<Event> = day
        .iter()
        .filter(|event| match record_codec::partition(event, PARTITIONS) {
            0 => true,
            2 => event.body.marker().is_none(),
            _ => false,
        })
        .cloned()
        .collect();
    run.write(&half);
    // When the roles have read that, and a source starts again,
    run.readers().into_iter().for_each(|instance| instance.finish().unwrap());
    run.play_to_the_end();
    // then the second copies are dropped, and everything else is as it would have been.
    run.check_decisions();
    assert!(run.late("scanner-0") > 0);
    assert!(run.repeated("scanner-2") > 0);
}

#[test]
fn two_sources_at_once_give_no_day_twice() {
    let (run, world) = (SIMULATION.run(), &SIMULATION.world);
    // Given a source that has looked where the log ends and found no new day yet,
    let (first, before) = SIMULATION.day(0);
    let market = world.market.on(before);
    let mut early = world.source_of(&run.env, market.clone(), first);
    assert_eq!(early.step().unwrap(), Progress::Idle);
    // when another gives the day, and then the first one learns of it,
    let mut other = world.source(&run.env, first);
    assert_eq!(other.step().unwrap(), Progress::Worked);
    market.learn();
    while !matches!(early.step(), Ok(Progress::Idle)) {}
    // then the day is there once.
    run.play_to_the_end();
    run.check_decisions();
    assert_eq!(contents(&run.log, &world.base.ends).len(), SIMULATION.reference.contents.len());
    assert_eq!(run.late("scanner-0"), 0);
}

#[test]
fn roles_restarted_at_every_point_of_a_day_decide_the_same() {
    let run = SIMULATION.run();
    let mut env = run.env.clone();
    (env.policy.max_records, env.policy.idle_commit) = (1, 1);
    let mut source = SIMULATION.world.source(&env, SIMULATION.world.last_day);
    for round in 0..400 {
        let _ = source.step().unwrap();
        for mut instance in cast(&env) {
            for _ in 0..3 + round % 5 {
                instance.step().unwrap();
            }
        }
    }
    run.play_to_the_end();
    run.check_decisions();
    SIMULATION.reference.check(&SIMULATION.world, &run.ended()).unwrap();
}

#[test]
fn the_same_day_run_twice_changes_nothing() {
    let run = SIMULATION.run();
    let (first, _) = SIMULATION.day(0);
    // Before anybody has read it, and once more after everybody has.
    run.write(&SIMULATION.market_day(0));
    run.write(&SIMULATION.market_day(0));
    run.play_to(first);
    run.write(&SIMULATION.market_day(0));
    run.play_to_the_end();
    run.check_decisions();
    for (unit, expected) in [("scanner-0", 2), ("executor", 2), ("retrainer", 2)] {
        assert!(run.late(unit) >= expected, "{unit}: {}", run.late(unit));
    }
}

#[test]
fn a_late_bar_is_counted_and_never_used() {
    let run = SIMULATION.run();
    let (first, _) = SIMULATION.day(0);
    run.play_to(first);
    let late = bar_of(&SIMULATION.market_day(0), 1.5);
    run.write(&[late]);
    run.play_to_the_end();
    run.check_decisions();
    let counted: u64 =
        (0..PARTITIONS).map(|partition| run.late(&format!("scanner-{partition}"))).sum();
    assert_eq!((counted, run.late("executor"), run.late("retrainer")), (1, 1, 1));
}

#[test]
fn a_corrected_bar_counts_from_its_day_on_and_changes_no_day_before() {
    let run = SIMULATION.run();
    let ((first, _), (second, _)) = (SIMULATION.day(0), SIMULATION.day(1));
    run.play_to(first);
    // Given a first day that is over, when its bar is corrected on the second,
    let Body::Bars(Bars::BarClosed(bar)) = bar_of(&SIMULATION.market_day(0), 1.03).body else {
        panic!("no bar")
    };
    let ticker = bar_of(&SIMULATION.market_day(0), 1.0).ticker;
    let market = SIMULATION.world.market.changed(&ticker, &bar);
    run.play(SIMULATION.world.source_of(&run.env, market, SIMULATION.world.last_day));
    // then the first day stands as it was, and the second sees the new figure.
    let scan = |log: &MemoryLog, day: Day| {
        let scans = events(&SIMULATION.world, log).into_iter().map(|(_, _, event)| event);
        let of_ticker = |event: &Event| event.ticker == ticker && event.day == day;
        let mut scans = scans.filter(|event| {
            of_ticker(event) && matches!(event.body, Body::Scans(Scans::CandidateScanned(_)))
        });
        scans.next().unwrap()
    };
    let undisturbed = SIMULATION.run();
    undisturbed.play_to_the_end();
    assert_eq!(scan(&run.log, first), scan(&undisturbed.log, first));
    assert_ne!(scan(&run.log, second), scan(&undisturbed.log, second));
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
}

/// The first bar among `events`, its prices times `factor`, as an event of its own.
fn bar_of(events: &[Event], factor: f64) -> Event {
    let found = events.iter().find(|event| matches!(event.body, Body::Bars(Bars::BarClosed(_))));
    let mut event = found.unwrap_or_else(|| panic!("no bar")).clone();
    if let Body::Bars(Bars::BarClosed(bar)) = &mut event.body {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= factor;
        }
    }
    event
}

#[test]
fn every_role_that_reads_waits_for_every_input() {
    // One table gives the day's order; a role that omits an input would not wait for it.
    for role in Role::ALL.into_iter().filter(|role| !role.inputs().is_empty()) {
        let env = SIMULATION.run().env;
        let mut instance = Instance::join(&env, role, "alone").unwrap();
        while instance.step().unwrap() == Progress::Worked {}
        let first = role.inputs().iter().find(|input| !input.day_before).unwrap();
        assert!(
            instance.units().iter().all(|unit| unit.due().0.topic.contains(first.topic.dataset())),
            "{role}"
        );
    }
}
