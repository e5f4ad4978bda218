//! One question of librdkafka's admin interface that rdkafka does not have, asked through the C interface.
#![allow(unsafe_code)]

use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode as Code;

/// Asks by `ask`, which is given the client, the options of `kind` and the queue for the answer, and reads the answer
/// by `read`.
///
/// # Errors
/// No answer within `timeout`, the answer's own error, and those of `read`.
///
/// # Safety
///
/// `ask` calls the admin function of `kind` with what it is given, and neither closure keeps any of it. The event that
/// `read` gets lives as long as the call.
pub(super) unsafe fn answer<C: ClientContext, T>(
    client: &Client<C>,
    timeout: Duration,
    kind: sys::rd_kafka_admin_op_t,
    ask: impl FnOnce(
        *mut sys::rd_kafka_t,
        *mut sys::rd_kafka_AdminOptions_t,
        *mut sys::rd_kafka_queue_t,
    ),
    read: impl FnOnce(*mut sys::rd_kafka_event_t) -> Result<T, Code>,
) -> Result<T, Code> {
    let rk = client.native_ptr();
    // SAFETY: `rk` lives as long as `client`; the queue, the options and the event are each destroyed once, after
    // their last use.
    unsafe {
        let options = sys::rd_kafka_AdminOptions_new(rk, kind);
        let queue = sys::rd_kafka_queue_new(rk);
        ask(rk, options, queue);
        let event = sys::rd_kafka_queue_poll(queue, timeout.as_millis() as i32);
        let found = match event.is_null() {
            true => Err(Code::OperationTimedOut),
            false => match Code::from(sys::rd_kafka_event_error(event)) {
                Code::NoError => read(event),
                code => Err(code),
            },
        };
        if !event.is_null() {
            sys::rd_kafka_event_destroy(event);
        }
        sys::rd_kafka_queue_destroy(queue);
        sys::rd_kafka_AdminOptions_destroy(options);
        found
    }
}
