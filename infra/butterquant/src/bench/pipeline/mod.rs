//! The hops of the loop, each measured in a run of its own.

pub(crate) mod bench_run;
pub(crate) mod day;
pub(crate) mod hop;
pub(crate) mod report;
pub(crate) mod scale;
pub(crate) mod streams;
