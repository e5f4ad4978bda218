//! Bad events among good ones on `features`, of every kind, from a seed: written day by day, and
//! afterwards looked for among the dead letters and the predictions.
#![allow(clippy::unwrap_used, clippy::expect_used)] // test code outside a test module

mod check;
mod kinds;
mod mixture;
mod out;
mod record;
mod run;

pub use check::{letters_are, scores_are};
pub use mixture::Mixture;
pub use record::{Bad, Kind, PARTITIONS, Written};
pub use run::{env, lag, score};
