//! The verdict on a unit, by its progress.

use super::verdict::Published;
use super::*;
use eventlog::Watermarks;
use shell::cursor::Counts;
use shell::record_codec::place;

const CLOSED: Day = Day(17_711);

fn check(unit: (&str, Topic, u64), current: Option<Day>, newest: i32, expect: (UnitState, &str)) {
    check_with(unit, current, Day(newest), &[], expect);
}

/// Partition 3 of each topic ends at 10; those of `held` are held back.
fn check_with(
    unit: (&str, Topic, u64),
    current: Option<Day>,
    newest: Day,
    held: &[Topic],
    expect: (UnitState, &str),
) {
    let (role, topic, next_offset) = unit;
    let progress = UnitProgress {
        role: role.to_owned(),
        unit: role.to_owned(),
        closed: CLOSED,
        current,
        topic: topic.dataset().to_owned(),
        partition: 3,
        next_offset,
        counts: Counts::default(),
    };
    let mut ends = LogEnds::default();
    ends.ends.insert(place(topic, 3), Watermarks { low: 0, high: 10 });
    for topic in held {
        let topic_name = topic.dataset();
        let held = HeldBack { topic: topic_name, partition: 3, readable_to: 10, written_to: 12 };
        ends.held.insert(place(*topic, 3), held);
    }
    let mut published = Published { newest: Some(newest), ..Published::default() };
    if newest > CLOSED && held.contains(&topic) {
        published.next.insert(CLOSED, newest);
    }
    let role: Role = role.parse().unwrap();
    let found = UnitLag::of(progress, true, &stages(role, &[3]), &ends, &published);
    assert_eq!((found.state, found.verdict.as_str()), expect);
}

#[test]
fn a_day_that_nobody_published_is_no_stall() {
    check(("scanner", Topic::Bars, 10), None, 17_711, (UnitState::CaughtUp, "caught up"));
    check(("broker", Topic::Orders, 10), None, 17_711, (UnitState::CaughtUp, "caught up"));
}

#[test]
fn what_waits_says_for_whom_and_for_which_day() {
    check(
        ("scanner", Topic::Bars, 7),
        None,
        17_714,
        (UnitState::Behind, "behind: 3 of bars/3 to read"),
    );
    check(
        ("executor", Topic::Fills, 10),
        None,
        17_714,
        (UnitState::Waiting, "waits for fills/3 of the day after 2018-06-29"),
    );
    check(
        ("executor", Topic::Scans, 10),
        Some(Day(17_714)),
        17_714,
        (UnitState::Waiting, "waits for scans/3 of 2018-07-02"),
    );
    check(
        ("broker", Topic::Orders, 10),
        None,
        17_714,
        (UnitState::Waiting, "waits for orders/3 of 2018-06-29"),
    );
}

#[test]
fn an_open_transaction_is_named_where_it_holds_a_unit_back() {
    let held = &[Topic::Bars];
    let scanner = ("scanner", Topic::Bars, 10);
    check_with(
        scanner,
        None,
        Day(17_714),
        held,
        (UnitState::Waiting, "waits for bars/3 of 2018-07-02: an open transaction holds it back"),
    );
    // Whether a day lies behind it is not known yet.
    let says = "waits for bars/3 of the day after 2018-06-29: an open transaction holds it back";
    check_with(scanner, None, CLOSED, held, (UnitState::Waiting, says));
    let scorer = ("scorer", Topic::Features, 10);
    check_with(scorer, None, CLOSED, held, (UnitState::CaughtUp, "caught up"));
    check_with(
        scorer,
        None,
        Day(17_714),
        held,
        (UnitState::Waiting, "waits for features/3 of the day after 2018-06-29"),
    );
}
