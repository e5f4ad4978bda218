//! What librdkafka says of the way to the brokers, kept for the error that the caller gets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::errors::of_code;
use super::settings::{KafkaSettings, say};
use crate::{ErrorClass, LogError, Result};

/// How long the other brokers have to answer after one refused this client.
const GRACE: Duration = Duration::from_secs(1);
/// Events taken at once, at most.
const EVENTS: usize = 100;
const TURN: Duration = Duration::from_millis(50);

/// The last trouble of a client's connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<(Code, String)>>>);

impl Heard {
    fn last(&self) -> Option<(Code, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for Heard {
    /// What matters of it is in the errors.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        say(RDKafkaLogLevel::Debug, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
        let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
        // It only repeats that something was wrong.
        if code != Code::AllBrokersDown {
            let reason = reason.split(" (after ").next().unwrap_or(reason);
            // A broker that misses a certificate ends the connection after the handshake.
            let code = if reason.contains("SSL routines") { Code::SSL } else { code };
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((code, reason.to_string()));
        }
    }
}

impl ConsumerContext for Heard {}

/// Takes what a client that only asks was told meanwhile; nothing else empties its queue. A poll
/// that took something looks like one that found nothing, so there is a number of them.
pub(crate) fn listen(asker: &BaseConsumer<Heard>) {
    for _ in 0..EVENTS {
        let _ = asker.poll(Duration::ZERO); // the context has kept it
    }
}

/// Certificates and keys that are not where the settings say; librdkafka does not name them.
pub(crate) fn check_files(settings: &KafkaSettings) -> Result<()> {
    for (key, file) in settings.extra.iter().filter(|(key, _)| key.ends_with(".location")) {
        // An authority may be looked for in the usual places.
        if file != "probe" && std::fs::metadata(file).is_err() {
            return Err(LogError::fatal(
                format!("kafka.{key} names {file}, which cannot be read"),
                &settings.brokers,
                "correct the path, or the rights of the file",
            ));
        }
    }
    Ok(())
}

/// Waits until a broker answers. One that refuses this client would do so for ever, so that is
/// an error at once and not a matter of patience.
pub(crate) fn greet(asker: &BaseConsumer<Heard>, settings: &KafkaSettings) -> Result<()> {
    let begun = Instant::now();
    let mut refused = None;
    loop {
        let answered = asker.client().fetch_cluster_id(TURN).is_some();
        listen(asker);
        if answered {
            return Ok(());
        }
        let last = asker.context().last();
        match &last {
            Some((code @ (Code::Authentication | Code::SSL), reason)) => {
                let since = *refused.get_or_insert_with(Instant::now);
                if since.elapsed() > GRACE {
                    let what = reason.clone();
                    return Err(LogError { what, ..of_code(*code, &settings.brokers) });
                }
            }
            _ if begun.elapsed() > settings.timeout => {
                let why = last.map(|(_, reason)| format!(": {reason}")).unwrap_or_default();
                return Err(LogError::new(
                    ErrorClass::Retry,
                    format!("no Kafka broker answers{why}"),
                    &settings.brokers,
                    "check the address, that the cluster runs, and kafka.security.protocol",
                ));
            }
            _ => {}
        }
    }
}
