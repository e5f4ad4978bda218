//! What the program does about each librdkafka error. `codes.rs` says what each code means; a test
//! there fails when librdkafka has a code that it does not name.
//!
//! | meaning | for example | class | what the program does |
//! |---|---|---|---|
//! | `Silent` | end of partition | retry | nothing |
//! | `Passing` | no broker, a leader moves, a queue is full, throttled | retry | the role goes back to its last save and tries again after 50 ms, 100 ms … 2 s, for as long as it takes; a warning once a minute |
//! | `Redo` | the transaction was purged, a sequence has a gap | retry | the same, with a new producer, whose start ends the lost transaction |
//! | `Fenced` | newer producer, member put out of its group, group gone | fenced | reloads its present partitions from the committed offsets |
//! | `Rebalanced` | the group is changing hands, an older assignment | rebalanced | the same; no warning, as it comes with every start and stop of a member |
//! | `Record` | too large, damaged, an impossible time | fatal | halts and names the record: repeating cannot help, and skipping an own event would lose it. A record that was read and cannot be decoded is a dead letter and no error of the log |
//! | `Login` | wrong password, certificate refused | fatal | halts, at the start within seconds |
//! | `Rights` | no right to a topic, group or transactional id | fatal | halts |
//! | `Missing` | no such topic or partition | retry | the same as `Passing`: a client that lost its brokers says this of existing partitions. Calls that name a partition (`watermarks`, a publish) check, and halt where it is missing |
//! | `Position` | the offset is no longer in the log | fatal | halts; what is gone is shown by `topics list` |
//! | `Version` | brokers too old, a codec not built in | fatal | halts; a member tries the classic group protocol first |
//! | `Setting` | transaction timeout, replication, group size refused | fatal | halts |
//! | `Defect` | unknown server error, wrong use | fatal | halts |
//!
//! A commit that ended in doubt is `Uncertain` whatever its code (`producer.rs`); the role then
//! looks at the committed offsets. A code without a meaning here is fatal, so that nothing unknown
//! is repeated blindly. Halting ends the process with exit code 2 and the message on standard
//! error.

use std::fmt::Display;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::codes::{Meaning, meaning};
use crate::{ErrorClass, LogError, Result};

/// The class of a code, for calls that wrote nothing when they fail.
pub(crate) fn class(code: Code) -> ErrorClass {
    match meaning(code) {
        Some(Meaning::Silent | Meaning::Passing | Meaning::Redo | Meaning::Missing) => {
            ErrorClass::Retry
        }
        Some(Meaning::Fenced) => ErrorClass::Fenced,
        Some(Meaning::Rebalanced) => ErrorClass::Rebalanced,
        _ => ErrorClass::Fatal,
    }
}

/// Whether the record itself is at fault, so that the error must name it.
pub(crate) fn blames_record(code: Code) -> bool {
    meaning(code) == Some(Meaning::Record) && code != Code::InvalidDifferentRecord
}

/// What to do about a code.
fn remedy(code: Code) -> &'static str {
    match code {
        Code::Authentication | Code::SaslAuthenticationFailed => {
            "check kafka.sasl.username, kafka.sasl.password and kafka.sasl.mechanism, and that the \
             cluster knows this user"
        }
        Code::SSL => {
            "check kafka.ssl.ca.location, and kafka.ssl.certificate.location and \
             kafka.ssl.key.location where the brokers ask for a certificate"
        }
        Code::UnknownPartition => {
            "compare the partition count in the settings with that of the topic"
        }
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge | Code::InvalidMessageSize => {
            "raise max.message.bytes of the topic, or make the event smaller"
        }
        Code::InvalidRecord => {
            "a topic with cleanup.policy=compact takes no record without a key, as day markers are: `butterquant \
             doctor` looks at that; otherwise inspect this record, the broker's log has details"
        }
        Code::InvalidTransactionTimeout => {
            "raise the brokers' transaction.max.timeout.ms, or lower kafka.transaction.timeout.ms"
        }
        Code::GroupMaxSizeReached => "raise the brokers' group.max.size, or run fewer instances",
        Code::InvalidSessionTimeout => {
            "lower the brokers' group.min.session.timeout.ms to 6000, or set \
             kafka.session.timeout.ms"
        }
        other => match meaning(other) {
            Some(Meaning::Silent | Meaning::Passing) => {
                "check that the cluster runs and can be reached"
            }
            Some(Meaning::Redo) => "open a new producer after reloading",
            Some(Meaning::Fenced) => {
                "another owner has taken over; reload from the committed offsets before going on"
            }
            Some(Meaning::Rebalanced) => {
                "poll the membership and reload from the committed offsets"
            }
            Some(Meaning::Record) => "inspect this record; the broker's log has details",
            Some(Meaning::Login) => "check the kafka.sasl settings and what the cluster allows",
            Some(Meaning::Rights) => "grant this user the right in the cluster",
            Some(Meaning::Missing) => {
                "create the topics first; a new topic takes the cluster a moment"
            }
            Some(Meaning::Position) => {
                "records before it are deleted, or it lies beyond the end: `butterquant topics list` shows what is \
                 gone"
            }
            Some(Meaning::Version) => "these brokers are too old; use the classic group protocol",
            Some(Meaning::Setting) => "compare the Kafka settings with those of the cluster",
            Some(Meaning::Defect) | None => "see the broker's log",
        },
    }
}

