//! Floor 0: the statistics that the gate, the training and the reports share, so that each has
//! one definition: the block bootstrap, standard errors by scan day, the figures of a track, the
//! comparison of two tracks, and the seeded generator that they draw from.
//!
//! It depends on no other room. `success` on floor 1 judges models with it, so it must lie below;
//! and it needs none of the log's types: daily values are plain numbers, and [`performance`] is
//! generic over the day and the fixed-point amount.
//!
//! Invariants:
//! 1. The same arguments and seed give the same bits. The gate's verdicts are recorded on the log,
//!    so the generator, its streams and the order of its draws never change.
//! 2. There is one bootstrap. Every p-value and every bootstrap error comes from [`bootstrap`].

pub mod bootstrap;
mod comparison;
mod days;
mod false_alarms;
pub mod normal;
mod performance;
mod rng;
mod text;

pub use bootstrap::Gain;
pub use comparison::{Comparison, ComparisonError, compare};
pub use days::{mean, mean_by_days, sd, trading_days};
pub use false_alarms::false_alarm_rate;
pub use performance::{Amount, NoCapital, Performance, daily_returns, performance};
pub use rng::{SeededRng, Stream};
pub use text::p_text;
