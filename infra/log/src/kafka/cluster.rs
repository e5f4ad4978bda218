//! Questions to the cluster, asked through clients that neither read nor write.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::connection_errors::{self, ConnectionErrors};
use super::errors::Place;
use super::partitions::unsigned;
use super::settings::KafkaSettings;
use crate::{LogError, Result, TopicInfo, TopicPartition, Watermarks};

/// A client that only asks questions.
pub(super) type QueryClient = Arc<BaseConsumer<ConnectionErrors>>;

/// A cluster and the clients that ask it. Clones share them.
#[derive(Clone)]
pub(super) struct Cluster {
    pub(super) settings: KafkaSettings,
    pub(super) client: QueryClient,
    by_group: Arc<Mutex<BTreeMap<String, QueryClient>>>,
    /// Reads uncommitted; asks for ends behind open transactions. Made when first needed.
    uncommitted: Arc<OnceLock<QueryClient>>,
}

impl Cluster {
    /// Connects; fails where no broker answers.
    pub(super) fn connect(settings: KafkaSettings) -> Result<Self> {
        connection_errors::check_files(&settings)?;
        let client: BaseConsumer<ConnectionErrors> =
            settings.create(&settings.query_client(), ConnectionErrors::default())?;
        connection_errors::wait_for_broker(&client, &settings)?;
        Ok(Self {
            settings,
            client: Arc::new(client),
            by_group: Arc::default(),
            uncommitted: Arc::default(),
        })
    }

    /// The client that asks for a group's offsets without joining it.
    pub(super) fn of_group(&self, group: &str) -> Result<QueryClient> {
        let mut by_group = self.by_group.lock();
        if let Some(client) = by_group.get(group) {
            return Ok(Arc::clone(client));
        }
        let mut config = self.settings.query_client();
        config.set("group.id", self.settings.name(group));
        let client: QueryClient =
            Arc::new(self.settings.create(&config, ConnectionErrors::default())?);
        by_group.insert(group.to_string(), Arc::clone(&client));
        Ok(client)
    }

    /// The end of a partition with open transactions counted in.
    pub(super) fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        let client = match self.uncommitted.get() {
            Some(client) => client,
            None => {
                let mut config = self.settings.query_client();
                config.set("isolation.level", "read_uncommitted");
                let client = self.settings.create(&config, ConnectionErrors::default())?;
                self.uncommitted.get_or_init(|| Arc::new(client))
            }
        };
        self.ends_by(client, tp).map(|ends| ends.high)
    }

    /// The ends of a partition, as readers of committed records see them.
    pub(super) fn ends(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.ends_by(&self.client, tp)
    }

    fn ends_by(&self, client: &QueryClient, tp: &TopicPartition) -> Result<Watermarks> {
        connection_errors::drain(client);
        let name = self.settings.name(&tp.topic);
        match client.fetch_watermarks(&name, tp.partition as i32, self.settings.timeout) {
            Ok((low, high)) => {
                self.settings.outage.over();
                Ok(Watermarks { low: unsigned(low), high: unsigned(high) })
            }
            Err(error) => {
                self.check(client, tp)?;
                Err(error).at(tp)
            }
        }
    }

    /// Fails where the cluster has no such partition. Asking through `client` also teaches it the
    /// partition: librdkafka calls one unknown until it next looks at all topics.
    fn check(&self, client: &QueryClient, tp: &TopicPartition) -> Result<()> {
        let known = self.topics_by(client)?.into_iter().find(|info| info.name == *tp.topic);
        match known {
            None => Err(LogError::no_topic(&tp.topic)),
            Some(topic) if tp.partition >= topic.partitions => Err(LogError::no_partition(tp)),
            Some(_) => Ok(()),
        }
    }

    /// The run's topics, by name.
    pub(super) fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.topics_by(&self.client)
    }

    /// The names of all topics of the cluster, whoever has them.
    pub(super) fn all_names(&self) -> Result<Vec<String>> {
        connection_errors::drain(&self.client);
        let metadata =
            self.client.fetch_metadata(None, self.settings.timeout).at("the list of topics")?;
        Ok(metadata.topics().iter().map(|topic| topic.name().to_string()).collect())
    }

    fn topics_by(&self, client: &QueryClient) -> Result<Vec<TopicInfo>> {
        connection_errors::drain(client);
        let metadata =
            client.fetch_metadata(None, self.settings.timeout).at("the list of topics")?;
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
}
