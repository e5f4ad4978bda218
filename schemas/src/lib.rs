//! Floor 0: what every other room agrees on. Events, topics, ids, money, the feature contract, the
//! roles and their inputs, and the codec between events and bytes.

mod calendar;
pub mod codec;
pub mod compatibility;
pub mod contract;
pub mod controls;
mod day;
pub mod evaluation;
mod event;
mod event_time;
pub mod events;
mod figure;
pub mod finite;
pub mod headers;
pub mod id;
mod money;
pub mod registry;
pub mod role;
pub mod testkit;
mod topic;

pub use calendar::{Close, NotACalendar, TradingCalendar};
pub use day::{Day, NotADate};
pub use event::{Body, Event};
pub use event_time::close_ms;
pub use figure::Figure;
pub use id::EventId;
pub use money::Money;
pub use topic::{Topic, UnknownTopic, partition_of};
