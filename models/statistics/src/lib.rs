//! Floor 0: the statistics that the gate, the training and the reports share, so that each has
//! one definition: the block bootstrap, standard errors by scan day, the figures of a track by its days
//! and by its closed trades, the comparison of two tracks, and the seeded generator that they draw from.
//!
//! Four statistics guard against overfitting, which is to take the luck of the best of many for skill:
//! the Sharpe ratio deflated by the number of trials (`sharpe_inference`), the probability that the best
//! configuration of some days is below the median on others (`overfitting`), what choosing the best would
//! have earned afterwards (`walk_forward`), and whether scores choose better than chance (`permutation`).
//!
//! It depends on no other room. `success` on floor 1 judges models with it, so it must lie below;
//! and it needs none of the log's types: daily values are plain numbers, and [`performance`] is
//! generic over the day and the fixed-point amount.
//!
//! Invariants:
//! 1. The same arguments and seed give the same bits. The gate's verdicts are recorded on the log,
//!    so the generator, its streams and the order of its draws never change.
//! 2. There is one bootstrap. Every p-value and every bootstrap error comes from [`bootstrap`], except
//!    that of a permutation, which draws no days.
//! 3. A figure that would mean nothing is refused, and the refusal says what is needed.

pub mod bootstrap;
mod closed_trades;
mod comparison;
mod days;
mod false_alarms;
pub mod normal;
mod overfitting;
mod performance;
mod permutation;
mod returns_matrix;
mod rng;
mod sharpe_inference;
mod text;
mod walk_forward;

pub use bootstrap::Gain;
pub use closed_trades::{TradeFigures, TradeResult, trade_figures, wilson};
pub use comparison::{Comparison, ComparisonError, compare};
pub use days::{mean, mean_by_days, sd, trading_days};
pub use false_alarms::false_alarm_rate;
pub use overfitting::{
    Overfitting, OverfittingError, OverfittingSplit, probability_of_overfitting,
};
pub use performance::{Amount, NoCapital, Performance, daily_returns, falls, performance};
pub use permutation::{
    PermutationError, PermutationTest, ScoredCandidate, SelectionRule, permutation_test,
};
pub use returns_matrix::{ReturnsMatrix, ReturnsMatrixError};
pub use rng::{SeededRng, Stream};
pub use sharpe_inference::{DeflatedSharpe, SharpeError, SharpeInference, sharpe_inference};
pub use text::p_text;
pub use walk_forward::{
    WalkForward, WalkForwardError, WalkForwardSplit, WalkForwardStep, walk_forward,
};
