//! A place in a consumer group, kept by polling; no records are read through it.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata, Rebalance,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::errors::{self, Place};
use super::settings::{GroupProtocol, KafkaSettings, forward_log};
use crate::{Assignment, ErrorClass, LogError, Member, Result};

/// Events served by one poll, at most: a rebalance queues behind librdkafka's log lines and lost
/// connections.
const EVENTS: usize = 32;
/// How long different partitions of the topics may be held, as happens during a rebalance.
const UNEVEN: Duration = Duration::from_secs(10);
/// How long until it is asked whether the topics have become different.
const LOOK: Duration = Duration::from_secs(1);

/// Partitions assigned to this member, written by librdkafka's callbacks.
#[derive(Default)]
struct Assigned {
    generation: u64,
    partitions: BTreeSet<(String, u32)>,
}

/// Pauses assigned partitions and records them.
#[derive(Default)]
struct AssignmentWatch(Mutex<Assigned>);

impl AssignmentWatch {
    fn held(&self) -> MutexGuard<'_, Assigned> {
        self.0.lock()
    }
}

impl ClientContext for AssignmentWatch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for AssignmentWatch {
    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let mut held = self.held();
        held.generation += 1;
        let (list, given) = match rebalance {
            Rebalance::Assign(list) => (list, true),
            Rebalance::Revoke(list) => (list, false),
            Rebalance::Error(error) => {
                tracing::info!(%error, "a rebalance failed; the group tries again");
                return;
            }
        };
        if given && let Err(error) = consumer.pause(list) {
            tracing::debug!(%error, "could not pause assigned partitions");
        }
        for element in list.elements() {
            let place = (element.topic().to_string(), element.partition() as u32);
            match given {
                true => held.partitions.insert(place),
                false => held.partitions.remove(&place),
            };
        }
    }
}

/// A member.
pub(crate) struct KafkaMember {
    settings: KafkaSettings,
    group: String,
    instance: String,
    topics: Vec<String>,
    consumer: BaseConsumer<AssignmentWatch>,
    classic: bool,
    generations_before: u64,
    uneven_since: Option<Instant>,
    looked: Option<Instant>,
}

impl KafkaMember {
    /// Joins the group; polling shows what it holds.
    pub(crate) fn join(
        settings: KafkaSettings,
        group: &str,
        instance: &str,
        topics: &[String],
    ) -> Result<Self> {
        let classic = settings.group_protocol == GroupProtocol::Classic;
        let topics: Vec<String> = topics.iter().map(|topic| settings.name(topic)).collect();
        let consumer = subscribe(&settings, group, instance, &topics, classic)?;
        let (group, instance) = (group.to_string(), instance.to_string());
        Ok(Self {
            settings,
            group,
            instance,
            topics,
            consumer,
            classic,
            generations_before: 0,
            uneven_since: None,
            looked: None,
        })
    }

    /// What a transaction needs to commit offsets for the group.
    pub(crate) fn metadata(&self) -> Result<ConsumerGroupMetadata> {
        self.consumer
            .group_metadata()
            .ok_or_else(|| LogError::fatal("a member without a group", &self.group, "report this"))
    }

    /// Joins again with the classic protocol, as old brokers do not know the new one.
    fn fall_back(&mut self) -> Result<()> {
        tracing::info!(group = self.group, "these brokers know only the classic group protocol");
        self.generations_before += self.consumer.context().held().generation + 1;
        self.classic = true;
        self.consumer = subscribe(&self.settings, &self.group, &self.instance, &self.topics, true)?;
        Ok(())
    }

