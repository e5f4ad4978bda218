//! `/metrics`: what this process knows of its run. Each file here declares the metrics of one source and makes their
//! samples; `docs/metrics.md` lists them all, and a test compares both.
//!
//! 1. A value that cannot be read any more is left out, never shown as new: `butterquant_part_read_timestamp_seconds`
//!    says how old each part is.
//! 2. Labels are bounded: roles, units, topics, codes and versions. What a person has written is in one metric, cut, and
//!    once a halted track.

mod cache;
mod host;
mod lag;
mod letters;
mod list;
mod run;
mod samples;
mod units;
mod views;

pub(crate) use cache::MetricsCache;
