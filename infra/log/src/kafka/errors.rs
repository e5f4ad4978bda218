//! What each librdkafka error means for the caller.
//!
//! The list names every code this program can meet; what it does not name is `Fatal`,
//! so that nothing unknown is repeated blindly.

use std::fmt::Display;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::{ErrorClass, LogError, Result};

/// The class of a code, for calls that wrote nothing when they fail.
pub(crate) fn class(code: Code) -> ErrorClass {
    match code {
        // Another owner has taken over.
        Code::Fenced
        | Code::ProducerFenced
        | Code::InvalidProducerEpoch
        | Code::InvalidProducerIdMapping
        | Code::TransactionCoordinatorFenced
        | Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::FencedMemberEpoch
        | Code::StaleMemberEpoch
        | Code::FencedInstanceId
        | Code::UnreleasedInstanceId
        | Code::RebalanceInProgress
        | Code::AssignmentLost
        | Code::PollExceeded => ErrorClass::Fenced,
        // The cluster or the way to it is not well just now.
        Code::BrokerDestroy
        | Code::BrokerTransportFailure
        | Code::Resolve
        | Code::MessageTimedOut
        | Code::AllBrokersDown
        | Code::OperationTimedOut
        | Code::TimedOutQueue
        | Code::QueueFull
        | Code::ISRInsufficient
        | Code::NodeUpdate
        | Code::WaitingForCoordinator
        | Code::InProgress
        | Code::PreviousInProgress
        | Code::State
        | Code::Outdated
        | Code::WaitCache
        | Code::Interrupted
        | Code::Partial
        | Code::Retry
        | Code::UnknownBroker
        | Code::DestroyBroker
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::RequestTimedOut
        | Code::BrokerNotAvailable
        | Code::ReplicaNotAvailable
        | Code::NetworkException
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::NotController
        | Code::ConcurrentTransactions
        | Code::KafkaStorageError
        | Code::FetchSessionIdNotFound
        | Code::InvalidFetchSessionEpoch
        | Code::ListenerNotFound
        | Code::FencedLeaderEpoch
        | Code::UnknownLeaderEpoch
        | Code::OffsetNotAvailable
        | Code::MemberIdRequired
        | Code::PreferredLeaderNotAvailable
        | Code::EligibleLeadersNotAvailable
        | Code::UnstableOffsetCommit
        | Code::ThrottlingQuotaExceeded
        | Code::RebootstrapRequired => ErrorClass::Retry,
        _ => ErrorClass::Fatal,
    }
}

/// What to do about a code.
fn remedy(code: Code) -> &'static str {
    match code {
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownTopicId => {
            "create the topics first; after creation give the cluster a moment"
        }
        Code::UnknownPartition => {
            "compare the partition count in the settings with that of the topic"
        }
        Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::NoOffset | Code::LogTruncation => {
            "the position is not in this log (any more): rebuild this state from the log"
        }
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed => "give this user the right in the cluster",
        Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL => {
            "check user, password, mechanism and certificates in the Kafka settings"
        }
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge | Code::InvalidMessageSize => {
            "raise message.max.bytes of the topic, or make the event smaller"
        }
        Code::UnsupportedVersion | Code::UnsupportedFeature | Code::UnsupportedAssignor => {
            "the brokers are too old for this; use the classic group protocol"
        }
        other => match class(other) {
            ErrorClass::Retry => "check that the cluster is well and can be reached",
            ErrorClass::Fenced => {
                "another owner has taken over; reload from the committed offsets before going on"
            }
            _ => "see the broker's log",
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
        // These carry their code as text only; all of them are local and change nothing.
        KafkaError::Seek(_)
        | KafkaError::PauseResume(_)
        | KafkaError::Subscription(_)
        | KafkaError::NoMessageReceived
        | KafkaError::Canceled => LogError::new(
            ErrorClass::Retry,
            error.to_string(),
            place.to_string(),
            "check that the cluster is well and can be reached",
        ),
        KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => LogError::fatal(
            error.to_string(),
            place,
            "correct this property in the Kafka settings; SASL and TLS need a build that has them",
        ),
        other => match other.rdkafka_error_code() {
            Some(code) => of_code(code, place),
            None => LogError::fatal(other.to_string(), place, "see the broker's log"),
        },
    }
}

/// Turns a librdkafka result into ours by saying where it happened.
pub(crate) trait Place<T> {
    /// Names the place.
    fn at(self, place: impl Display) -> Result<T>;
}

impl<T> Place<T> for std::result::Result<T, KafkaError> {
    fn at(self, place: impl Display) -> Result<T> {
        self.map_err(|error| of(&error, place))
    }
}
