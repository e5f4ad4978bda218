//! The offsets and members of one group, whoever it belongs to, asked and set through librdkafka's C interface:
//! rdkafka has neither, and its consumers know the offsets of their own group alone.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};
use sys::rd_kafka_admin_op_t as Op;

use super::native_admin::answer;
use super::partitions::unsigned;

type Result<T> = std::result::Result<T, Code>;

/// A place under its name on the cluster, with something that belongs to it.
pub(super) type Placed<T> = (String, u32, T);

/// A member as the cluster describes it.
pub(super) struct Described {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) host: String,
    pub(super) held: Vec<Placed<()>>,
}

/// What `group` has committed, on whatever topics.
pub(super) fn committed<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
    group: &str,
) -> Result<Vec<Placed<u64>>> {
    let name = CString::new(group).map_err(|_| Code::InvalidArgument)?;
    // SAFETY: the request is destroyed once, after it was sent, which copies it; the event that is read lives as long
    // as the call.
    unsafe {
        let mut of = sys::rd_kafka_ListConsumerGroupOffsets_new(name.as_ptr(), std::ptr::null());
        let found = answer(
            client,
            timeout,
            Op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
            |rk, options, queue| {
                sys::rd_kafka_ListConsumerGroupOffsets(rk, &raw mut of, 1, options, queue);
            },
            |event| {
                let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event);
                let mut count = 0;
                let groups =
                    sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &raw mut count);
                of_group(groups, count)
            },
        );
        sys::rd_kafka_ListConsumerGroupOffsets_destroy(of);
        let found = found?.into_iter();
        // A negative offset is none.
        Ok(found
            .filter(|(_, _, offset)| *offset >= 0)
            .map(|(topic, partition, offset)| (topic, partition, unsigned(offset)))
            .collect())
    }
}

/// Commits these offsets for `group`, which has no members.
pub(super) fn set<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
    group: &str,
    offsets: impl Iterator<Item = Placed<u64>>,
) -> Result<()> {
    let name = CString::new(group).map_err(|_| Code::InvalidArgument)?;
    let mut list = TopicPartitionList::new();
    for (topic, partition, offset) in offsets {
        let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        list.add_partition_offset(&topic, partition as i32, offset)
            .map_err(|_| Code::InvalidArgument)?;
    }
    // SAFETY: as in `committed`; the request copies the list.
    unsafe {
        let mut to = sys::rd_kafka_AlterConsumerGroupOffsets_new(name.as_ptr(), list.ptr());
        let done = answer(
            client,
            timeout,
            Op::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS,
            |rk, options, queue| {
                sys::rd_kafka_AlterConsumerGroupOffsets(rk, &raw mut to, 1, options, queue);
            },
            |event| {
                let result = sys::rd_kafka_event_AlterConsumerGroupOffsets_result(event);
                let mut count = 0;
                let groups =
                    sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &raw mut count);
                of_group(groups, count)
            },
        );
        sys::rd_kafka_AlterConsumerGroupOffsets_destroy(to);
        done.map(|_| ())
    }
}

/// The partitions in the answer about one group, each with its offset; the first error of a partition is that of all.
///
/// # Safety
///
/// `groups` are `count` results of a live event.
unsafe fn of_group(
    groups: *mut *const sys::rd_kafka_group_result_t,
    count: usize,
) -> Result<Vec<Placed<i64>>> {
    if groups.is_null() || count == 0 {
        return Err(Code::Fail);
    }
    // SAFETY: all that is read belongs to the live event, and is checked before it is followed.
    unsafe {
        let error = sys::rd_kafka_group_result_error(*groups);
        if !error.is_null() {
            return Err(Code::from(sys::rd_kafka_error_code(error)));
        }
        places(sys::rd_kafka_group_result_partitions(*groups))
    }
}

/// The members of `group`.
pub(super) fn members<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
    group: &str,
) -> Result<Vec<Described>> {
    let name = CString::new(group).map_err(|_| Code::InvalidArgument)?;
    let mut names = [name.as_ptr()];
    // SAFETY: the names outlive the call, and nothing borrowed from the event outlives it.
    unsafe {
        answer(
            client,
            timeout,
            Op::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
            |rk, options, queue| {
                sys::rd_kafka_DescribeConsumerGroups(rk, names.as_mut_ptr(), 1, options, queue);
            },
            |event| described(event),
        )
    }
}

/// # Safety
///
/// `event` is a live event that answers one `DescribeConsumerGroups` of one group.
unsafe fn described(event: *mut sys::rd_kafka_event_t) -> Result<Vec<Described>> {
    // SAFETY: all that is read belongs to the live event, and is checked before it is followed.
    unsafe {
        let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event);
        let mut count = 0;
        let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &raw mut count);
        if groups.is_null() || count == 0 {
            return Err(Code::Fail);
        }
        let error = sys::rd_kafka_ConsumerGroupDescription_error(*groups);
        match Code::from(sys::rd_kafka_error_code(error)) {
            Code::NoError => {}
            Code::GroupIdNotFound | Code::UnknownGroup => return Ok(Vec::new()),
            code => return Err(code),
        }
        let mut members = Vec::new();
        for at in 0..sys::rd_kafka_ConsumerGroupDescription_member_count(*groups) {
            let member = sys::rd_kafka_ConsumerGroupDescription_member(*groups, at);
            let assigned = sys::rd_kafka_MemberDescription_assignment(member);
            let held = match assigned.is_null() {
                true => Vec::new(),
                false => places(sys::rd_kafka_MemberAssignment_partitions(assigned))?,
            };
            members.push(Described {
                id: text(sys::rd_kafka_MemberDescription_consumer_id(member)),
                client: text(sys::rd_kafka_MemberDescription_client_id(member)),
                host: text(sys::rd_kafka_MemberDescription_host(member)),
                held: held
                    .into_iter()
                    .map(|(topic, partition, _)| (topic, partition, ()))
                    .collect(),
            });
        }
        Ok(members)
    }
}

/// # Safety
///
/// `list` is null or a live list.
unsafe fn places(list: *const sys::rd_kafka_topic_partition_list_t) -> Result<Vec<Placed<i64>>> {
    if list.is_null() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    // SAFETY: the list has `cnt` elements.
    unsafe {
        for at in 0..usize::try_from((*list).cnt).unwrap_or(0) {
            let element = &*(*list).elems.add(at);
            match Code::from(element.err) {
                Code::NoError => {}
                code => return Err(code),
            }
            let partition = u32::try_from(element.partition).unwrap_or(0);
            found.push((text(element.topic), partition, element.offset));
        }
    }
    Ok(found)
}

/// # Safety
///
/// `text` is null or a live string.
unsafe fn text(text: *const c_char) -> String {
    match text.is_null() {
        true => String::new(),
        // SAFETY: it is a live string.
        false => unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() },
    }
}
