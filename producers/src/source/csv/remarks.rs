//! What is said of a ticker's file beside what its bars show.

use super::super::finding::{Finding, FindingKind};
use super::split_cells::in_shares;
use super::splits::SplitReading;
use schemas::Figure;

/// How a split of the file's own was read. Its prices tell, but a large move on the same day misleads.
pub(super) fn of_split(ticker: &str, reading: &SplitReading) -> Finding {
    let SplitReading { line, day, ratio, raw, left } = *reading;
    let read = if raw {
        format!(
            "is read as not yet in its prices, so those before are divided by {}",
            Figure(ratio)
        )
    } else {
        "is read as already in the prices before it".to_owned()
    };
    let moved = Figure::rounded(100.0 * (left - 1.0));
    Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: FindingKind::SplitReading,
        size: ratio.ln().abs(),
        what: format!(
            "the split of {} on {day} (line {line}) {read}, which leaves a move of {moved} % to the open",
            in_shares(ratio)
        ),
        remedy: format!(
            "if that is wrong, empty the cell, and say what the move was with `butterquant market confirm {ticker} {day}`"
        ),
    }
}
