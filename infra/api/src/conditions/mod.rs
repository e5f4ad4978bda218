//! What an operator should look at, and why: the conditions of a run, as the dashboard shows them and alerts tell them.
//!
//! [`conditions`] is a pure function of what was seen; [`Watcher`] sees it.

mod condition;
mod judged;
mod of_groups;
mod of_run;
#[cfg(test)]
mod tests;
mod watched;
mod watcher;

pub use condition::{Condition, KINDS};
pub use judged::conditions;
pub use of_run::LOG_AWAY;
pub use watched::{Disk, LastMark, Watched};
pub use watcher::Watcher;
