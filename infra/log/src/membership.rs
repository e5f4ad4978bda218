//! What every home checks about groups and their members.

use crate::{LogError, Member, Result};

/// The partition count all `topics` share.
pub(crate) fn shared_count(topics: &[String], count: impl Fn(&str) -> Option<u32>) -> Result<u32> {
    let mut shared = None;
    for topic in topics {
        let found = count(topic).ok_or_else(|| LogError::no_topic(topic))?;
        match shared {
            Some(partitions) if partitions != found => {
                return Err(LogError::fatal(
                    format!("{found} partitions, where the topics before it have {partitions}"),
                    topic,
                    "a group's topics share one partition count; read single-partition topics \
                     outside the group",
                ));
            }
            _ => shared = Some(found),
        }
    }
    shared.ok_or_else(|| LogError::fatal("no topics", "a group", "name at least one topic"))
}

/// A producer was given the member of another log.
pub(crate) fn foreign_member(member: &dyn Member) -> LogError {
    LogError::fatal(
        "the member belongs to another log",
        member.group(),
        "publish with a member and a producer of the same log",
    )
}
