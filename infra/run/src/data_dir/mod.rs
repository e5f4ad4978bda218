//! The data folder: runs, what belongs to each, and how a run's log is reached: owned by this
//! process, by another one on this machine, or on Kafka.

mod beside;
mod open_log;
mod remove;
mod repair;
mod run_dir;

pub use beside::{Beside, settle};
pub use open_log::{
    OpenLog, check_not_gone, folders_of_processes, living_owner, no_run, of_state, own, partitions,
    reach, read_state, remove_topics,
};
pub(crate) use open_log::{open_state, was_held};
pub use remove::{hold, remove_run};
pub use repair::{Repaired, repair_log, repair_state};
pub(crate) use run_dir::run_ids;
pub use run_dir::{KafkaAccess, LIVE, LogAccess, PATIENCE, RunDir};
