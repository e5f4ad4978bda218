//! The last connection error librdkafka reported, kept for the error that the caller gets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::errors::of_code;
use super::settings::{KafkaSettings, forward_log};
use crate::{ErrorClass, LogError, Result};

/// Time for the other brokers to answer after one refused this client.
const GRACE: Duration = Duration::from_secs(1);
/// Events taken at a time, at most.
const EVENTS: usize = 100;
const TURN: Duration = Duration::from_millis(50);

/// A client's last connection error.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionErrors(Arc<Mutex<Option<(Code, String)>>>);

impl ConnectionErrors {
    fn last(&self) -> Option<(Code, String)> {
        self.0.lock().clone()
    }
}

impl ClientContext for ConnectionErrors {
    /// The errors hold all that matters of it.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(RDKafkaLogLevel::Debug, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
        let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
        // Says nothing that the errors before it did not.
        if code != Code::AllBrokersDown {
            let reason = reason.split(" (after ").next().unwrap_or(reason);
            // A broker that wants a certificate ends the connection after the handshake.
            let code = if reason.contains("SSL routines") { Code::SSL } else { code };
            *self.0.lock() = Some((code, reason.to_string()));
        }
    }
}

impl ConsumerContext for ConnectionErrors {}

/// Empties a query client's event queue, which nothing else does. A poll that took an event looks
/// like one that found none, so it polls a fixed number of times.
pub(super) fn drain(client: &BaseConsumer<ConnectionErrors>) {
    for _ in 0..EVENTS {
        let _ = client.poll(Duration::ZERO); // the context keeps its errors
    }
}

/// Refuses certificate and key files that cannot be read; librdkafka would not name them.
pub(super) fn check_files(settings: &KafkaSettings) -> Result<()> {
    for (key, file) in settings.extra.iter().filter(|(key, _)| key.ends_with(".location")) {
        // `probe` makes librdkafka look for authorities in the usual places.
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

/// Waits until a broker answers. A broker that refuses this client would refuse it for ever, so
/// that ends the wait soon.
pub(super) fn wait_for_broker(
    client: &BaseConsumer<ConnectionErrors>,
    settings: &KafkaSettings,
) -> Result<()> {
    let begun = Instant::now();
    let mut refused = None;
    loop {
        let answered = client.client().fetch_cluster_id(TURN).is_some();
        drain(client);
        if answered {
            return Ok(());
        }
        let last = client.context().last();
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
