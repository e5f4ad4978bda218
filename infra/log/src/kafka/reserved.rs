//! The librdkafka properties that this program sets itself because its laws rest on them. A user
//! who set one otherwise would have a run that looks well and loses or repeats events.

const WRITTEN: &str = "an event counts as written only when every replica in sync has it";
const COMMITTED: &str = "offsets are committed only in the transaction that holds what they led to";
const RANGES: &str = "only ranges give a member the same partitions of all its topics";
const ADDRESSES: &str = "the cluster's addresses are the key `brokers`";

/// Each with the reason, as the end of a sentence.
const RESERVED: [(&str, &str); 17] = [
    ("acks", WRITTEN),
    ("request.required.acks", WRITTEN),
    ("enable.idempotence", "without it a record sent again stands twice"),
    ("transactional.id", "each role has its own, by which an older owner is shut out"),
    ("delivery.report.only.error", "reports tell at which offset each event was written"),
    ("isolation.level", "what was taken back is never to be read as if it had happened"),
    ("group.id", "each role is a group of its own"),
    ("group.instance.id", "it would make all members of a group one and the same"),
    ("group.remote.assignor", RANGES),
    ("partition.assignment.strategy", RANGES),
    ("enable.auto.commit", COMMITTED),
    ("auto.commit.enable", COMMITTED),
    ("enable.auto.offset.store", COMMITTED),
    (
        "auto.offset.reset",
        "a position that the log does not have is an error, never a start elsewhere",
    ),
    ("bootstrap.servers", ADDRESSES),
    ("metadata.broker.list", ADDRESSES),
    ("test.mock.num.brokers", "it puts a cluster that keeps nothing in the place of the real one"),
];

/// Why a user may not set `property`; none where it is theirs to set.
pub fn reserved(property: &str) -> Option<&'static str> {
    RESERVED.iter().find(|(name, _)| *name == property).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::config::ClientConfig;

    #[test]
    fn what_secures_and_what_tunes_is_the_users() {
        for free in [
            "security.protocol",
            "sasl.mechanism",
            "sasl.password",
            "ssl.ca.location",
            "session.timeout.ms",
            "transaction.timeout.ms",
            "linger.ms",
            "compression.type",
            "queued.max.messages.kbytes",
            "debug",
        ] {
            assert_eq!(reserved(free), None, "{free}");
        }
    }

    /// A name that librdkafka does not have would forbid nothing.
    #[test]
    fn each_is_a_property_of_librdkafka() {
        let said = |name: &str| {
            let mut config = ClientConfig::new();
            config.set(name, "?");
            config.create_native_config().err().map(|error| error.to_string()).unwrap_or_default()
        };
        let unknown = "No such configuration property";
        assert!(said("ack").contains(unknown), "{}", said("ack"));
        for (name, _) in RESERVED {
            assert!(!said(name).contains(unknown), "{name}: {}", said(name));
        }
    }
}
