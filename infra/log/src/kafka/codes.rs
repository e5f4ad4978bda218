//! What each librdkafka error code means, each one named on purpose.

use rdkafka::error::RDKafkaErrorCode as Code;

/// What a code says about the failed call; `errors.rs` says what the program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Not an error.
    Silent,
    /// The cluster, or the way to it, is out of order for now.
    Passing,
    /// The open transaction is lost; a new producer repeats it.
    Redo,
    /// Another owner has taken over.
    Fenced,
    /// The group shares out its partitions anew, or has done so since this member last polled.
    Rebalanced,
    /// One record is itself at fault.
    Record,
    /// The brokers reject this client's credentials.
    Login,
    /// This client lacks a right.
    Rights,
    /// The topic or partition does not exist.
    Missing,
    /// The log does not hold the position, or no longer.
    Position,
    /// The brokers are too old, or one side was built without the feature.
    Version,
    /// A setting, here or of the cluster, forbids it.
    Setting,
    /// It should not happen: a defect of this program, a broker or the machine.
    Defect,
}

/// The meaning of a code; none for one this program was not written for.
pub(super) fn meaning(code: Code) -> Option<Meaning> {
    local(code).or_else(|| of_brokers(code))
}

/// librdkafka's own codes.
fn local(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::PartitionEOF | Code::Noop => Meaning::Silent,
        Code::BrokerDestroy
        | Code::BrokerTransportFailure
        | Code::Resolve
        | Code::MessageTimedOut
        | Code::AllBrokersDown
        | Code::OperationTimedOut
        | Code::QueueFull
        | Code::ISRInsufficient
        | Code::NodeUpdate
        | Code::WaitingForCoordinator
        | Code::InProgress
        | Code::PreviousInProgress
        | Code::State
        | Code::Outdated
        | Code::TimedOutQueue
        | Code::WaitCache
        | Code::Interrupted
        | Code::Partial
        | Code::Retry
        | Code::UnknownBroker
        | Code::DestroyBroker => Meaning::Passing,
        Code::PurgeQueue | Code::PurgeInflight | Code::Inconsistent | Code::GaplessGuarantee => {
            Meaning::Redo
        }
        Code::Fenced | Code::PollExceeded | Code::AssignmentLost => Meaning::Fenced,
        Code::BadMessage
        | Code::InvalidDifferentRecord
        | Code::KeySerialization
        | Code::ValueSerialization
        | Code::KeyDeserialization
        | Code::ValueDeserialization => Meaning::Record,
        Code::SSL | Code::Authentication => Meaning::Login,
        Code::UnknownPartition | Code::UnknownTopic => Meaning::Missing,
        Code::NoOffset | Code::AutoOffsetReset | Code::LogTruncation => Meaning::Position,
        Code::BadCompression
        | Code::UnknownProtocol
        | Code::NotImplemented
        | Code::UnsupportedFeature
        | Code::NotConfigured => Meaning::Version,
        Code::FileSystem | Code::InvalidArgument => Meaning::Setting,
        Code::Fail
        | Code::CriticalSystemResource
        | Code::UnknownGroup
        | Code::ExistingSubscription
        | Code::AssignPartitions
        | Code::RevokePartitions
        | Code::Conflict
        | Code::ReadOnly
        | Code::NoEnt
        | Code::Underflow
        | Code::InvalidType
        | Code::Fatal
        | Code::Application => Meaning::Defect,
        _ => return None,
    })
}

