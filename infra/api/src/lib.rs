//! What is true of a run now, as typed values: the views' answers and the units' status, whoever
//! runs the run.

pub mod answers;
pub mod unit_status;
