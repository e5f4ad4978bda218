//! The present state of a run as typed values: the answers of its views, the progress of its roles,
//! its status on one screen, and its examination, whichever process runs it.

pub mod answers;
pub mod conditions;
pub mod dead_letters;
pub mod doctor;
pub mod group_change;
pub mod group_description;
pub mod groups;
pub mod halt;
pub mod holes;
pub mod lag;
pub mod log_faults;
pub mod model_scores;
pub mod monitor;
pub mod other_groups;
pub mod processes;
pub mod record_json;
mod remote_answer;
pub mod retraining;
pub mod run_status;
pub mod unit_progress;
