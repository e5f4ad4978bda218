//! Floor 2: where events begin. `source` gives a market's trading days, `history` draws labelled
//! rows from the days before a run, `scanner` turns days into candidates. Nothing here knows the
//! log: callers publish the events. `analyses` lets both draw on analyses that were made before.

pub mod analyses;
pub mod history;
mod rng;
pub mod scanner;
pub mod source;
