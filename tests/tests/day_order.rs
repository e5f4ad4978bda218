//! Day markers and the day order where they break systems: what is sent twice, late, changed,
//! half, or never.

use eventlog::MemoryLog;
use producers::source::Change;
use schemas::events::{Bars, Controls, DayClosed, DayForced, Fills, Orders, Scans};
use schemas::role::Role;
use schemas::{Body, Day, Event, Topic};
use shell::instance::{Instance, Progress};
use shell::replay::verify;
use shell::wire;
use std::sync::LazyLock;
use tests::simulation::Simulation;
use tests::simulation::checks::{events, replays};
use tests::simulation::market::EMPTY_PARTITION;
use tests::simulation::snapshot::contents;
use tests::simulation::theatre::UNITS;
use tests::simulation::world::{PARTITIONS, SIMULATED, cast, cast_without, settle};

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

#[test]
fn a_partition_without_events_has_every_days_marker_on_every_topic() {
    for (place, records) in &SIMULATION.reference.contents {
        let topic: Topic = place.topic.parse().unwrap();
        if topic.single() || !topic.marked() || place.partition != EMPTY_PARTITION {
            continue;
        }
        let found: Vec<Event> =
            records.iter().map(|record| wire::event(topic, record).unwrap()).collect();
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
        .filter(|event| match wire::partition(event, PARTITIONS) {
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
    let change = Change { ticker: ticker.clone(), bar, revision: 1 };
    let market = SIMULATION.world.market.changed(change);
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

#[test]
fn a_day_that_never_closes_is_waited_for_until_an_operator_closes_it() {
    let (run, (day, previous)) = (SIMULATION.run(), SIMULATION.day(0));
    // Given a day whose marker is missing on one partition,
    let missing = SIMULATION
        .market_day(0)
        .into_iter()
        .find(|event| event.body.marker().is_some_and(|marker| marker.partition == 2));
    let missing = missing.unwrap();
    let given: Vec<Event> =
        SIMULATION.market_day(0).into_iter().filter(|event| event.id != missing.id).collect();
    run.write(&given);
    let mut instances = run.readers();
    // then everybody waits, and says for what,
    let waits = |unit: &str| {
        let all = run.env.board.all();
        all.into_iter()
            .find(|status| status.unit == unit)
            .map(|status| (status.closed, status.waits_for))
            .unwrap()
    };
    assert_eq!(waits("scanner-2"), (previous, "butterquant.bars.v1/2".to_owned()));
    assert_eq!(waits("scanner-0").0, day);
    assert_eq!(waits("executor"), (previous, "butterquant.fills.v1/0".to_owned()));
    assert_eq!(waits("broker"), (previous, "butterquant.bars.v1/2".to_owned()));
    assert_eq!(run.env.board.closed_by_all(UNITS), Some(previous));
    // until the marker is written, with its usual id, and the reason said.
    let forced = DayClosed { partition: 2, previous_day: previous, ..DayClosed::default() };
    let forced = Event::marker(Topic::Bars, day, forced).unwrap();
    assert_eq!(forced.id, missing.id);
    let word = DayForced {
        topic: "bars".to_owned(),
        partition: 2,
        closed_day: day,
        reason: "the test".to_owned(),
    };
    shell::open::say(&run.log, Controls::DayForced(word)).unwrap();
    run.write(&[forced]);
    settle(&mut instances, &mut || Progress::Idle);
    assert_eq!(run.env.board.closed_by_all(UNITS), Some(day));
    // What comes after is late, and the run goes on.
    run.write(&[missing]);
    instances.into_iter().for_each(|instance| instance.finish().unwrap());
    run.play_to_the_end();
    assert_eq!((run.late("scanner-2"), run.late("executor")), (1, 1));
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
    assert_eq!(verify(&run.env, &mut |_| {}).unwrap().differences, Vec::new());
}

#[test]
fn a_day_closed_in_the_executors_place_is_replayed_as_it_was_lived() {
    // Given a day that the executor did not come to and that an operator closed for it,
    let intended =
        |topic, event: &Event| topic == Topic::Orders && event.body.kind() == "ORDER_INTENDED";
    let undisturbed = SIMULATION.run();
    undisturbed.play_to_the_end();
    let orders = events(&SIMULATION.world, &undisturbed.log);
    let days: Vec<Day> = orders
        .iter()
        .filter(|(topic, _, event)| intended(*topic, event))
        .map(|(_, _, event)| event.day)
        .collect();
    let number = (1..SIMULATED).find(|number| days.contains(&SIMULATION.day(*number).0)).unwrap();
    let (run, (day, previous)) = (SIMULATION.run(), SIMULATION.day(number));
    run.play_to(previous);
    run.write(&SIMULATION.market_day(number));
    let mut instances = cast_without(&run.env, Role::Executor);
    settle(&mut instances, &mut || Progress::Idle);
    let forced = (0..PARTITIONS).map(|partition| {
        let marker = DayClosed {
            partition: i64::from(partition),
            previous_day: previous,
            ..DayClosed::default()
        };
        let mut marker = Event::marker(Topic::Orders, day, marker).unwrap();
        marker.control_offset = Some(0);
        marker
    });
    run.write(&forced.collect::<Vec<_>>());
    settle(&mut instances, &mut || Progress::Idle);
    instances.into_iter().for_each(|instance| instance.finish().unwrap());
    // when the executor comes back and says what it decides of that day after all,
    run.play_to_the_end();
    // then the broker never trades it,
    let events = events(&SIMULATION.world, &run.log);
    let late: Vec<i64> = events
        .iter()
        .filter_map(|(_, _, event)| match &event.body {
            Body::Orders(Orders::OrderIntended(intent)) if event.day == day => {
                Some(intent.broker_order_id)
            }
            _ => None,
        })
        .collect();
    let traded = |(_, _, event): &(Topic, i64, Event)| match &event.body {
        Body::Fills(Fills::OrderExecuted(done)) => late.contains(&done.broker_order_id),
        _ => false,
    };
    assert!(!late.is_empty() && !events.iter().any(traded), "{late:?}");
    // and the executor's state is made again from the log as it lived it.
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
}

/// The first bar among `events`, its prices times `factor`, as an event of its own.
fn bar_of(events: &[Event], factor: f64) -> Event {
    let found = events.iter().find(|event| matches!(event.body, Body::Bars(Bars::BarClosed(_))));
    let mut event = found.unwrap().clone();
    if let Body::Bars(Bars::BarClosed(bar)) = &mut event.body {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= factor;
        }
    }
    event
}

#[test]
fn every_role_that_reads_waits_for_every_input() {
    // The order of the day is one table; a role that leaves an input out would not wait for it.
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
