//! Floor 0: what every other room agrees on. Events, topics, ids, money, the feature contract,
//! the roles and what each reads, and the codec between them and bytes.

pub mod codec;
pub mod compatibility;
pub mod contract;
pub mod controls;
mod day;
mod event;
pub mod events;
pub mod finite;
pub mod headers;
pub mod id;
mod money;
pub mod registry;
pub mod role;
mod topic;

pub use day::{Day, NotADate};
pub use event::{Body, Event};
pub use id::EventId;
pub use money::Money;
pub use topic::{NoSuchTopic, Topic, partition_of};
