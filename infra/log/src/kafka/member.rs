//! A place in a consumer group, kept by polling; nothing is read through it.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata, Rebalance,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::errors::{self, Place};
use super::settings::{GroupProtocol, KafkaSettings, say};
use crate::{Assignment, ErrorClass, LogError, Member, Result};

/// Events one poll serves at most. One may wait behind others: a line of librdkafka's log and a
/// lost connection come by the same way as a change of hands.
const EVENTS: usize = 32;
/// How long topics may be held unevenly, as happens while partitions change hands.
const UNEVEN: Duration = Duration::from_secs(10);

/// What the group has given this member, written by librdkafka's callbacks.
#[derive(Default)]
struct Held {
    generation: u64,
    partitions: BTreeSet<(String, u32)>,
}

/// Pauses what is assigned and writes it down.
#[derive(Default)]
struct Watch(Mutex<Held>);

impl Watch {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        say(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Watch {
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
    consumer: BaseConsumer<Watch>,
    classic: bool,
    generations_before: u64,
    uneven_since: Option<Instant>,
}

impl KafkaMember {
    /// Asks for a place; what it holds is seen by polling.
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
        })
    }

    /// What a transaction needs to commit offsets for this member's group.
    pub(crate) fn metadata(&self) -> Result<ConsumerGroupMetadata> {
        self.consumer
            .group_metadata()
            .ok_or_else(|| LogError::fatal("a member without a group", &self.group, "report this"))
    }

    /// An old broker does not know the new protocol: the member starts again with the
    /// classic one.
    fn fall_back(&mut self) -> Result<()> {
        tracing::info!(group = self.group, "these brokers only know the classic group protocol");
        self.generations_before += self.consumer.context().held().generation + 1;
        self.classic = true;
        self.consumer = subscribe(&self.settings, &self.group, &self.instance, &self.topics, true)?;
        Ok(())
    }

    fn serve(&mut self) -> Result<()> {
        for _ in 0..EVENTS {
            let error = match self.consumer.poll(Duration::ZERO) {
                // It served something else, or there was nothing: it does not say which. And of
                // records, paused as it is, none should come; if one does, a reader reads it.
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
                _ => tracing::debug!(%error, "the group goes on"),
            }
        }
        Ok(())
    }
}

fn subscribe(
    settings: &KafkaSettings,
    group: &str,
    instance: &str,
    topics: &[String],
    classic: bool,
) -> Result<BaseConsumer<Watch>> {
    let config = settings.member(group, instance, classic);
    let consumer: BaseConsumer<Watch> = settings.create(&config, Watch::default())?;
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    consumer.subscribe(&names).at(group)?;
    Ok(consumer)
}

impl Member for KafkaMember {
    fn group(&self) -> &str {
        &self.group
    }

    /// While partitions change hands, only the numbers held of every topic count.
    fn poll(&mut self) -> Result<Assignment> {
        self.serve()?;
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
