//! The delivery of each record of a transaction, and which record a failure is due to.

use parking_lot::{Mutex, MutexGuard};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

use super::errors;
use super::partitions::unsigned;
use super::settings::forward_log;
use crate::{LogError, NewRecord, Result};

type Delivered = Option<std::result::Result<u64, Code>>;

/// Deliveries of the open transaction's records, in their order.
#[derive(Default)]
pub(super) struct Deliveries(Mutex<Vec<Delivered>>);

impl Deliveries {
    /// A transaction of `count` records begins.
    pub(super) fn begin(&self, count: usize) {
        *self.all() = vec![None; count];
    }

    /// The offset of each record, or the error of the record that failed. One bad record fails its
    /// whole batch, so the error names the one at fault; for a size limit that is the largest.
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
        // Purged records only followed the one that failed first.
        let purged = |code| matches!(code, Code::PurgeQueue | Code::PurgeInflight);
        let cause = failed.iter().find(|(_, code)| !purged(*code));
        match culprit.or(cause).or(failed.first()) {
            Some((index, code)) => Err(failure(*code, *index, records)),
            None => Ok(all.iter().flatten().flatten().copied().collect()),
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Delivered>> {
        self.0.lock()
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
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

/// The error of a record that was not taken; names the record where it is itself at fault.
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
