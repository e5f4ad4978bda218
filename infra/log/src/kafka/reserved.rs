//! The librdkafka properties that this program reserves because its guarantees rest on them. With
//! another value a run would look well and lose or repeat events.

const WRITTEN: &str = "an event counts as written only when every replica in sync has it";
const COMMITTED: &str = "offsets are committed only in the transaction that holds their outputs";
const RANGES: &str = "only ranges give a member the same partitions of all its topics";
const ADDRESSES: &str = "the cluster's addresses are the key `brokers`";

/// Each with the reason, as the end of a sentence.
const RESERVED: [(&str, &str); 17] = [
    ("acks", WRITTEN),
    ("request.required.acks", WRITTEN),
    ("enable.idempotence", "without it a record sent again is written twice"),
    ("transactional.id", "each role has its own, which shuts out an older owner"),
    ("delivery.report.only.error", "the reports give the offset of each event"),
    ("isolation.level", "records of an aborted transaction must never be read"),
    ("group.id", "each role is a group of its own"),
    ("group.instance.id", "it would make all members of a group the same member"),
    ("group.remote.assignor", RANGES),
    ("partition.assignment.strategy", RANGES),
    ("enable.auto.commit", COMMITTED),
    ("auto.commit.enable", COMMITTED),
    ("enable.auto.offset.store", COMMITTED),
    (
        "auto.offset.reset",
        "a position that the log does not hold is an error, never a start elsewhere",
    ),
    ("bootstrap.servers", ADDRESSES),
    ("metadata.broker.list", ADDRESSES),
    ("test.mock.num.brokers", "it replaces the real cluster by one that keeps nothing"),
];

/// Why a user may not set `property`; `None` where they may.
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

    /// A name unknown to librdkafka would forbid nothing.
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
