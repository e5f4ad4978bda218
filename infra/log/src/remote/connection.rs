//! Calls to the process that owns the log, over HTTP.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::protocol::{self, Call, LONGEST_WAIT, PATH};
use crate::{ErrorClass, LogError, Result};

/// Time beyond the longest wait after which a call counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer, at most.
const LARGEST_ANSWER: u64 = 256 << 20;

/// The connections to one server.
pub(super) struct Connection {
    agent: ureq::Agent,
    url: String,
    authorization: Option<String>,
}

impl Connection {
    /// To the process at `endpoint`; nothing is sent yet.
    pub(super) fn new(endpoint: &str, token: Option<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(LONGEST_WAIT + PATIENCE))
            // The owner closes connections that were idle for ten seconds.
            .max_idle_age(Duration::from_secs(5))
            // No proxy: the owner gave this address itself, and the call shows a token.
            .proxy(None)
            .http_status_as_error(false)
            .build();
        let url = format!("{}{PATH}", endpoint.trim_end_matches('/'));
        let authorization = token.map(|token| format!("Bearer {token}"));
        Self { agent: agent.into(), url, authorization }
    }

    /// Makes one call. A failure on the way is `Retry` where the server cannot have received the
    /// call, `Uncertain` otherwise.
    pub(super) fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let mut request = self.agent.post(&self.url).content_type("application/octet-stream");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut answer = request.send(&protocol::encode(call)?[..]).map_err(|e| self.lost(&e))?;
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
        protocol::decode::<Result<T>>(&body)?.map_err(|error| match error.class {
            // Waits until the log's owner is started again.
            ErrorClass::Closed => LogError { class: ErrorClass::Retry, ..error },
            _ => error,
        })
    }

    /// As [`Connection::call`], for calls that change nothing or may be made twice: any failure on
    /// the way is `Retry`.
    pub(super) fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.call(call).map_err(|error| match error.class {
            ErrorClass::Uncertain => LogError { class: ErrorClass::Retry, ..error },
            _ => error,
        })
    }

    fn lost(&self, cause: &ureq::Error) -> LogError {
        let unsent = match cause {
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
            // This side may not open a connection now: too many files are open (`EMFILE`, `ENFILE`).
            ureq::Error::Io(io) if matches!(io.raw_os_error(), Some(23 | 24)) => true,
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
                "see the messages of the process that owns the log",
            ),
        }
    }
}
