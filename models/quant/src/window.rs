//! A ticker's most recent bars, as known on a day. The window is the only way in, so a row that
//! QUANT.md does not accept as a bar ("is not above 0") can never reach a formula, and a split
//! brings every price to the share count of the day priced.

use schemas::Day;
use serde::{Deserialize, Serialize};

/// Closes that an analysis needs.
pub const WINDOW: usize = 252;
/// Bars kept, and brought into a run by a ticker that joins it: the closes of an analysis and a few more, so that a bar
/// that comes late does not push one of them out.
pub const BARS_HELD: usize = 255;

/// One day of one ticker. Prices in dollars per share, unadjusted for dividends; volume in
/// shares.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct PriceBar {
    /// The trading day.
    pub day: Day,
    /// First price of the day.
    pub open: f64,
    /// Highest price of the day.
    pub high: f64,
    /// Lowest price of the day.
    pub low: f64,
    /// Last price of the day, never the adjusted one, which holds later dividends.
    pub close: f64,
    /// Shares traded; 0 is allowed.
    pub volume: f64,
}

impl PriceBar {
    fn check(&self) -> Result<(), BadBar> {
        let prices =
            [("open", self.open), ("high", self.high), ("low", self.low), ("close", self.close)];
        for (what, value) in prices {
            if !(value > 0.0 && value.is_finite()) {
                return Err(BadBar::Price { day: self.day, what: what.into(), value });
            }
        }
        if !(self.volume >= 0.0 && self.volume.is_finite()) {
            return Err(BadBar::Volume { day: self.day, value: self.volume });
        }
        Ok(())
    }

    fn split(&mut self, ratio: f64) {
        for price in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            *price /= ratio;
        }
        self.volume *= ratio;
    }
}

/// Why a row is not a bar.
#[derive(thiserror::Error, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum BadBar {
    /// A price is not a finite number above 0.
    #[error("{day}: {what} is {value}, which is no price; the row is no bar")]
    Price {
        /// The day of the row.
        day: Day,
        /// Which of the four prices.
        what: String,
        /// What it was.
        value: f64,
    },
    /// The volume is below 0 or not a finite number.
    #[error("{day}: volume is {value}; the row is no bar")]
    Volume {
        /// The day of the row.
        day: Day,
        /// What it was.
        value: f64,
    },
    /// The day is not after the last one held: of two rows for one day the first stands.
    #[error("{day} is not after {last}, the last day held; the first row of a day stands")]
    NotAfterLast {
        /// The day of the row.
        day: Day,
        /// The last day held.
        last: Day,
    },
}

/// A split ratio that is not a finite number above 0.
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
#[error("{0} is no split ratio; it must be a number above 0 (2 for two new shares for one)")]
pub struct BadSplit(pub f64);

/// A ticker's most recent bars, ascending by day, at most `HELD`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct PriceWindow<const HELD: usize = BARS_HELD> {
    bars: Vec<PriceBar>,
}

impl PriceWindow {
    /// A window with no bars, for analyses.
    pub fn new() -> PriceWindow {
        PriceWindow::empty()
    }
}

impl<const HELD: usize> PriceWindow<HELD> {
    /// A window with no bars.
    pub(crate) fn empty() -> Self {
        Self { bars: Vec::with_capacity(HELD) }
    }

    /// Adds the bar of a later day; a full window drops its oldest bar.
    ///
    /// # Errors
    /// The row is not a bar, or its day is not after the last one held; the window is unchanged.
    pub fn push(&mut self, bar: PriceBar) -> Result<(), BadBar> {
        bar.check()?;
        if let Some(last) = self.bars.last().filter(|last| last.day >= bar.day) {
            return Err(BadBar::NotAfterLast { day: bar.day, last: last.day });
        }
        self.make_room(HELD - 1);
        self.bars.push(bar);
        Ok(())
    }

    /// Replaces the bar of that day, or puts a bar that came late in its place; a full window drops its oldest bar.
    ///
    /// # Errors
    /// The row is not a bar; the window is unchanged.
    pub fn correct(&mut self, bar: PriceBar) -> Result<(), BadBar> {
        bar.check()?;
        match self.bars.binary_search_by_key(&bar.day, |held| held.day) {
            Ok(at) => self.bars[at] = bar,
            Err(at) => self.bars.insert(at, bar),
        }
        self.make_room(HELD);
        Ok(())
    }

