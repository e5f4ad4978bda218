//! The id a cluster gave to a topic, asked through librdkafka's C interface because rdkafka has
//! no call for it.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::errors::of_code;
use super::native_admin::answer;
use crate::{LogError, Result};

/// The id of `topic`; `None` where it does not exist.
pub(crate) fn topic_id<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<String>> {
    let name = CString::new(topic).map_err(|_| LogError::no_topic(topic))?;
    let mut names: [*const c_char; 1] = [name.as_ptr()];
    // SAFETY: the function asked is that of the options; librdkafka copies the names; the collection is destroyed once,
    // after its last use, and nothing borrowed from the event outlives it.
    let found = unsafe {
        let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), 1);
        let found = answer(
            client,
            timeout,
            sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            |rk, options, queue| sys::rd_kafka_DescribeTopics(rk, topics, options, queue),
            |event| read(event),
        );
        sys::rd_kafka_TopicCollection_destroy(topics);
        found
    };
    match found {
        Ok(id) => Ok(Some(id)),
        Err(Code::UnknownTopicOrPartition | Code::UnknownTopic) => Ok(None),
        Err(code) => Err(of_code(code, topic)),
    }
}

/// Reads the id out of the answer.
///
/// # Safety
///
/// `event` is a live event that answers one `DescribeTopics` of one topic.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> std::result::Result<String, Code> {
    // SAFETY: the answer and all that is read from it belong to the live event; each
    // pointer is checked before it is followed.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        if result.is_null() {
            return Err(Code::Fail);
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        if topics.is_null() || count == 0 {
            return Err(Code::UnknownTopic);
        }
        let topic = *topics;
        let code =
            Code::from(sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(topic)));
        if code != Code::NoError {
            return Err(code);
        }
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        let text = if id.is_null() { id.cast() } else { sys::rd_kafka_Uuid_base64str(id) };
        match text.is_null() {
            true => Err(Code::UnsupportedVersion),
            false => Ok(CStr::from_ptr(text).to_string_lossy().into_owned()),
        }
    }
}
