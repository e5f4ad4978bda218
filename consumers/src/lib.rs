//! Floor 2: the pure machines, one folder per role. None has a clock, a random source, I/O or hash
//! order; each lists its invariants at its top.

pub mod broker;
pub mod executor;
pub mod labeler;
pub mod materializer;
pub mod retrainer;
pub mod scorer;
#[cfg(test)]
mod testkit;
