//! What became of each record of a transaction, and which one is to blame where it failed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

use super::settings::say;
use super::{errors, unsigned};
use crate::{LogError, NewRecord, Result};

type Delivered = Option<std::result::Result<u64, Code>>;

/// Writes down what became of each record of the open transaction.
#[derive(Default)]
pub(super) struct Deliveries(Mutex<Vec<Delivered>>);

impl Deliveries {
    /// A transaction of `count` records begins.
    pub(super) fn begin(&self, count: usize) {
        *self.all() = vec![None; count];
    }

    /// Where each record went; otherwise why one did not. A whole batch shares the fate of one
    /// record, so the one that is itself the cause is told, which is the largest where it was
    /// the size.
    pub(super) fn outcome(&self, records: &[NewRecord]) -> Result<Vec<u64>> {
        let all = self.all();
        let failed: Vec<(usize, Code)> = all
            .iter()
            .enumerate()
            .filter_map(|(index, delivered)| match delivered {
                Some(Ok(_)) => None,
                Some(Err(code)) => Some((index, *code)),
                None => Some((index, Code::MessageTimedOut)),
            })
            .collect();
        let blamed = failed.iter().filter(|(_, code)| errors::blames_record(*code));
        let culprit = blamed.max_by_key(|(index, _)| records[*index].value.len());
        // Those purged only went with the one that was first.
        let purged = |code| matches!(code, Code::PurgeQueue | Code::PurgeInflight);
        let cause = failed.iter().find(|(_, code)| !purged(*code));
        match culprit.or(cause).or(failed.first()) {
            Some((index, code)) => Err(failure(*code, *index, records)),
            None => Ok(all.iter().flatten().flatten().copied().collect()),
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Delivered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        say(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, index: usize) {
        let delivered = match result {
            Ok(message) => Ok(unsigned(message.offset())),
            Err((error, _)) => Err(error.rdkafka_error_code().unwrap_or(Code::Unknown)),
        };
        if let Some(slot) = self.all().get_mut(index) {
            *slot = Some(delivered);
        }
    }
}

/// The error of a record that was not taken; one that is the cause itself is told apart from
/// its neighbours.
pub(super) fn failure(code: Code, index: usize, records: &[NewRecord]) -> LogError {
    let record = &records[index];
    if !errors::blames_record(code) {
        return errors::of_code(code, &record.to);
    }
    let key = record.key.as_deref().map_or_else(|| "none".into(), String::from_utf8_lossy);
    let (number, bytes) = (index + 1, record.value.len());
    let which = format!("record {number} of {}, key {key}, {bytes} bytes", records.len());
    errors::of_code(code, format!("{}: {which}", record.to))
}