/// The error of `code` at `place`.
pub(crate) fn of_code(code: Code, place: impl Display) -> LogError {
    LogError::new(class(code), code.to_string(), place.to_string(), remedy(code))
}

/// The error of a librdkafka call at `place`.
pub(crate) fn of(error: &KafkaError, place: impl Display) -> LogError {
    match error {
        KafkaError::Transaction(cause) => {
            let (code, text) = (cause.code(), cause.string());
            let class = match class(code) {
                ErrorClass::Fatal if cause.is_retriable() => ErrorClass::Retry,
                class => class,
            };
            LogError::new(class, text, place.to_string(), remedy(code))
        }
        // rdkafka gives these no code of their own.
        KafkaError::AdminOp(code) => of_code(*code, place),
        KafkaError::PartitionEOF(_) => of_code(Code::PartitionEOF, place),
        // These carry their code only as text; all are local and change nothing.
        KafkaError::Seek(_)
        | KafkaError::PauseResume(_)
        | KafkaError::Subscription(_)
        | KafkaError::NoMessageReceived
        | KafkaError::Canceled => LogError::new(
            ErrorClass::Retry,
            error.to_string(),
            place.to_string(),
            "check that the cluster runs and can be reached",
        ),
        // Leaves out the value, which may be a secret under a misspelt name.
        KafkaError::ClientConfig(_, why, key, _) => LogError::fatal(
            format!("kafka.{key}: {why}"),
            place,
            "correct this property in the Kafka settings",
        ),
        KafkaError::ClientCreation(why) => LogError::fatal(
            why,
            place,
            "correct the Kafka settings; for SASL use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        ),
        other => match other.rdkafka_error_code() {
            Some(code) => of_code(code, place),
            None => LogError::fatal(other.to_string(), place, "see the broker's log"),
        },
    }
}

/// Turns a librdkafka result into ours, naming the place.
pub(crate) trait Place<T> {
    /// Names the place.
    fn at(self, place: impl Display) -> Result<T>;
}

impl<T> Place<T> for std::result::Result<T, KafkaError> {
    fn at(self, place: impl Display) -> Result<T> {
        self.map_err(|error| of(&error, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: ErrorClass, codes: &[Code]) {
        for code in codes {
            let error = of_code(*code, "here");
            assert_eq!(error.class, wanted, "{error}");
        }
    }

    #[test]
    fn what_an_outage_says_is_waited_for() {
        check(
            ErrorClass::Retry,
            &[
                Code::AllBrokersDown,
                Code::BrokerTransportFailure,
                Code::Resolve,
                Code::OperationTimedOut,
                Code::MessageTimedOut,
                Code::PurgeQueue,
                Code::PurgeInflight,
                Code::NotLeaderForPartition,
                Code::NotEnoughReplicas,
                Code::CoordinatorLoadInProgress,
                Code::ConcurrentTransactions,
                Code::UnknownProducerId,
                Code::UnknownPartition,
                Code::UnknownTopicOrPartition,
            ],
        );
        // rdkafka gives such an error no code of its own.
        let asked = of(&KafkaError::AdminOp(Code::OperationTimedOut), "here");
        assert_eq!(asked.class, ErrorClass::Retry);
    }

    #[test]
    fn another_owner_is_given_way_to() {
        check(
            ErrorClass::Fenced,
            &[Code::ProducerFenced, Code::InvalidProducerEpoch, Code::UnknownMemberId],
        );
    }

    #[test]
    fn an_ordinary_change_of_hands_is_told_apart() {
        check(
            ErrorClass::Rebalanced,
            &[Code::RebalanceInProgress, Code::IllegalGeneration, Code::StaleMemberEpoch],
        );
    }

    #[test]
    fn what_waiting_cannot_mend_halts() {
        check(
            ErrorClass::Fatal,
            &[
                Code::Authentication,
                Code::SSL,
                Code::TopicAuthorizationFailed,
                Code::OffsetOutOfRange,
                Code::MessageSizeTooLarge,
                Code::InvalidTransactionTimeout,
                Code::UnsupportedVersion,
            ],
        );
    }
}