    /// Somebody may have added partitions to some of the topics: those would be shared out in another way. The
    /// topics that have the fewest say which partitions this member holds; offsets of the others are committed as
    /// before.
    fn leave_out_grown(&mut self) -> Result<()> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let metadata = self.consumer.fetch_metadata(None, self.settings.timeout).at(&self.group)?;
        let count = |name: &str| {
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            topic.map(|topic| topic.partitions().len() as u32).filter(|count| *count > 0)
        };
        let fewest = fewest(&self.topics, count);
        if fewest.len() < self.topics.len() {
            tracing::debug!(group = self.group, ?fewest, "the other topics have more partitions");
            let names: Vec<&str> = fewest.iter().map(String::as_str).collect();
            self.consumer.subscribe(&names).at(&self.group)?;
            (self.topics, self.uneven_since) = (fewest, None);
        }
        Ok(())
    }

    fn serve(&mut self) -> Result<()> {
        for _ in 0..EVENTS {
            let error = match self.consumer.poll(Duration::ZERO) {
                // Served another event or found none; it does not say which. Records should not
                // come from paused partitions; a reader reads them anyway.
                None | Some(Ok(_)) => continue,
                Some(Err(error)) => error,
            };
            let unsupported = matches!(
                error.rdkafka_error_code(),
                Some(
                    Code::UnsupportedVersion | Code::UnsupportedFeature | Code::UnsupportedAssignor
                )
            );
            if unsupported && !self.classic && self.settings.group_protocol == GroupProtocol::Auto {
                return self.fall_back();
            }
            self.settings.note(&error);
            let error = errors::of(&error, &self.group);
            match error.class {
                ErrorClass::Fatal => return Err(error),
                _ => tracing::debug!(%error, "group membership goes on"),
            }
        }
        Ok(())
    }
}

/// Those of `topics` that have the fewest partitions; a topic that is not known is left in.
pub(super) fn fewest(topics: &[String], count: impl Fn(&str) -> Option<u32>) -> Vec<String> {
    let least = topics.iter().filter_map(|topic| count(topic)).min();
    let few = |topic: &&String| count(topic).is_none_or(|count| Some(count) == least);
    topics.iter().filter(few).cloned().collect()
}

fn subscribe(
    settings: &KafkaSettings,
    group: &str,
    instance: &str,
    topics: &[String],
    classic: bool,
) -> Result<BaseConsumer<AssignmentWatch>> {
    let config = settings.member(group, instance, classic);
    let consumer: BaseConsumer<AssignmentWatch> =
        settings.create(&config, AssignmentWatch::default())?;
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    consumer.subscribe(&names).at(group)?;
    Ok(consumer)
}

impl Member for KafkaMember {
    fn group(&self) -> &str {
        &self.group
    }

    /// During a rebalance only the partition numbers held of every topic count.
    fn poll(&mut self) -> Result<Assignment> {
        self.serve()?;
        if self.uneven_since.is_some_and(|since| since.elapsed() > LOOK) {
            self.leave_out_grown()?;
        }
        let held = self.consumer.context().held();
        let mut by_topic: BTreeMap<&str, BTreeSet<u32>> =
            self.topics.iter().map(|topic| (topic.as_str(), BTreeSet::new())).collect();
        for (topic, partition) in &held.partitions {
            by_topic.entry(topic).or_default().insert(*partition);
        }
        let mut sets = by_topic.values();
        let first = sets.next().cloned().unwrap_or_default();
        let even = sets.clone().all(|set| *set == first);
        let partitions = sets.fold(first, |shared, set| &shared & set);
        self.uneven_since = match even {
            true => None,
            false => self.uneven_since.or_else(|| Some(Instant::now())),
        };
        if self.uneven_since.is_some_and(|since| since.elapsed() > UNEVEN) {
            return Err(LogError::fatal(
                format!("not the same partitions of all topics: {by_topic:?}"),
                &self.group,
                "all members must use the range assignor and subscribe to the same topics",
            ));
        }
        Ok(Assignment { generation: self.generations_before + held.generation, partitions })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_have_grown_do_not_say_what_is_held() {
        let topics = ["bars", "scans", "new"].map(str::to_owned);
        let count = |grown: u32| {
            move |name: &str| match name {
                "bars" => Some(12),
                "scans" => Some(grown),
                _ => None,
            }
        };
        assert_eq!(fewest(&topics, count(12)), topics);
        assert_eq!(fewest(&topics, count(16)), ["bars", "new"]);
        assert_eq!(fewest(&topics, count(8)), ["scans", "new"]);
    }
}
