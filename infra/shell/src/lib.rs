//! The one consumer shell: every role runs in its loop, none has one of its own. Around it: how
//! a run is opened, how days are published, how everything is decided again from the record.

mod read_ahead;
pub mod status_board;
pub mod controls;
pub mod cursor;
mod env;
mod error;
pub mod inspect;
pub mod instance;
pub mod dead_letters;
pub mod open;
mod recorded;
mod recovery;
pub mod replay;
pub mod runner;
pub mod checkpoint;
pub mod redrive;
pub mod source;
mod last_record;
#[cfg(test)]
mod faulty_log;
pub mod unit;
pub mod decisions;
pub mod record_codec;
mod effect_context;

pub use error::ShellError;
