//! Floor 2: where events begin. A source says what the market did on a day, `history` draws
//! labelled rows from what a market did before. Nothing here knows a log: what it makes are
//! plain events, and whoever calls publishes them.

pub mod history;
mod rng;
pub mod scanner;
pub mod simulated;
pub mod source;
