//! Faults that show in a whole series of prices and not in one row: unnamed splits, prices that jump
//! or lie far from their neighbours, days filled forward or left out, closes that are adjusted where
//! the other prices are not, an index in the wrong unit. Pure functions of the bars, for every source alike.

mod gaps;
mod index;
mod moves;
mod rows;
mod same;
#[cfg(test)]
mod tests;

pub(super) use gaps::{OwnDays, missing_days};
pub use index::check_index;
pub(super) use same::{Closes, same_prices};

use super::finding::Finding;
use schemas::events::Bar;

/// The faults of a stock's bars, which ascend by day.
pub fn check_bars(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let checks =
        [moves::moves, rows::far_from_close, rows::stale, rows::untraded, rows::outside_range];
    checks.into_iter().flat_map(|check| check(ticker, bars)).collect()
}