    /// Drops the oldest bars, so that at most `most` are left.
    fn make_room(&mut self, most: usize) {
        self.bars.drain(..self.bars.len().saturating_sub(most));
    }

    /// Brings the bars before `day` to the new share count: prices ÷ ratio, volumes × ratio (2 for
    /// two new shares for one old). Bars of `day` and later are in new shares already.
    ///
    /// # Errors
    /// The ratio is not a finite number above 0; the window is unchanged.
    pub fn apply_split_before(&mut self, day: Day, ratio: f64) -> Result<(), BadSplit> {
        if !(ratio > 0.0 && ratio.is_finite()) {
            return Err(BadSplit(ratio));
        }
        let old = self.bars.partition_point(|bar| bar.day < day);
        self.bars[..old].iter_mut().for_each(|bar| bar.split(ratio));
        Ok(())
    }

    /// The bars held, ascending by day.
    pub fn bars(&self) -> &[PriceBar] {
        &self.bars
    }

    /// The bars on or before a day: those known at its close.
    pub fn until(&self, day: Day) -> &[PriceBar] {
        &self.bars[..self.bars.partition_point(|bar| bar.day <= day)]
    }

    /// The bars that an analysis on `day` reads: the last 252 known at its close, the last of them
    /// of that day; `None` if there are not that many.
    pub fn analysed(&self, day: Day) -> Option<&[PriceBar]> {
        let known = self.until(day);
        let first = known.len().checked_sub(WINDOW)?;
        (known.last()?.day == day).then(|| &known[first..])
    }

    /// The latest bar.
    pub fn last(&self) -> Option<&PriceBar> {
        self.bars.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(day: i32, close: f64) -> PriceBar {
        PriceBar { day: Day(day), open: close, high: close, low: close, close, volume: 10.0 }
    }

    #[test]
    fn what_is_no_bar_is_refused_and_leaves_the_window_alone() {
        let mut window = PriceWindow::new();
        window.push(bar(1, 10.0)).unwrap();
        let held = window.clone();
        let bad = [
            bar(2, 0.0),
            bar(2, f64::NAN),
            bar(1, 10.0),
            PriceBar { volume: -1.0, ..bar(2, 1.0) },
            PriceBar { volume: f64::NAN, ..bar(2, 1.0) },
            PriceBar { low: -0.1, ..bar(2, 1.0) },
        ];
        for row in bad {
            assert!(window.push(row).is_err(), "{row:?}");
        }
        assert_eq!(window, held);
        assert!(window.push(PriceBar { volume: 0.0, ..bar(2, 1.0) }).is_ok());
    }

    #[test]
    fn the_oldest_bar_goes_a_correction_replaces_and_a_split_rescales() {
        let mut window = PriceWindow::new();
        (0..300).for_each(|day| window.push(bar(day, 10.0)).unwrap());
        assert_eq!((window.bars().len(), window.bars()[0].day), (BARS_HELD, Day(45)));
        window.correct(bar(299, 20.0)).unwrap();
        window.correct(bar(3, 20.0)).unwrap();
        assert_eq!((window.bars().len(), window.bars()[0].day), (BARS_HELD, Day(45)));
        window.apply_split_before(Day(300), 4.0).unwrap();
        let last = window.last().unwrap();
        assert_eq!((last.close, last.volume), (5.0, 40.0));
        // One that becomes known later leaves the bars since its day as they are.
        window.apply_split_before(Day(299), 2.0).unwrap();
        let closes = [298, 299].map(|day| window.until(Day(day)).last().unwrap().close);
        assert_eq!(closes, [1.25, 5.0]);
        assert!(window.apply_split_before(Day(300), 0.0).is_err());
        assert_eq!(window.until(Day(50)).len(), 6);
    }

    #[test]
    fn a_bar_that_comes_late_takes_its_place() {
        let mut window = PriceWindow::new();
        [1, 2, 4, 5].into_iter().for_each(|day| window.push(bar(day, 10.0)).unwrap());
        window.correct(bar(3, 11.0)).unwrap();
        let days: Vec<i32> = window.bars().iter().map(|bar| bar.day.0).collect();
        assert_eq!((days, window.bars()[2].close), (vec![1, 2, 3, 4, 5], 11.0));
        assert!(window.correct(bar(6, -1.0)).is_err());
    }
}
