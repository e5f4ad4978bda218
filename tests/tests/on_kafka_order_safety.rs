//! As `order_safety`, on Apache Kafka: roles are members of a group there, and a standby takes over
//! when the active one's session ends.

use std::sync::LazyLock;
use tests::cluster::Cluster;
use tests::orders::Home;
use tests::orders::scenes::{
    broker_killed_before_the_acknowledgement, broker_that_fails_in_every_way,
    halted_before_the_orders_are_sent, role_killed_before_the_acknowledgement,
    role_that_wakes_is_fenced_on_the_log, role_that_wakes_is_refused_by_the_broker,
};

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| Cluster::start(1));

fn kafka() -> Option<Home> {
    CLUSTER.as_ref().map(|cluster| Home::Kafka(cluster.brokers().to_owned()))
}

#[test]
fn a_role_killed_between_submit_and_acknowledgement_sends_nothing_again() {
    let Some(kafka) = kafka() else { return };
    role_killed_before_the_acknowledgement(&kafka, &[1, 4, 9, 20]);
}

#[test]
fn a_role_that_sleeps_through_a_takeover_is_refused_by_the_broker() {
    let Some(kafka) = kafka() else { return };
    role_that_wakes_is_refused_by_the_broker(&kafka);
}

#[test]
fn and_fenced_on_the_log_where_it_has_nothing_left_to_send() {
    let Some(kafka) = kafka() else { return };
    role_that_wakes_is_fenced_on_the_log(&kafka);
}

#[test]
fn a_broker_killed_before_it_acknowledges_is_asked_when_it_is_back() {
    let Some(kafka) = kafka() else { return };
    broker_killed_before_the_acknowledgement(&kafka, &[1, 4, 9, 20]);
}

#[test]
fn what_a_broker_leaves_open_blocks_its_track_until_it_is_settled() {
    let Some(kafka) = kafka() else { return };
    broker_that_fails_in_every_way(&kafka);
}

#[test]
fn a_halt_uses_up_the_ids_of_orders_not_sent_yet() {
    let Some(kafka) = kafka() else { return };
    halted_before_the_orders_are_sent(&kafka);
}
