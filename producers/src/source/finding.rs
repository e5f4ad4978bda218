//! A fault that a series of prices shows, in words: what was found, and what to do about it.

use schemas::Day;
use serde::Serialize;
use std::fmt;

/// The kind of a fault; the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A price in another unit: a single one, or all from a day on.
    HundredfoldPrice,
    /// Closes far from those before and after, which agree.
    PriceSpike,
    /// A close-to-close move that looks like a split.
    SuspectedSplit,
    /// A close-to-close move that nothing explains.
    PriceLevel,
    /// An open, high or low far from the closes around it.
    PriceFarFromClose,
    /// The volatility index as a fraction instead of points.
    IndexAsFraction,
    /// Closes of the volatility index that none can have.
    IndexOutsideRange,
    /// A move that the volatility index does not make in a day.
    IndexJump,
    /// Closes outside their own low … high.
    CloseOutsideRange,
    /// The closes of another ticker.
    SamePrices,
    /// Trading days without a row, between others that have one.
    MissingDays,
    /// Prices at which nothing traded.
    UntradedPrice,
    /// Rows that repeat the last close and traded nothing.
    StalePrices,
    /// How a split of the source's own was read: no fault, but a guess from the prices.
    SplitReading,
}

impl FindingKind {
    /// Whether a person's word, that the price did move so on that day, settles it.
    pub fn is_move(self) -> bool {
        matches!(
            self,
            FindingKind::HundredfoldPrice
                | FindingKind::PriceSpike
                | FindingKind::SuspectedSplit
                | FindingKind::PriceLevel
                | FindingKind::PriceFarFromClose
        )
    }

    /// Whether it is told without being a fault.
    pub fn is_note(self) -> bool {
        self == FindingKind::SplitReading
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FindingKind::HundredfoldPrice => "another unit",
            FindingKind::PriceSpike => "price spike",
            FindingKind::SuspectedSplit => "suspected split",
            FindingKind::PriceLevel => "price level",
            FindingKind::PriceFarFromClose => "price far from close",
            FindingKind::IndexAsFraction => "index as fraction",
            FindingKind::IndexOutsideRange => "index outside range",
            FindingKind::IndexJump => "index jump",
            FindingKind::CloseOutsideRange => "close outside low to high",
            FindingKind::SamePrices => "same prices",
            FindingKind::MissingDays => "missing days",
            FindingKind::UntradedPrice => "untraded price",
            FindingKind::StalePrices => "stale prices",
            FindingKind::SplitReading => "how a split is read",
        })
    }
}

/// A fault that a series shows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Finding {
    /// The stock or the index.
    pub ticker: String,
    /// Its first day; none where it is the whole series.
    pub day: Option<Day>,
    /// Its kind.
    pub kind: FindingKind,
    /// How bad it is among its kind: the logarithm of a move's factor, or a number of rows.
    pub size: f64,
    /// What was found, a sentence without the full stop.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.ticker, self.what, self.remedy)
    }
}

/// The command that says that the price did move so.
pub(super) fn confirm_move(ticker: &str, day: Day) -> String {
    format!("`butterquant market confirm {ticker} {day} move`")
}