/// Codes of brokers' answers.
fn of_brokers(code: Code) -> Option<Meaning> {
    Some(match code {
        Code::NoError | Code::UnknownSubscriptionId | Code::TelemetryTooLarge => Meaning::Silent,
        Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::RequestTimedOut
        | Code::BrokerNotAvailable
        | Code::ReplicaNotAvailable
        | Code::StaleControllerEpoch
        | Code::NetworkException
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::NotController
        | Code::ConcurrentTransactions
        | Code::OperationNotAttempted
        | Code::KafkaStorageError
        | Code::ReassignmentInProgress
        | Code::FetchSessionIdNotFound
        | Code::InvalidFetchSessionEpoch
        | Code::ListenerNotFound
        | Code::FencedLeaderEpoch
        | Code::UnknownLeaderEpoch
        | Code::StaleBrokerEpoch
        | Code::OffsetNotAvailable
        | Code::MemberIdRequired
        | Code::PreferredLeaderNotAvailable
        | Code::EligibleLeadersNotAvailable
        | Code::UnstableOffsetCommit
        | Code::ThrottlingQuotaExceeded
        | Code::RebootstrapRequired => Meaning::Passing,
        Code::OutOfOrderSequenceNumber
        | Code::DuplicateSequenceNumber
        | Code::UnknownProducerId => Meaning::Redo,
        Code::UnknownMemberId
        | Code::InvalidProducerEpoch
        | Code::InvalidTransactionalState
        | Code::InvalidProducerIdMapping
        | Code::TransactionCoordinatorFenced
        | Code::GroupIdNotFound
        | Code::FencedInstanceId
        | Code::ProducerFenced
        | Code::FencedMemberEpoch
        | Code::UnreleasedInstanceId => Meaning::Fenced,
        // The group went on by one assignment: the classic protocol's word, and the newer one's.
        Code::RebalanceInProgress | Code::IllegalGeneration | Code::StaleMemberEpoch => {
            Meaning::Rebalanced
        }
        Code::InvalidMessage
        | Code::InvalidMessageSize
        | Code::MessageSizeTooLarge
        | Code::MessageBatchTooLarge
        | Code::InvalidTimestamp
        | Code::InvalidRecord => Meaning::Record,
        Code::UnsupportedSASLMechanism
        | Code::IllegalSASLState
        | Code::SecurityDisabled
        | Code::SaslAuthenticationFailed
        | Code::DelegationTokenAuthDisabled
        | Code::DelegationTokenNotFound
        | Code::DelegationTokenOwnerMismatch
        | Code::DelegationTokenRequestNotAllowed
        | Code::DelegationTokenExpired
        | Code::UnacceptableCredential => Meaning::Login,
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::DelegationTokenAuthorizationFailed => Meaning::Rights,
        Code::UnknownTopicOrPartition | Code::UnknownTopicId => Meaning::Missing,
        Code::OffsetOutOfRange => Meaning::Position,
        Code::UnsupportedVersion
        | Code::UnsupportedForMessageFormat
        | Code::UnsupportedCompressionType
        | Code::UnsupportedAssignor => Meaning::Version,
        Code::InvalidTopic
        | Code::InvalidRequiredAcks
        | Code::InconsistentGroupProtocol
        | Code::InvalidGroupId
        | Code::InvalidSessionTimeout
        | Code::OffsetMetadataTooLarge
        | Code::InvalidCommitOffsetSize
        | Code::TopicAlreadyExists
        | Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::InvalidReplicaAssignment
        | Code::InvalidConfig
        | Code::PolicyViolation
        | Code::InvalidTransactionTimeout
        | Code::TopicDeletionDisabled
        | Code::GroupMaxSizeReached
        | Code::GroupSubscribedToTopic
        | Code::NonEmptyGroup => Meaning::Setting,
        Code::Unknown
        | Code::InvalidRequest
        | Code::LogDirNotFound
        | Code::InvalidPrincipalType
        | Code::ElectionNotNeeded
        | Code::NoReassignmentInProgress
        | Code::ResourceNotFound
        | Code::DuplicateResource
        | Code::InconsistentVoterSet
        | Code::InvalidUpdateVersion
        | Code::FeatureUpdateFailed
        | Code::PrincipalDeserializationFailure => Meaning::Defect,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::types::RDKafkaRespErr;

    /// Every code of the librdkafka that is built in, without the ends of its ranges.
    fn known() -> Vec<Code> {
        (-300..1_000)
            .filter_map(|number| RDKafkaRespErr::try_from(number).ok())
            .map(Code::from)
            .filter(|code| !matches!(code, Code::Begin | Code::End | Code::EndAll))
            .collect()
    }

    #[test]
    fn every_code_has_one_meaning() {
        assert!(known().len() > 160, "only {} codes were looked at", known().len());
        let unnamed: Vec<Code> =
            known().into_iter().filter(|code| meaning(*code).is_none()).collect();
        assert!(unnamed.is_empty(), "give these a meaning: {unnamed:?}");
        let twice = known().into_iter().filter(|c| local(*c).is_some() && of_brokers(*c).is_some());
        assert_eq!(twice.collect::<Vec<_>>(), []);
    }

    #[test]
    fn local_codes_are_the_negative_ones() {
        for code in known() {
            let negative = (code as i32) < -1;
            assert_eq!(local(code).is_some(), negative, "{code:?}");
        }
    }
}
