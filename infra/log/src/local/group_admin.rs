//! The groups of a local log, administered: its members are in this process, its offsets in the log's state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::engine::Engine;
use crate::{GroupAdmin, GroupListing, GroupMember, Result, TopicPartition};

/// The groups of a local log.
pub(crate) struct LocalGroupAdmin {
    engine: Arc<Engine>,
}

impl LocalGroupAdmin {
    /// Of `engine`'s log.
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl GroupAdmin for LocalGroupAdmin {
    fn full_name(&self, group: &str) -> String {
        group.to_owned()
    }

    fn list(&self) -> Result<Vec<GroupListing>> {
        let active: BTreeSet<String> = self.engine.groups.names().into_iter().collect();
        let committed: Vec<String> =
            self.engine.visible().state.committed.keys().cloned().collect();
        let all: BTreeSet<String> = active.iter().cloned().chain(committed).collect();
        let listed = all.into_iter().map(|name| {
            let active = active.contains(&name);
            let state = if active { "Stable" } else { "Empty" }.to_owned();
            GroupListing { name, state, active }
        });
        Ok(listed.collect())
    }

    fn members(&self, group: &str) -> Result<Vec<GroupMember>> {
        let held = self.engine.groups.members(group).into_iter();
        let member = |(instance, topics, numbers): (String, BTreeSet<String>, BTreeSet<u32>)| {
            let of = |topic: &String| {
                let topic: Arc<str> = topic.as_str().into();
                numbers.iter().map(move |number| TopicPartition::new(Arc::clone(&topic), *number))
            };
            let partitions = topics.iter().flat_map(of).collect();
            GroupMember { id: instance.clone(), client: instance, host: String::new(), partitions }
        };
        Ok(held.map(member).collect())
    }

    fn offsets(&self, group: &str) -> Result<Vec<(TopicPartition, u64)>> {
        let visible = self.engine.visible();
        let offsets = visible.state.committed.get(group).into_iter().flat_map(BTreeMap::iter);
        Ok(offsets.map(|(tp, next)| (tp.clone(), *next)).collect())
    }

    fn set_offsets(&self, group: &str, offsets: &[(TopicPartition, u64)]) -> Result<()> {
        self.engine.change_offsets(group, |state| state.plan_set(group, offsets))
    }

    fn delete(&self, group: &str) -> Result<()> {
        self.engine.change_offsets(group, |state| Ok(state.plan_delete(group)))
    }
}
