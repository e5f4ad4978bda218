//! Figures of a track's performance, and whether two tracks differ. Pure.
//!
//! The unit is the day's mark-to-market change ÷ capital, 0 when flat. Days are not
//! independent, for a position is held for weeks: what compares two tracks draws blocks of
//! consecutive days. And figures of what the models predicted.

mod compare;
mod performance;
mod quality;

pub use compare::{Comparison, compare};
pub use performance::{Performance, daily_returns, performance};
pub use quality::{Period, QualityReport, quality_report};

/// Figures that cannot be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FiguresError {
    /// Returns are relative to capital.
    #[error("the capital is not above 0; set `capital` in the settings")]
    NoCapital,
    /// The two tracks must be of the same days.
    #[error("{ai} days of ButterAI against {baseline} of ButterBaseline; give both the same days")]
    DaysDiffer {
        /// Days of the first track.
        ai: usize,
        /// Days of the second.
        baseline: usize,
    },
    /// A bootstrap of blocks needs at least two of them.
    #[error("{days} days are too few for blocks of {block}; {needed} are needed")]
    TooFewDays {
        /// Days given.
        days: usize,
        /// Days a block has.
        block: usize,
        /// Days needed.
        needed: usize,
    },
    /// A return is not a number.
    #[error("the return of day {index} (0 first) is not finite")]
    NotFinite {
        /// Its place.
        index: usize,
    },
}
