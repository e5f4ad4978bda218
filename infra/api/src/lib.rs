//! The present state of a run as typed values: the answers of its views, the progress of its roles,
//! and its status on one screen, whichever process runs it.

pub mod answers;
pub mod groups;
pub mod holes;
pub mod lag;
mod remote_answer;
pub mod run_status;
pub mod unit_progress;
