//! Faults that show in a whole series of prices and not in one row: unnamed splits, prices in cents,
//! days filled forward, closes that are adjusted where the other prices are not, an index in the
//! wrong unit. Pure functions of the bars, for every source alike.

#[cfg(test)]
mod tests;

use quant::{PriceBar, suspected_splits};
use schemas::Day;
use schemas::events::Bar;
use serde::Serialize;
use std::fmt;

/// A close this many times both of its neighbours is a slip of the unit, not a move.
const SPIKE: f64 = 50.0;
/// A new level is a hundred times the old one within this share.
const LEVEL_WITHIN: f64 = 0.02;
/// Rounding that a close may lie outside low … high by, as a share of it.
const ROUNDING: f64 = 1e-6;
/// Closes of an index that are all below this are fractions, not points.
const FRACTION: f64 = 1.5;
/// What a close of the volatility index can be, points.
const INDEX_RANGE: std::ops::RangeInclusive<f64> = 5.0..=150.0;

/// The kind of a fault; the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A price in another unit: a single one, or all from a day on.
    HundredfoldPrice,
    /// A close-to-close move that looks like a split.
    SuspectedSplit,
    /// The volatility index as a fraction instead of points.
    IndexAsFraction,
    /// Closes of the volatility index that none can have.
    IndexOutsideRange,
    /// Closes outside their own low … high.
    CloseOutsideRange,
    /// Rows that repeat the last close and traded nothing.
    StalePrices,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FindingKind::HundredfoldPrice => "another unit",
            FindingKind::SuspectedSplit => "suspected split",
            FindingKind::IndexAsFraction => "index as fraction",
            FindingKind::IndexOutsideRange => "index outside range",
            FindingKind::CloseOutsideRange => "close outside low to high",
            FindingKind::StalePrices => "stale prices",
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

/// The faults of a stock's bars, which ascend by day.
pub fn check_bars(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let checks = [splits, hundredfold, stale, outside_range];
    checks.into_iter().flat_map(|check| check(ticker, bars)).collect()
}

/// The faults of the volatility index's closes, which ascend by day; points.
pub fn check_index(ticker: &str, closes: &[(Day, f64)]) -> Vec<Finding> {
    let (ticker, rows) = (ticker.to_owned(), closes.len());
    if rows > 0 && closes.iter().all(|(_, close)| *close < FRACTION) {
        let what = format!("all {rows} closes are below {FRACTION}: fractions instead of points");
        let remedy = "multiply them by 100".to_owned();
        let (day, kind) = (None, FindingKind::IndexAsFraction);
        return vec![Finding { ticker, day, kind, size: rows as f64, what, remedy }];
    }
    let outside = || closes.iter().filter(|(_, close)| !INDEX_RANGE.contains(close));
    let Some((day, close)) = outside().next() else { return Vec::new() };
    let (low, high, count) = (INDEX_RANGE.start(), INDEX_RANGE.end(), outside().count());
    vec![Finding {
        ticker,
        day: Some(*day),
        kind: FindingKind::IndexOutsideRange,
        size: count as f64,
        what: format!(
            "{count} of {rows} closes lie outside {low} to {high}, the first is {close} on {day}"
        ),
        remedy: "correct these rows or delete them; they are not used".to_owned(),
    }]
}

fn splits(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let bars: Vec<PriceBar> = bars.iter().map(PriceBar::from).collect();
    let finding = |found: quant::SuspectedSplit| Finding {
        ticker: ticker.to_owned(),
        day: Some(found.day),
        kind: FindingKind::SuspectedSplit,
        size: found.ratio.value().ln().abs(),
        what: found.to_string(),
        remedy: format!(
            "say which it is, with `butterquant market confirm {ticker} {day} split` or \
             `butterquant market confirm {ticker} {day} move`",
            day = found.day
        ),
    };
    suspected_splits(&bars).map(finding).collect()
}

/// A single close far from both neighbours, or a level a hundred times the old one.
fn hundredfold(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let factor = |from: usize, to: usize| bars[to].close / bars[from].close;
    let spike = |at: usize| {
        let (Some(before), true) = (at.checked_sub(1), at + 1 < bars.len()) else { return false };
        let (up, down) = (factor(before, at), factor(at + 1, at));
        up.min(down) >= SPIKE || up.max(down) <= 1.0 / SPIKE
    };
    let shifted = |at: usize| {
        let up = factor(at - 1, at);
        let near = |level: f64| (up / level - 1.0).abs() <= LEVEL_WITHIN;
        // The way back from a spike is no new level.
        (near(100.0) || near(0.01)) && !spike(at - 1)
    };
    let mut found = Vec::new();
    for at in 1..bars.len() {
        let (day, close) = (bars[at].bar_day, bars[at].close);
        let (before, factor) = (bars[at - 1].close, factor(at - 1, at));
        let (what, remedy) = if spike(at) {
            let what = format!(
                "its close of {close} on {day} is {factor:.4} times the one before and that after"
            );
            (what, "correct the row or delete it")
        } else if shifted(at) {
            let what = format!(
                "from {day} on its prices are {factor:.4} times those before: {close} after {before}"
            );
            (what, "bring all rows to one unit, dollars per share")
        } else {
            continue;
        };
        found.push(Finding {
            ticker: ticker.to_owned(),
            day: Some(day),
            kind: FindingKind::HundredfoldPrice,
            size: factor.ln().abs(),
            what,
            remedy: remedy.to_owned(),
        });
    }
    found
}

/// Runs of rows that repeat the close before them, in every price, and traded nothing.
fn stale(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let repeats = |before: &Bar, bar: &Bar| {
        let prices = [bar.open, bar.high, bar.low, bar.close];
        bar.volume == 0.0 && prices.iter().all(|price| *price == before.close)
    };
    let mut found = Vec::new();
    // In each run, the bar that is repeated comes first.
    for run in bars.chunk_by(repeats).filter(|run| run.len() > 1) {
        let (first, last) = (&run[1], &run[run.len() - 1]);
        let (rows, day) = (run.len() - 1, first.bar_day);
        let days = match rows {
            1 => format!("the row of {day} repeats"),
            _ => format!("{rows} rows from {day} to {} repeat", last.bar_day),
        };
        found.push(Finding {
            ticker: ticker.to_owned(),
            day: Some(day),
            kind: FindingKind::StalePrices,
            size: rows as f64,
            what: format!(
                "{days} the close of {} on {} with a volume of 0",
                first.close, run[0].bar_day
            ),
            remedy: "delete them: a day on which nothing traded has no row".to_owned(),
        });
    }
    found
}

fn outside_range(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let outside = |bar: &&Bar| {
        let slack = ROUNDING * bar.close;
        bar.close < bar.low - slack || bar.close > bar.high + slack
    };
    let count = bars.iter().filter(outside).count();
    let Some(first) = bars.iter().find(outside) else { return Vec::new() };
    vec![Finding {
        ticker: ticker.to_owned(),
        day: Some(first.bar_day),
        kind: FindingKind::CloseOutsideRange,
        size: count as f64,
        what: format!(
            "{count} of {} closes lie outside their own low to high, the first is {} on {}, \
             outside {} to {}",
            bars.len(),
            first.close,
            first.bar_day,
            first.low,
            first.high
        ),
        remedy: "use a file whose close is not adjusted for dividends while the other prices are \
                 not; if only few are outside, correct these rows"
            .to_owned(),
    }]
}
