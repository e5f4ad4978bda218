//! Groups administered from outside: listed, described, set and deleted, and never under the feet of a member.

use std::time::{Duration, Instant};

use super::groups::joined;
use super::suite::{Failure, Outcome, PARTITIONS, PATIENCE, Suite, equal, holds, refused};
use crate::{Batch, Consumed, ErrorClass, GroupAdmin, TopicPartition};

impl Suite<'_> {
    /// Waits until a change of `group` is no longer refused because of a member that has left.
    fn until_empty(&self, admin: &dyn GroupAdmin, group: &str) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while admin.list()?.iter().any(|one| one.name == group && one.active) {
            if Instant::now() > deadline {
                return Err(Failure(format!("{group} still has members")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// A member that has read partition 0 as far as `next`.
    fn read_to(&self, group: &str, from: u64, next: u64) -> Outcome {
        let member = joined(self, group, "a")?;
        let consumed = vec![Consumed { tp: self.tp(0), from, next }];
        let batch = Batch { consumed, ..Batch::default() };
        self.log.producer(&self.id("producer"))?.publish(batch, Some(&*member))?;
        Ok(())
    }
}

/// Offsets are set back and ahead; the next member goes on from there.
pub(super) fn set(suite: &Suite<'_>) -> Outcome {
    if !suite.can.administers {
        return Ok(());
    }
    suite.fill(0, 10)?;
    suite.fill(1, 5)?;
    let (group, admin) = (suite.id("group"), suite.log.group_admin()?);
    let full = admin.full_name(&group);
    suite.read_to(&group, 0, 6)?;
    suite.until_empty(&*admin, &full)?;
    let places = [suite.tp(0), suite.tp(1)];
    equal("what it has committed", &admin.offsets(&full)?, &vec![(suite.tp(0), 6)])?;
    for (zero, one) in [(2, 5), (9, 0), (0, 3)] {
        admin.set_offsets(&full, &[(suite.tp(0), zero), (suite.tp(1), one)])?;
        let expected = vec![Some(zero), Some(one)];
        equal("as the log says", &suite.log.committed(&group, &places)?, &expected)?;
        let listed = admin.offsets(&full)?;
        equal("as listed", &listed, &vec![(suite.tp(0), zero), (suite.tp(1), one)])?;
    }
    let far = [(suite.tp(1), 1), (suite.tp(0), 1_000)];
    refused("beyond the end", admin.set_offsets(&full, &far), ErrorClass::Fatal)?;
    equal("nothing has moved", &suite.log.committed(&group, &places)?, &vec![Some(0), Some(3)])?;
    suite.read_to(&group, 0, 4)?;
    equal("gone on from there", &suite.log.committed(&group, &places)?, &vec![Some(4), Some(3)])
}

/// A group with members is described, and refused every change.
pub(super) fn watched(suite: &Suite<'_>) -> Outcome {
    if !suite.can.administers {
        return Ok(());
    }
    suite.fill(0, 4)?;
    let (group, admin) = (suite.id("group"), suite.log.group_admin()?);
    let full = admin.full_name(&group);
    let member = joined(suite, &group, "a")?;
    let all: Vec<TopicPartition> = (0..PARTITIONS).map(|partition| suite.tp(partition)).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut members = admin.members(&full)?;
        members.iter_mut().for_each(|member| member.partitions.sort());
        match &members[..] {
            [one] if one.partitions == all && !one.id.is_empty() => break,
            other if Instant::now() > deadline => {
                return Err(Failure(format!("one member with all partitions, not {other:?}")));
            }
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    let listed = admin.list()?;
    holds("it is active", listed.iter().any(|one| one.name == full && one.active))?;
    let set = admin.set_offsets(&full, &[(suite.tp(0), 1)]);
    refused("a group that is watched", set, ErrorClass::Fatal)?;
    refused("to delete it", admin.delete(&full), ErrorClass::Fatal)?;
    drop(member);
    suite.until_empty(&*admin, &full)?;
    equal("nobody is left", &admin.members(&full)?, &Vec::new())
}

/// A deleted group has no offsets and is listed no more; the next member begins anew.
pub(super) fn deleted(suite: &Suite<'_>) -> Outcome {
    if !suite.can.administers {
        return Ok(());
    }
    suite.fill(0, 10)?;
    let (group, admin) = (suite.id("group"), suite.log.group_admin()?);
    let full = admin.full_name(&group);
    admin.delete(&full)?;
    suite.read_to(&group, 0, 6)?;
    suite.until_empty(&*admin, &full)?;
    let other = suite.id("other");
    suite.read_to(&other, 0, 3)?;
    suite.until_empty(&*admin, &admin.full_name(&other))?;
    admin.delete(&full)?;
    equal("none is committed", &suite.log.committed(&group, &[suite.tp(0)])?, &vec![None])?;
    equal("none is listed", &admin.offsets(&full)?, &Vec::new())?;
    holds("it is gone", admin.list()?.iter().all(|one| one.name != full))?;
    let kept = suite.log.committed(&other, &[suite.tp(0)])?;
    equal("another group's are kept", &kept, &vec![Some(3)])?;
    suite.read_to(&group, 0, 2)?;
    equal("begun anew", &suite.log.committed(&group, &[suite.tp(0)])?, &vec![Some(2)])
}
