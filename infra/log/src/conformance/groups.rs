//! Groups: each member holds a range of partitions, the same numbers of all topics.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::suite::{Failure, Outcome, PARTITIONS, PATIENCE, Suite, equal, holds, refused};
use crate::{ErrorClass, Member};

/// A member of this check's topic that holds partitions.
pub(super) fn joined(
    suite: &Suite<'_>,
    group: &str,
    instance: &str,
) -> Result<Box<dyn Member>, Failure> {
    let mut member = suite.log.member(group, instance, &[suite.topic()])?;
    settle(&mut [&mut member], |held| !held[0].is_empty())?;
    Ok(member)
}

/// Polls all members until their partitions satisfy `wanted`, and returns these.
fn settle(
    members: &mut [&mut Box<dyn Member>],
    wanted: impl Fn(&[BTreeSet<u32>]) -> bool,
) -> Result<Vec<BTreeSet<u32>>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = members
            .iter_mut()
            .map(|member| member.poll().map(|a| a.partitions))
            .collect::<crate::Result<Vec<_>>>()?;
        if wanted(&held) {
            return Ok(held);
        }
        if Instant::now() > deadline {
            return Err(Failure(format!("the group did not settle: {held:?}")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn all() -> BTreeSet<u32> {
    (0..PARTITIONS).collect()
}

pub(super) fn alone(suite: &Suite<'_>) -> Outcome {
    let group = suite.id("group");
    let mut member = suite.log.member(&group, "only", &[suite.topic()])?;
    equal("the group's name", &member.group().to_string(), &group)?;
    settle(&mut [&mut member], |held| held[0] == all())?;
    let (first, second) = (member.poll()?, member.poll()?);
    equal("the assignment asked again", &first, &second)?;
    holds("it has a generation", first.generation > 0)
}

/// A group is active while it has members, and only then.
pub(super) fn active(suite: &Suite<'_>) -> Outcome {
    if !suite.can.administers {
        return Ok(());
    }
    let group = suite.id("group");
    let until = |active: bool| -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while suite.log.active_groups()?.contains(&group) != active {
            if Instant::now() > deadline {
                return Err(Failure(format!("the group should be active: {active}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    };
    until(false)?;
    let member = joined(suite, &group, "only")?;
    until(true)?;
    drop(member);
    until(false)
}

pub(super) fn shared(suite: &Suite<'_>) -> Outcome {
    let group = suite.id("group");
    let topics = [suite.topic(), format!("{}-too", suite.topic())];
    let mut first = suite.log.member(&group, "a", &topics)?;
    settle(&mut [&mut first], |held| held[0] == all())?;
    let before = first.poll()?.generation;
    let mut second = suite.log.member(&group, "b", &topics)?;
    let held = settle(&mut [&mut first, &mut second], |held| {
        held[0].len() == 2 && held[1].len() == 2 && held[0].is_disjoint(&held[1])
    })?;
    let halves = [BTreeSet::from([0, 1]), BTreeSet::from([2, 3])];
    holds("each holds a range", held.iter().all(|part| halves.contains(part)))?;
    holds("the generation grew", first.poll()?.generation > before)?;
    drop(first);
    settle(&mut [&mut second], |held| held[0] == all())?;
    Ok(())
}

/// Topics of different partition counts are refused, or, where partitions can be added to a topic (Kafka), shared
/// as far as all of them go.
pub(super) fn uneven(suite: &Suite<'_>) -> Outcome {
    let topics = [suite.topic(), format!("{}-one", suite.topic())];
    let group = suite.id("group");
    let deadline = Instant::now() + PATIENCE;
    let mut member = match suite.log.member(&group, "a", &topics) {
        Err(error) => return equal("the class", &error.class, &ErrorClass::Fatal),
        Ok(member) => member,
    };
    while Instant::now() < deadline {
        match member.poll() {
            Ok(held) if held.partitions == BTreeSet::from([0]) => return Ok(()),
            Ok(held) => equal("what it holds so far", &held.partitions, &BTreeSet::new())?,
            Err(error) => {
                return refused::<()>("uneven topics", Err(error), ErrorClass::Fatal);
            }
        }
    }
    Err(Failure("topics of 4 and of 1 partition were shared".to_string()))
}
