//! The log on a Kafka cluster: production and scale-out.
//!
//! Producers are idempotent and transactional, readers see committed records only, members
//! hold ranges and are polled for their membership alone; records come through a
//! [`Reader`](crate::Reader) with positions of its own. A run's prefix precedes the names of
//! its topics, groups and transactional ids.
//!
//! Invariants:
//! 1. No role commits an offset outside a transaction; an operator sets those of groups without members.
//! 2. Every librdkafka error is given a class on purpose, in `codes.rs` and `errors.rs`.
//! 3. A producer whose last transaction ended in doubt publishes nothing more.

mod admin;
mod admin_answer;
mod cluster;
mod codes;
mod connection_errors;
pub mod copy;
mod deliveries;
mod errors;
mod group_admin;
mod group_list;
mod group_offsets;
mod log;
mod member;
mod names;
mod native_admin;
mod outage;
mod partitions;
mod producer;
mod reader;
mod record_headers;
mod reserved;
mod settings;
mod topic_id;
mod topic_settings;

pub use log::KafkaLog;
pub use names::check_names;
pub use reserved::reserved;
pub use settings::{GroupProtocol, KafkaSettings};
