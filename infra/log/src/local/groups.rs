//! The members of each group and the partition numbers they hold.
//!
//! Kept in this process only: a restart empties every group, as that of a Kafka cluster does.
//! Members are ordered by instance name and hold consecutive ranges.
//!
//! Invariants: two members of a generation never hold the same partition number; the generation
//! grows when a member joins or leaves; a seat of an older generation is refused.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;

use crate::{Assignment, LogError, Result};

/// A member's place, as of its last poll.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) group: String,
    pub(crate) instance: String,
    pub(crate) token: u64,
    pub(crate) generation: u64,
}

#[derive(Default)]
struct Group {
    generation: u64,
    topics: BTreeSet<String>,
    partitions: u32,
    members: BTreeMap<String, u64>,
}

/// All groups of a log.
#[derive(Default)]
pub(crate) struct Groups(Mutex<BTreeMap<String, Group>>);

impl Groups {
    /// Takes a seat, or takes over that of the same instance.
    pub(crate) fn join(
        &self,
        name: &str,
        instance: &str,
        topics: &[String],
        partitions: u32,
    ) -> Result<Seat> {
        let mut groups = self.0.lock();
        let group = groups.entry(name.to_string()).or_default();
        let topics: BTreeSet<String> = topics.iter().cloned().collect();
        if group.members.keys().any(|member| member != instance) && group.topics != topics {
            return Err(LogError::fatal(
                format!("{instance} asks for other topics than the present members"),
                name,
                "all members of a group subscribe to the same topics",
            ));
        }
        group.generation += 1;
        group.topics = topics;
        group.partitions = partitions;
        let token = group.generation;
        group.members.insert(instance.to_string(), token);
        Ok(Seat { group: name.to_string(), instance: instance.to_string(), token, generation: 0 })
    }

    /// The partitions of the seat; notes the generation in it.
    pub(crate) fn poll(&self, seat: &mut Seat) -> Result<Assignment> {
        let groups = self.0.lock();
        let group = held(&groups, seat)?;
        let index = group.members.keys().take_while(|member| **member != seat.instance).count();
        seat.generation = group.generation;
        Ok(Assignment {
            generation: group.generation,
            partitions: range(group.partitions, group.members.len(), index),
        })
    }

    /// Refuses a seat that has been taken over, or that has not polled since the group changed.
    pub(crate) fn check(&self, seat: &Seat) -> Result<()> {
        let groups = self.0.lock();
        let group = held(&groups, seat)?;
        if group.generation == seat.generation {
            return Ok(());
        }
        Err(LogError::rebalanced(
            format!("{} has not yet seen its newest assignment", seat.instance),
            &seat.group,
        ))
    }

    /// Gives the seat up.
    pub(crate) fn leave(&self, seat: &Seat) {
        let mut groups = self.0.lock();
        if let Some(group) = groups.get_mut(&seat.group)
            && group.members.get(&seat.instance) == Some(&seat.token)
        {
            group.members.remove(&seat.instance);
            group.generation += 1;
        }
    }

    /// The members of a group with the topics and partition numbers that each holds.
    pub(crate) fn members(&self, name: &str) -> Vec<(String, BTreeSet<String>, BTreeSet<u32>)> {
        let groups = self.0.lock();
        let Some(group) = groups.get(name) else { return Vec::new() };
        let (count, all) = (group.members.len(), group.members.keys().enumerate());
        all.map(|(at, instance)| {
            (instance.clone(), group.topics.clone(), range(group.partitions, count, at))
        })
        .collect()
    }

    /// The groups that have members.
    pub(crate) fn names(&self) -> Vec<String> {
        let groups = self.0.lock();
        groups.iter().filter(|(_, g)| !g.members.is_empty()).map(|(n, _)| n.clone()).collect()
    }
}

fn held<'a>(groups: &'a BTreeMap<String, Group>, seat: &Seat) -> Result<&'a Group> {
    groups
        .get(&seat.group)
        .filter(|group| group.members.get(&seat.instance) == Some(&seat.token))
        .ok_or_else(|| {
            LogError::fenced(format!("another member is called {}", seat.instance), &seat.group)
        })
}

/// Kafka's range assignment: consecutive numbers; the first members hold one more where the count
/// does not divide evenly.
pub(crate) fn range(partitions: u32, members: usize, index: usize) -> BTreeSet<u32> {
    let members = members.max(1) as u32;
    let index = index as u32;
    let (each, more) = (partitions / members, partitions % members);
    let start = index * each + index.min(more);
    (start..start + each + u32::from(index < more)).collect()
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn every_partition_has_exactly_one_holder() {
        for partitions in 0..20 {
            for members in 1..15 {
                let held: Vec<u32> =
                    (0..members).flat_map(|i| range(partitions, members, i)).collect();
                assert_eq!(held, (0..partitions).collect::<Vec<_>>());
            }
        }
    }
}
