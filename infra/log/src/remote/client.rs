//! The log as seen from another process.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::handles::{RemoteMember, RemoteProducer, RemoteReader};
use super::wire::{self, Call};
use super::{LONGEST_WAIT, PATH};
use crate::{
    ErrorClass, Log, LogError, Member, Producer, Reader, Result, TopicInfo, TopicMismatch,
    TopicPartition, TopicSpec, Watermarks,
};

/// What the server may take beyond the longest wait before a call counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 256 << 20;

/// An embedded log that another process owns. Clones share the connections.
#[derive(Clone)]
pub struct RemoteLog {
    client: Arc<Client>,
}

impl RemoteLog {
    /// Connects to the process at `endpoint`, such as `http://127.0.0.1:8080`, with the
    /// token it asks for; fails where nobody serves a log there.
    pub fn connect(endpoint: &str, token: Option<String>) -> Result<Self> {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(LONGEST_WAIT + PATIENCE))
            // Its owner is reached by the address it gave, and shown a token: nothing goes between.
            .proxy(None)
            .http_status_as_error(false)
            .build();
        let url = format!("{}{PATH}", endpoint.trim_end_matches('/'));
        let authorization = token.map(|token| format!("Bearer {token}"));
        let log = Self { client: Arc::new(Client { agent: agent.into(), url, authorization }) };
        log.identity()?;
        Ok(log)
    }
}

/// The connections to one server.
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    authorization: Option<String>,
}

impl Client {
    /// Makes one call. A failure on the way is `Retry` where the server cannot have seen
    /// the call, else `Uncertain`.
    pub(crate) fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let mut request = self.agent.post(&self.url).content_type("application/octet-stream");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut answer = request.send(&wire::encode(call)?[..]).map_err(|e| self.lost(&e))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(self.refused(status));
        }
        let body = answer
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            .map_err(|e| self.lost(&e))?;
        wire::decode::<Result<T>>(&body)?.map_err(|error| match error.class {
            // Its owner will be started again; who is beside it waits for that.
            ErrorClass::Closed => LogError { class: ErrorClass::Retry, ..error },
            _ => error,
        })
    }

    /// As [`Client::call`], for calls that change nothing or may be made twice: whatever
    /// went wrong on the way, they may be made again.
    pub(crate) fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.call(call).map_err(|error| match error.class {
            ErrorClass::Uncertain => LogError { class: ErrorClass::Retry, ..error },
            _ => error,
        })
    }

    fn lost(&self, cause: &ureq::Error) -> LogError {
        let unsent = match cause {
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
            ureq::Error::Io(io) => io.kind() == std::io::ErrorKind::ConnectionRefused,
            _ => false,
        };
        let class = if unsent { ErrorClass::Retry } else { ErrorClass::Uncertain };
        let remedy = "check that the process that owns the log runs and serves this address";
        LogError::new(class, format!("no answer: {cause}"), &self.url, remedy)
    }

    fn refused(&self, status: u16) -> LogError {
        let what = format!("refused with status {status}");
        match status {
            401 | 403 => LogError::fatal(what, &self.url, "give the token of that process"),
            400..=499 => LogError::fatal(
                what,
                &self.url,
                "check the address, and that both sides run the same version",
            ),
            _ => LogError::new(
                ErrorClass::Uncertain,
                what,
                &self.url,
                "see what the process that owns the log says",
            ),
        }
    }
}

impl Log for RemoteLog {
    fn identity(&self) -> Result<String> {
        self.client.ask(&Call::Identity)
    }

    fn topic_identity(&self, topic: &str) -> Result<Option<String>> {
        self.client.ask(&Call::TopicIdentity(topic.to_string()))
    }

    fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
        self.client.ask(&Call::EnsureTopics(specs.to_vec()))
    }

    fn topics(&self) -> Result<Vec<TopicInfo>> {
        self.client.ask(&Call::Topics)
    }

    fn watermarks(&self, tp: &TopicPartition) -> Result<Watermarks> {
        self.client.ask(&Call::Watermarks(tp.clone()))
    }

    fn offset_for_time(&self, tp: &TopicPartition, timestamp_ms: i64) -> Result<u64> {
        self.client.ask(&Call::OffsetForTime(tp.clone(), timestamp_ms))
    }

    fn committed(&self, group: &str, tps: &[TopicPartition]) -> Result<Vec<Option<u64>>> {
        self.client.ask(&Call::Committed(group.to_string(), tps.to_vec()))
    }

    fn groups(&self) -> Result<Vec<String>> {
        self.client.ask(&Call::Groups)
    }

    fn reader(&self) -> Result<Box<dyn Reader>> {
        Ok(Box::new(RemoteReader::new(Arc::clone(&self.client))))
    }

    fn member(&self, group: &str, instance: &str, topics: &[String]) -> Result<Box<dyn Member>> {
        Ok(Box::new(RemoteMember::join(Arc::clone(&self.client), group, instance, topics)?))
    }

    fn producer(&self, transactional_id: &str) -> Result<Box<dyn Producer>> {
        Ok(Box::new(RemoteProducer::open(Arc::clone(&self.client), transactional_id)?))
    }
}
