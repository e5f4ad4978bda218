//! The one loop that every role runs in. Around it: opening a run, publishing its days, and
//! deciding everything again from the record.

pub mod checkpoint;
pub mod closed_days;
pub mod controls;
pub mod cursor;
pub mod dead_letters;
mod decided;
mod decision_notes;
mod decision_spans;
mod decision_text;
pub mod decisions;
pub mod earlier_state;
mod effect_context;
mod env;
mod error;
pub mod event_reader;
#[cfg(test)]
mod faulty_log;
pub mod holes;
pub mod index_close;
mod input_ends;
pub mod inspect;
pub mod instance;
pub mod last_markers;
mod last_record;
mod measured;
pub mod offsets;
pub mod open;
pub mod operator_word;
pub mod placed_events;
pub mod pulse;
mod read_ahead;
pub mod record_codec;
mod recorded;
mod recovered;
mod recovery;
pub mod redrive;
pub mod replay;
pub mod runner;
pub mod score_comparison;
mod settle;
pub mod source;
pub mod status_board;
mod take_in;
mod twice;
pub mod unit;
pub mod unit_identity;
pub mod verification;

pub use error::ShellError;
