//! Floor 2: where events begin. `source` gives a market's trading days, `history` draws labelled
//! rows from the days before a run, `scanner` turns days into candidates. Nothing here knows the
//! log: callers publish the events.

pub mod history;
mod rng;
pub mod scanner;
pub mod source;
