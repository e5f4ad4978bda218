//! What is true of a run now, as typed values: the answers of its views, how far its roles are, and
//! its status on one screen, whichever process runs it.

pub mod answers;
pub mod lag;
pub mod run_status;
pub mod unit_progress;
