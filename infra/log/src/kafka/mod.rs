//! The log on a Kafka cluster: production and scale-out.
//!
//! Producers are idempotent and transactional, readers see committed records only, members
//! hold ranges and are polled for their membership alone; what they read goes through a
//! [`Reader`] with positions of its own. A run's prefix stands before the names of its
//! topics, groups and transactional ids.
//!
//! Invariants:
//! 1. No offset is committed outside a transaction.
//! 2. Every librdkafka error is given a class on purpose, in `codes.rs` and `errors.rs`.
//! 3. A producer whose last transaction ended in doubt publishes nothing more.

mod admin;
mod codes;
pub mod copy;
mod deliveries;
mod errors;
mod heard;
mod member;
mod outage;
mod producer;
mod reader;
mod reserved;
mod settings;
mod topic_id;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use errors::Place;
use heard::Heard;
pub use reserved::reserved;
pub use settings::{GroupProtocol, KafkaSettings};

use crate::local::handles::shared_count;
use crate::{
    ErrorClass, Log, LogError, Member, Producer, Reader, Result, TopicInfo, TopicMismatch,
    TopicPartition, TopicSpec, Watermarks,
};

type Asker = Arc<BaseConsumer<Heard>>;

/// A log on a Kafka cluster. Clones share its connections.
#[derive(Clone)]
pub struct KafkaLog {
    settings: KafkaSettings,
    asker: Asker,
    by_group: Arc<Mutex<BTreeMap<String, Asker>>>,
    /// Asks for ends behind open transactions, once somebody wants to know.
    uncommitted: Arc<OnceLock<Asker>>,
}

impl KafkaLog {
    /// Connects to the cluster; fails where none answers.
    pub fn connect(settings: KafkaSettings) -> Result<Self> {
        heard::check_files(&settings)?;
        let asker: BaseConsumer<Heard> = settings.create(&settings.asker(), Heard::default())?;
        heard::greet(&asker, &settings)?;
        Ok(Self {
            settings,
            asker: Arc::new(asker),
            by_group: Arc::default(),
            uncommitted: Arc::default(),
        })
    }

    /// Removes every topic of the run, and what is in them. The live run's, whose names have no
    /// prefix, are not for this program to remove.
    pub fn remove_topics(&self) -> Result<()> {
        if self.settings.prefix.is_empty() {
            return Err(LogError::fatal(
                "the live run's topics are never removed",
                &self.settings.brokers,
                "remove them with Kafka's own tools, if that is meant",
            ));
        }
        // Run `a.b` is another one than `a`, though its names begin with the same.
        let of_another = |name: &str| name.contains(".butterquant.");
        let names = self.topics()?.into_iter().map(|topic| topic.name);
        let names: Vec<String> = names.filter(|name| !of_another(name)).collect();
        admin::remove_topics(self, &names)
    }

    /// The consumer that asks for a group's offsets without being its member.
    fn asker_of(&self, group: &str) -> Result<Asker> {
        let mut by_group = self.by_group.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asker) = by_group.get(group) {
            return Ok(Arc::clone(asker));
        }
        let mut config = self.settings.asker();
        config.set("group.id", self.settings.name(group));
        let asker: Asker = Arc::new(self.settings.create(&config, Heard::default())?);
        by_group.insert(group.to_string(), Arc::clone(&asker));
        Ok(asker)
    }

    /// The ends of a partition as `asker` is shown them.
    fn ends(&self, asker: &Asker, tp: &TopicPartition) -> Result<Watermarks> {
        heard::listen(asker);
        let name = self.settings.name(&tp.topic);
        match asker.fetch_watermarks(&name, tp.partition as i32, self.settings.timeout) {
            Ok((low, high)) => {
                self.settings.outage.over();
                Ok(Watermarks { low: unsigned(low), high: unsigned(high) })
            }
            Err(error) => {
                self.check(asker, tp)?;
                Err(error).at(tp)
            }
        }
    }

    /// Fails where the cluster has no such partition. It is asked through `asker`, which then knows:
    /// librdkafka goes on saying that a partition is unknown until it looks at all topics again.
    fn check(&self, asker: &Asker, tp: &TopicPartition) -> Result<()> {
        let known = self.topics_by(asker)?.into_iter().find(|info| info.name == *tp.topic);
        match known {
            None => Err(LogError::no_topic(&tp.topic)),
            Some(topic) if tp.partition >= topic.partitions => Err(LogError::no_partition(tp)),
            Some(_) => Ok(()),
        }
    }

    fn topics_by(&self, asker: &Asker) -> Result<Vec<TopicInfo>> {
        heard::listen(asker);
        let metadata =
            asker.fetch_metadata(None, self.settings.timeout).at("the list of topics")?;
        let mut topics: Vec<TopicInfo> = metadata
            .topics()
            .iter()
            .filter(|topic| topic.error().is_none() && !topic.name().starts_with("__"))
            .filter_map(|topic| {
                let name = topic.name().strip_prefix(&self.settings.prefix)?.to_string();
                Some(TopicInfo { name, partitions: topic.partitions().len() as u32 })
            })
            .collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// The first offset of `from..high` whose record is not before `timestamp_ms`.
    fn search(&self, tp: &TopicPartition, from: u64, high: u64, timestamp_ms: i64) -> Result<u64> {
        let mut reader = self.reader()?;
        let mut position = from;
        let mut deadline = Instant::now() + self.settings.timeout;
        while position < high {
            let due = [(tp.clone(), position)];
            for fetched in reader.poll(&due, 5_000, Duration::from_millis(100))? {
                let hit = fetched.records.iter().find(|r| r.timestamp_ms >= timestamp_ms);
                if let Some(record) = hit {
                    return Ok(record.offset);
                }
                position = fetched.position;
                deadline = Instant::now() + self.settings.timeout;
            }
            if Instant::now() > deadline {
                return Err(errors::of_code(Code::OperationTimedOut, tp));
            }
        }
        Ok(high)
    }

    fn list(&self, tps: &[(TopicPartition, Offset)]) -> Result<TopicPartitionList> {
        partition_list(&self.settings, tps.iter().cloned())
    }
}

