//! Floor 2: the pure machines, one folder a role. None has a clock, a random source, I/O or
//! hash order; each says in its head what never happens.

pub mod broker;
pub mod executor;
pub mod labeler;
pub mod materializer;
pub mod retrainer;
pub mod scorer;
#[cfg(test)]
mod testkit;
