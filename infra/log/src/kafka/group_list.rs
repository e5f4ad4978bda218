//! The groups of a cluster and whether they have members, asked through librdkafka's C interface because rdkafka's
//! own list does not know groups of the new protocol.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::errors::of_code;
use super::native_admin::answer;
use crate::{GroupListing, Result};

const PLACE: &str = "the list of groups";

/// All groups.
pub(super) fn groups<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
) -> Result<Vec<GroupListing>> {
    // SAFETY: the function asked is that of the options, and nothing borrowed from the event outlives it.
    let found = unsafe {
        answer(
            client,
            timeout,
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS,
            |rk, options, queue| sys::rd_kafka_ListConsumerGroups(rk, options, queue),
            |event| read(event),
        )
    };
    found.map_err(|code| of_code(code, PLACE))
}

/// Reads the groups out of the answer.
///
/// # Safety
///
/// `event` is a live event that answers one `ListConsumerGroups`.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> std::result::Result<Vec<GroupListing>, Code> {
    use sys::rd_kafka_consumer_group_state_t as State;
    // SAFETY: the answer and all that is read from it belong to the live event; each
    // pointer is checked before it is followed.
    unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroups_result(event);
        if result.is_null() {
            return Err(Code::Fail);
        }
        // A broker that does not answer may hold groups of its own.
        let mut failed = 0;
        let errors = sys::rd_kafka_ListConsumerGroups_result_errors(result, &mut failed);
        if failed > 0 && !errors.is_null() {
            return Err(Code::from(sys::rd_kafka_error_code(*errors)));
        }
        let mut count = 0;
        let groups = sys::rd_kafka_ListConsumerGroups_result_valid(result, &mut count);
        let mut listed = Vec::new();
        for at in 0..if groups.is_null() { 0 } else { count } {
            let group = *groups.add(at);
            let state = sys::rd_kafka_ConsumerGroupListing_state(group);
            let name = sys::rd_kafka_ConsumerGroupListing_group_id(group);
            let empty = matches!(
                state,
                State::RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY
                    | State::RD_KAFKA_CONSUMER_GROUP_STATE_DEAD
            );
            let word = sys::rd_kafka_consumer_group_state_name(state);
            if !name.is_null() && !word.is_null() {
                let text = |text| CStr::from_ptr(text).to_string_lossy().into_owned();
                listed.push(GroupListing { name: text(name), state: text(word), active: !empty });
            }
        }
        Ok(listed)
    }
}
