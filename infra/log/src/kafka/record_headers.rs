//! The headers of a message, read through librdkafka's C interface: rdkafka panics over a name that is not UTF-8, and
//! any client may write one.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::{ptr, slice};

use rdkafka::bindings as sys;
use rdkafka::error::IsError;
use rdkafka::message::BorrowedMessage;

/// Names and values in their order; a null value is `None`. What is not UTF-8 in a name is replaced.
pub(super) fn headers(message: &BorrowedMessage<'_>) -> Vec<(String, Option<Vec<u8>>)> {
    let mut all = Vec::new();
    // SAFETY: the message owns its headers, and is borrowed; librdkafka gives each name as a C string and each value
    // with its length, valid as long as the headers; both are copied here.
    unsafe {
        let mut headers = ptr::null_mut();
        if sys::rd_kafka_message_headers(message.ptr(), &mut headers).is_error() {
            return all;
        }
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        while !sys::rd_kafka_header_get_all(headers, all.len(), &mut name, &mut value, &mut size)
            .is_error()
        {
            let bytes = (!value.is_null()).then(|| slice::from_raw_parts(value.cast::<u8>(), size));
            let name = CStr::from_ptr(name).to_string_lossy().into_owned();
            all.push((name, bytes.map(<[u8]>::to_vec)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::ffi::c_int;
    use std::time::Duration;

    use rdkafka::config::ClientConfig;
    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::{BaseProducer, Producer as _};

    use super::super::reader::KafkaReader;
    use super::*;
    use crate::{Headers, KafkaSettings, NULLS, Reader as _, TopicPartition};

    /// Given a message with such headers, as only other clients write them, then it is read.
    #[test]
    fn a_name_that_is_not_utf8_and_a_null_value_are_read() {
        use sys::rd_kafka_vtype_t as V;
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        let producer: BaseProducer = config.create().unwrap();
        // SAFETY: the strings outlive the calls; producev takes over the headers.
        let written = unsafe {
            let headers = sys::rd_kafka_headers_new(2);
            sys::rd_kafka_header_add(headers, c"\xffname".as_ptr(), -1, c"v".as_ptr().cast(), 1);
            sys::rd_kafka_header_add(headers, c"null".as_ptr(), -1, ptr::null(), 0);
            sys::rd_kafka_producev(
                producer.client().native_ptr(),
                V::RD_KAFKA_VTYPE_TOPIC as c_int,
                c"t".as_ptr(),
                V::RD_KAFKA_VTYPE_HEADERS as c_int,
                headers,
                V::RD_KAFKA_VTYPE_END as c_int,
            )
        };
        assert!(!written.is_error());
        producer.flush(Duration::from_secs(10)).unwrap();
        let mut reader = KafkaReader::new(KafkaSettings::new(cluster.bootstrap_servers())).unwrap();
        let due = [(TopicPartition::new("t", 0), 0)];
        let read = reader.poll(&due, 10, Duration::from_secs(10)).unwrap();
        let expected = [("\u{fffd}name", "v"), ("null", ""), (NULLS, "value 1")];
        assert_eq!(read[0].records[0].headers, Headers::from(expected));
    }
}
