//! A unit's name and place among the roles; fixed for its life.

use schemas::role::Role;
use schemas::{Event, Topic};

use crate::record_codec;

/// The number of the unit of `role` that reads a partition: 0 where the role has one unit.
pub fn unit_of(role: Role, partition: u32) -> u32 {
    if role.by_partition() { partition } else { 0 }
}

/// The name of the unit of `role` that reads a partition.
pub fn unit_name(role: Role, partition: u32) -> String {
    if role.by_partition() { format!("{role}-{partition}") } else { role.name().to_owned() }
}

/// A unit's name and place among the roles.
pub(crate) struct UnitIdentity {
    pub(crate) role: Role,
    /// The role's name, with the partition where the role is by partition.
    pub(crate) name: String,
    /// Partitions of a data topic.
    pub(crate) total: u32,
    /// The partitions it writes, in order.
    pub(crate) outputs: Vec<(Topic, u32)>,
}

impl UnitIdentity {
    /// The unit of `role` that holds `partitions` of `total`.
    pub(crate) fn new(role: Role, partitions: &[u32], total: u32) -> UnitIdentity {
        let outputs = role
            .outputs()
            .iter()
            .flat_map(|&topic| {
                let held = if topic.single() { &[0][..] } else { partitions };
                held.iter().map(move |&partition| (topic, partition))
            })
            .collect();
        let name = match partitions {
            [one] => unit_name(role, *one),
            _ => role.name().to_owned(),
        };
        UnitIdentity { role, name, total, outputs }
    }

    /// Which of its outputs takes `event`.
    pub(crate) fn output_of(&self, event: &Event) -> Option<usize> {
        let place = (event.topic(), record_codec::partition(event, self.total));
        self.outputs.iter().position(|&output| output == place)
    }
}
