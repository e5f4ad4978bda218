//! Publishing: together with the consumed offsets, and by the present owner only.

use super::groups::joined;
use super::suite::{Outcome, Suite, equal, holds, refused, values};
use crate::{Batch, Consumed, ErrorClass, TopicPartition};

impl Suite<'_> {
    /// One record to partition 3, made from the records of `tp`.
    fn made_from(&self, tp: TopicPartition, from: u64, next: u64, value: &str) -> Batch {
        Batch {
            records: vec![self.record(3, 1, value)],
            consumed: vec![Consumed { tp, from, next }],
            expected_end: Vec::new(),
        }
    }
}

pub(super) fn offsets(suite: &Suite<'_>) -> Outcome {
    suite.fill(0, 10)?;
    let (group, tps) = (suite.id("group"), [suite.tp(0), suite.tp(1)]);
    equal("before", &suite.log.committed(&group, &tps)?, &vec![None, None])?;
    let mut member = joined(suite, &group, "a")?;
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    for (from, next) in [(0, 4), (4, 9)] {
        let batch = suite.made_from(suite.tp(0), from, next, &next.to_string());
        producer.publish(batch, Some(&*member))?;
        if suite.can.transacts {
            equal("committed", &suite.log.committed(&group, &tps)?, &vec![Some(next), None])?;
        }
    }
    equal("the outputs", &values(&suite.everything(3)?), &vec!["4".to_string(), "9".to_string()])?;
    let only = Batch { records: Vec::new(), ..suite.made_from(suite.tp(0), 9, 10, "") };
    producer.publish(only, Some(&*member))?;
    if !suite.can.transacts {
        return Ok(());
    }
    equal("offsets alone", &suite.log.committed(&group, &tps)?, &vec![Some(10), None])?;
    equal("another group", &suite.log.committed(&suite.id("other"), &tps)?, &vec![None, None])?;
    member.poll()?;
    holds("the group is listed", suite.log.groups()?.contains(&group))
}

/// A publish that starts from offsets or ends that have moved is refused whole.
pub(super) fn moved(suite: &Suite<'_>) -> Outcome {
    if !suite.can.compares {
        return Ok(());
    }
    suite.fill(0, 10)?;
    let group = suite.id("group");
    let member = joined(suite, &group, "a")?;
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    producer.publish(suite.made_from(suite.tp(0), 0, 5, "good"), Some(&*member))?;
    let again = suite.made_from(suite.tp(0), 0, 5, "again");
    refused("the same again", producer.publish(again, Some(&*member)), ErrorClass::Fenced)?;
    let far = suite.made_from(suite.tp(0), 5, 999, "far");
    refused("beyond the end", producer.publish(far, Some(&*member)), ErrorClass::Fatal)?;
    let mut source = Batch { records: vec![suite.record(3, 2, "day")], ..Batch::default() };
    source.expected_end = vec![(suite.tp(3), 0)];
    refused("a moved end", producer.publish(source.clone(), None), ErrorClass::Fenced)?;
    source.expected_end = vec![(suite.tp(3), 1)];
    producer.publish(source, None)?;
    equal("committed", &suite.log.committed(&group, &[suite.tp(0)])?, &vec![Some(5)])?;
    let found = values(&suite.everything(3)?);
    equal("the outputs", &found, &vec!["good".to_string(), "day".to_string()])
}

/// A newer producer of the same id shuts the older one out.
pub(super) fn fenced(suite: &Suite<'_>) -> Outcome {
    let id = suite.id("producer");
    let batch = |value| Batch { records: vec![suite.record(0, 1, value)], ..Batch::default() };
    let mut older = suite.log.producer(&id)?;
    older.publish(batch("older"), None)?;
    let mut newer = suite.log.producer(&id)?;
    newer.publish(batch("newer"), None)?;
    if suite.can.transacts {
        refused("the older", older.publish(batch("zombie"), None), ErrorClass::Fenced)?;
        refused("it again", older.publish(batch("zombie"), None), ErrorClass::Fenced)?;
        newer.publish(batch("newest"), None)?;
        let expected = ["older", "newer", "newest"].map(str::to_string).to_vec();
        equal("what is there", &values(&suite.everything(0)?), &expected)?;
    }
    Ok(())
}

/// Offsets belong to a group: without a member there is no group to commit them for.
pub(super) fn homeless(suite: &Suite<'_>) -> Outcome {
    suite.fill(0, 1)?;
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    let batch = suite.made_from(suite.tp(0), 0, 1, "x");
    refused("no member", producer.publish(batch, None), ErrorClass::Fatal)?;
    equal("nothing was written", &suite.everything(3)?, &Vec::new())
}

/// Once the group has changed, a member that has not polled is refused.
pub(super) fn stale(suite: &Suite<'_>) -> Outcome {
    if !suite.can.compares {
        return Ok(());
    }
    suite.fill(0, 4)?;
    let group = suite.id("group");
    let mut first = joined(suite, &group, "a")?;
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    let second = joined(suite, &group, "b")?;
    let batch = suite.made_from(suite.tp(0), 0, 4, "x");
    let late = producer.publish(batch.clone(), Some(&*first));
    refused("a member that has not polled", late, ErrorClass::Rebalanced)?;
    first.poll()?;
    producer.publish(batch, Some(&*first))?;
    let taken_over = joined(suite, &group, "a")?;
    refused("a member that was replaced", first.poll(), ErrorClass::Fenced)?;
    drop((second, taken_over));
    equal("committed", &suite.log.committed(&group, &[suite.tp(0)])?, &vec![Some(4)])
}
