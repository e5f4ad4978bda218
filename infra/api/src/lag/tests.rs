//! The verdict on a unit, by its progress.

use super::*;
use shell::cursor::Counts;

fn check(unit: (&str, Topic, u64), current: Option<Day>, newest: i32, expect: (UnitState, &str)) {
    let (role, topic, next_offset) = unit;
    let progress = UnitProgress {
        role: role.to_owned(),
        unit: role.to_owned(),
        closed: Day(17_711),
        current,
        topic: topic.dataset().to_owned(),
        partition: 3,
        next_offset,
        counts: Counts::default(),
    };
    let ends = BTreeMap::from([(record_codec::place(topic, 3), 10)]);
    let found = unit_lag(progress, &ends, Some(Day(newest)));
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