/// librdkafka's form of places with offsets.
fn partition_list(
    settings: &KafkaSettings,
    places: impl IntoIterator<Item = (TopicPartition, Offset)>,
) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (tp, offset) in places {
        list.add_partition_offset(&settings.name(&tp.topic), tp.partition as i32, offset)
            .at(&tp)?;
    }
    Ok(list)
}

impl Log for KafkaLog {
    fn identity(&self) -> Result<String> {
        self.asker.client().fetch_cluster_id(self.settings.timeout).ok_or_else(|| {
            LogError::new(
                ErrorClass::Retry,
                "no Kafka broker answers",
                &self.settings.brokers,
                "check the address, that the cluster runs, and the security settings",
            )
        })
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        let name = self.settings.name(topic);
        topic_id::topic_id(self.asker.client(), &name, self.settings.timeout)
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        admin::ensure_topics(self, specs)
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.topics_by(&self.asker)
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.ends(&self.asker, tp)
    }

    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        let asker = match self.uncommitted.get() {
            Some(asker) => asker,
            None => {
                let mut config = self.settings.asker();
                config.set("isolation.level", "read_uncommitted");
                let asker = self.settings.create(&config, Heard::default())?;
                self.uncommitted.get_or_init(|| Arc::new(asker))
            }
        };
        self.ends(asker, tp).map(|ends| ends.high)
    }

    /// The cluster's own index counts transaction markers too, which bear the time of
    /// their writing; its answer is therefore only where to begin looking.
    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        // librdkafka reads negative numbers as special positions; no event is that old.
        let wanted = self.list(&[(tp.clone(), Offset::Offset(timestamp_ms.max(0)))])?;
        let found = self.asker.offsets_for_times(wanted, self.settings.timeout).at(tp)?;
        let high = self.watermarks(tp)?.high;
        match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => self.search(tp, unsigned(offset), high, timestamp_ms),
            _ => Ok(high),
        }
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        let wanted: Vec<_> = tps.iter().map(|tp| (tp.clone(), Offset::Invalid)).collect();
        let list = self.list(&wanted)?;
        let asker = self.asker_of(group)?;
        heard::listen(&asker);
        let found = asker.committed_offsets(list, self.settings.timeout).at(group)?;
        let mut committed = Vec::with_capacity(tps.len());
        for tp in tps {
            let name = self.settings.name(&tp.topic);
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
        let list =
            self.asker.fetch_group_list(None, self.settings.timeout).at("the list of groups")?;
        let mut names: Vec<String> = list
            .groups()
            .iter()
            .filter_map(|group| group.name().strip_prefix(&self.settings.prefix))
            .map(str::to_string)
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(reader::KafkaReader::new(self.settings.clone())?))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        let known = self.topics()?;
        shared_count(topics, |topic| {
            known.iter().find(|info| info.name == topic).map(|info| info.partitions)
        })?;
        let settings = self.settings.clone();
        Ok(Box::new(member::KafkaMember::join(settings, group, instance, topics)?))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(producer::KafkaProducer::open(self.settings.clone(), transactional_id)?))
    }
}

fn unsigned(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or(0)
}
