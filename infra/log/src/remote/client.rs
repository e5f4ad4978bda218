//! The log as seen from another process.

use std::sync::Arc;

use super::connection::Connection;
use super::group_admin::RemoteGroupAdmin;
use super::handles::{RemoteMember, RemoteProducer, RemoteReader};
use super::protocol::Call;
use crate::{
    Cut, GroupAdmin, Log, Member, Producer, Reader, Result, TopicInfo, TopicMismatch,
    TopicPartition, TopicSpec, Watermarks,
};

/// An embedded log that another process owns. Clones share the connections.
#[derive(Clone)]
pub struct RemoteLog {
    connection: Arc<Connection>,
}

impl RemoteLog {
    /// Connects to the process at `endpoint`, such as `http://127.0.0.1:8080`, with the token it
    /// asks for; fails where no log is served there.
    pub fn connect(endpoint: &str, token: Option<String>) -> Result<Self> {
        let log = Self { connection: Arc::new(Connection::new(endpoint, token)) };
        log.identity()?;
        Ok(log)
    }
}

impl Log for RemoteLog {
    fn identity(&self) -> Result<String> {
        self.connection.ask(&Call::Identity)
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        self.connection.ask(&Call::TopicIdentity(topic.to_string()))
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.connection.ask(&Call::EnsureTopics(specs.to_vec()))
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.connection.ask(&Call::Topics)
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.connection.ask(&Call::Watermarks(tp.clone()))
    }

    fn written_end(&self, tp: &TopicPartition) -> Result<u64> {
        self.connection.ask(&Call::WrittenEnd(tp.clone()))
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        self.connection.ask(&Call::OffsetForTime(tp.clone(), timestamp_ms))
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        self.connection.ask(&Call::Committed(group.to_string(), tps.to_vec()))
    }

    fn groups(&self) -> Result<Vec<String>> {
        self.connection.ask(&Call::Groups)
    }

    fn active_groups(&self) -> Result<Vec<String>> {
        self.connection.ask(&Call::ActiveGroups)
    }

    fn cut(&self) -> Result<Cut> {
        self.connection.ask(&Call::Cut)
    }

    fn group_admin(&self) -> Result<Box<dyn GroupAdmin>> {
        Ok(Box::new(RemoteGroupAdmin::new(Arc::clone(&self.connection))))
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(RemoteReader::new(Arc::clone(&self.connection))))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        Ok(Box::new(RemoteMember::join(Arc::clone(&self.connection), group, instance, topics)?))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(RemoteProducer::open(Arc::clone(&self.connection), transactional_id)?))
    }
}
