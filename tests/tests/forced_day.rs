//! An operator closes a day that does not close by itself.

use schemas::events::{Controls, DayClosed, DayForced, Fills, Orders};
use schemas::role::Role;
use schemas::{Body, Day, Event, Topic};
use shell::instance::Progress;
use std::sync::LazyLock;
use tests::simulation::Simulation;
use tests::simulation::checks::{events, replays};
use tests::simulation::dimensions::{PARTITIONS, SIMULATED};
use tests::simulation::part::UNITS;
use tests::simulation::world::{cast_without, settle};

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

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
    // then every role waits and reports what it waits for,
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
    // until the marker is written, with its usual id and the reason.
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
    // Later events are late, and the run goes on.
    run.write(&[missing]);
    instances.into_iter().for_each(|instance| instance.finish().unwrap());
    run.play_to_the_end();
    assert_eq!((run.late("scanner-2"), run.late("executor")), (1, 1));
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
}

#[test]
fn a_day_closed_in_the_executors_place_is_replayed_as_it_was_lived() {
    // Given a day that the executor did not reach and that an operator closed for it,
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
    // when the executor returns and publishes its decisions of that day after all,
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
    // and the executor's state is rebuilt from the log as it was.
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
}
