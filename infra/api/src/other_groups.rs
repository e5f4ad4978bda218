//! Groups of other programs that read this run's topics: subscribers on Kafka.

use crate::group_change::role_of;
use anyhow::Result;
use eventlog::{GroupAdmin, GroupListing, Log, TopicPartition};
use schemas::Topic;
use serde::Serialize;
use std::collections::BTreeSet;

/// A group of another program.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OtherGroup {
    /// Its name.
    pub group: String,
    /// Its state in Kafka's words.
    pub state: String,
    /// How many members it has.
    pub members: usize,
    /// This run's topics that it reads, by their short names.
    pub topics: Vec<&'static str>,
    /// Partitions that it has committed offsets of.
    pub partitions: usize,
    /// Offsets from the committed ones to the ends.
    pub lag: u64,
}

/// Those on `log`, by name.
///
/// # Errors
/// The log's.
pub(crate) fn other_groups(log: &dyn Log) -> Result<Vec<OtherGroup>> {
    let admin = log.group_admin()?;
    let mut found = Vec::new();
    for one in &admin.list()? {
        if role_of(&*admin, &one.name).is_none() {
            found.extend(of_another(log, &*admin, one)?);
        }
    }
    Ok(found)
}

fn of_another(
    log: &dyn Log,
    admin: &dyn GroupAdmin,
    one: &GroupListing,
) -> Result<Option<OtherGroup>> {
    let topic = |place: &TopicPartition| place.topic.parse::<Topic>().ok();
    let (mut topics, mut partitions, mut lag) = (BTreeSet::new(), 0, 0u64);
    for (place, offset) in admin.offsets(&one.name)? {
        let Some(topic) = topic(&place) else { continue };
        topics.insert(topic.dataset());
        partitions += 1;
        lag += log.watermarks(&place)?.high.saturating_sub(offset);
    }
    let members = if one.active { admin.members(&one.name)? } else { Vec::new() };
    let held = members.iter().flat_map(|member| &member.partitions);
    topics.extend(held.filter_map(|place| topic(place).map(Topic::dataset)));
    Ok((!topics.is_empty()).then(|| OtherGroup {
        group: one.name.clone(),
        state: one.state.clone(),
        members: members.len(),
        topics: topics.into_iter().collect(),
        partitions,
        lag,
    }))
}
