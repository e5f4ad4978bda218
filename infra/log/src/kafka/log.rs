//! [`KafkaLog`]: the [`Log`] trait on a cluster.

use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::cluster::Cluster;
use super::errors::{self, Place};
use super::group_admin::KafkaGroupAdmin;
use super::member::{KafkaMember, fewest};
use super::partitions::{partition_list, unsigned};
use super::producer::KafkaProducer;
use super::reader::KafkaReader;
use super::settings::KafkaSettings;
use super::{admin, connection_errors, group_list, topic_id};
use crate::membership::shared_count;
use crate::{
    ErrorClass, GroupAdmin, Log, LogError, Member, Producer, Reader, Result, TopicInfo,
    TopicMismatch, TopicPartition, TopicSpec, Watermarks,
};

/// A log on a Kafka cluster. Clones share its connections.
#[derive(Clone)]
pub struct KafkaLog(Cluster);

impl KafkaLog {
    /// Connects to the cluster; fails where no broker answers.
    pub fn connect(settings: KafkaSettings) -> Result<Self> {
        Cluster::connect(settings).map(Self)
    }

    /// Removes every topic of the run with its records. The live run's topics, whose names have
    /// no prefix, are refused.
    pub fn remove_topics(&self) -> Result<()> {
        if self.0.settings.prefix.is_empty() {
            return Err(LogError::fatal(
                "the live run's topics are never removed",
                &self.0.settings.brokers,
                "remove them with Kafka's own tools, if that is meant",
            ));
        }
        // Topics of run `a.b` begin with the prefix of run `a` too.
        let of_another = |name: &str| name.contains(".butterquant.");
        let names = self.topics()?.into_iter().map(|topic| topic.name);
        let names: Vec<String> = names.filter(|name| !of_another(name)).collect();
        admin::remove_topics(&self.0, &names)
    }

    /// The first offset of `from..high` whose record is not before `timestamp_ms`.
    fn search(&self, tp: &TopicPartition, from: u64, high: u64, timestamp_ms: i64) -> Result<u64> {
        let mut reader = self.reader()?;
        let mut position = from;
        let mut deadline = Instant::now() + self.0.settings.timeout;
        while position < high {
            let due = [(tp.clone(), position)];
            for fetched in reader.poll(&due, 5_000, Duration::from_millis(100))? {
                let hit = fetched.records.iter().find(|r| r.timestamp_ms >= timestamp_ms);
                if let Some(record) = hit {
                    return Ok(record.offset);
                }
                position = fetched.position;
                deadline = Instant::now() + self.0.settings.timeout;
            }
            if Instant::now() > deadline {
                return Err(errors::of_code(Code::OperationTimedOut, tp));
            }
        }
        Ok(high)
    }
}

impl Log for KafkaLog {
    fn identity(&self) -> Result<String> {
        self.0.client.client().fetch_cluster_id(self.0.settings.timeout).ok_or_else(|| {
            LogError::new(
                ErrorClass::Retry,
                "no Kafka broker answers",
                &self.0.settings.brokers,
                "check the address, that the cluster runs, and the security settings",
            )
        })
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        let name = self.0.settings.name(topic);
        topic_id::topic_id(self.0.client.client(), &name, self.0.settings.timeout)
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        admin::ensure_topics(&self.0, specs)
    }

    fn topic_mismatches(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        admin::topic_mismatches(&self.0, specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.0.topics()
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.0.ends(tp)
    }

    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        self.0.written_end(tp)
    }

    fn removes_records(&self) -> bool {
        true
    }

    fn first_record(&self, tp: &TopicPartition) -> Result<u64> {
        let wanted = partition_list(&self.0.settings, [(tp.clone(), Offset::Offset(0))])?;
        let found = self.0.client.offsets_for_times(wanted, self.0.settings.timeout).at(tp)?;
        match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => Ok(unsigned(offset)),
            _ => self.watermarks(tp).map(|ends| ends.high),
        }
    }

    fn holds_nothing(&self, tp: &TopicPartition, from: u64, to: u64) -> Result<bool> {
        let mut reader = KafkaReader::uncommitted(self.0.settings.clone())?;
        let (mut position, deadline) = (from, Instant::now() + self.0.settings.timeout);
        while position < to {
            let due = [(tp.clone(), position)];
            for fetched in reader.poll(&due, 1, Duration::from_millis(100))? {
                if fetched.records.first().is_some_and(|record| record.offset < to) {
                    return Ok(false);
                }
                position = fetched.position;
            }
            if Instant::now() > deadline {
                return Err(errors::of_code(Code::OperationTimedOut, tp));
            }
        }
        Ok(true)
    }

    /// The cluster's own index also counts transaction markers, which bear the time they were
    /// written; its answer only says where to begin the search.
    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        // librdkafka reads negative numbers as special positions; no event is that old.
        let at = Offset::Offset(timestamp_ms.max(0));
        let wanted = partition_list(&self.0.settings, [(tp.clone(), at)])?;
        let found = self.0.client.offsets_for_times(wanted, self.0.settings.timeout).at(tp)?;
        let high = self.watermarks(tp)?.high;
        match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => self.search(tp, unsigned(offset), high, timestamp_ms),
            _ => Ok(high),
        }
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        let wanted = tps.iter().map(|tp| (tp.clone(), Offset::Invalid));
        let list = partition_list(&self.0.settings, wanted)?;
        let client = self.0.of_group(group)?;
        connection_errors::drain(&client);
        let found = client.committed_offsets(list, self.0.settings.timeout).at(group)?;
        let mut committed = Vec::with_capacity(tps.len());
        for tp in tps {
            let name = self.0.settings.name(&tp.topic);
            let element = found.find_partition(&name, tp.partition as i32);
            let Some(element) = element else { return Err(LogError::no_partition(tp)) };
            element.error().at(tp)?;
            committed.push(match element.offset() {
                Offset::Offset(offset) => Some(unsigned(offset)),
                _ => None,
            });
        }
        Ok(committed)
    }

    fn groups(&self) -> Result<Vec<String>> {
        let list = self
            .0
            .client
            .fetch_group_list(None, self.0.settings.timeout)
            .at("the list of groups")?;
        let mut names: Vec<String> = list
            .groups()
            .iter()
            .filter_map(|group| group.name().strip_prefix(&self.0.settings.prefix))
            .map(str::to_string)
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn active_groups(&self) -> Result<Vec<String>> {
        let all = group_list::groups(self.0.client.client(), self.0.settings.timeout)?;
        let active = all.iter().filter(|group| group.active);
        let own = active.filter_map(|group| group.name.strip_prefix(&self.0.settings.prefix));
        let mut names: Vec<String> = own.map(str::to_string).collect();
        names.sort();
        Ok(names)
    }

    fn group_admin(&self) -> Result<Box<dyn GroupAdmin>> {
        Ok(Box::new(KafkaGroupAdmin::new(self.0.clone())))
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(KafkaReader::new(self.0.settings.clone())?))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        let known = self.topics()?;
        let count =
            |topic: &str| known.iter().find(|info| info.name == topic).map(|info| info.partitions);
        // Somebody may have added partitions to some topics; they are not the run's.
        let topics = fewest(topics, count);
        shared_count(&topics, count)?;
        let settings = self.0.settings.clone();
        Ok(Box::new(KafkaMember::join(settings, group, instance, &topics)?))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(KafkaProducer::open(self.0.settings.clone(), transactional_id)?))
    }
}
