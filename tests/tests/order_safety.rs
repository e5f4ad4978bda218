//! An intent is submitted at most once, and no fill is counted twice or missed, whether the role or
//! its broker dies, stalls or does not answer in between; on the embedded log.

use tests::orders::Home;
use tests::orders::scenes::{
    broker_killed_before_the_acknowledgement, broker_that_fails_in_every_way,
    halted_before_the_orders_are_sent, role_killed_before_the_acknowledgement,
    role_that_wakes_is_fenced_on_the_log, role_that_wakes_is_refused_by_the_broker,
};

const KILLS: [i64; 14] = [1, 2, 4, 5, 7, 9, 12, 15, 20, 24, 29, 35, 41, 46];

#[test]
fn a_role_killed_between_submit_and_acknowledgement_sends_nothing_again() {
    role_killed_before_the_acknowledgement(&Home::Embedded, &KILLS);
}

#[test]
fn a_role_that_sleeps_through_a_takeover_is_refused_by_the_broker() {
    role_that_wakes_is_refused_by_the_broker(&Home::Embedded);
}

#[test]
fn and_fenced_on_the_log_where_it_has_nothing_left_to_send() {
    role_that_wakes_is_fenced_on_the_log(&Home::Embedded);
}

#[test]
fn a_broker_killed_before_it_acknowledges_is_asked_when_it_is_back() {
    broker_killed_before_the_acknowledgement(&Home::Embedded, &KILLS);
}

#[test]
fn what_a_broker_leaves_open_blocks_its_track_until_it_is_settled() {
    broker_that_fails_in_every_way(&Home::Embedded);
}

#[test]
fn a_halt_uses_up_the_ids_of_orders_not_sent_yet() {
    halted_before_the_orders_are_sent(&Home::Embedded);
}
