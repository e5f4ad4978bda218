//! A ticker's most recent bars, as known on a day. The window is the only way in, so a row that
//! QUANT.md does not accept as a bar ("is not above 0") can never reach a formula, and a split
//! brings every price to the share count of the day priced.

use schemas::Day;
use serde::{Deserialize, Serialize};

/// Closes that an analysis needs.
pub const WINDOW: usize = 252;
/// Bars kept: the closes of an analysis and a few more, so that an entry and a mark some days
/// later still find their own 64 closes and the one before.
const CAPACITY: usize = 260;

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

/// A ticker's most recent bars, ascending by day, at most 260.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct PriceWindow {
    bars: Vec<PriceBar>,
}

impl PriceWindow {
    /// A window with no bars.
    pub fn new() -> PriceWindow {
        PriceWindow { bars: Vec::with_capacity(CAPACITY) }
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
        if self.bars.len() == CAPACITY {
            self.bars.remove(0);
        }
        self.bars.push(bar);
        Ok(())
    }

    /// Replaces the bar of that day; `false` when that day is not held.
    ///
    /// # Errors
    /// The row is not a bar; the window is unchanged.
    pub fn correct(&mut self, bar: PriceBar) -> Result<bool, BadBar> {
        bar.check()?;
        match self.bars.binary_search_by_key(&bar.day, |held| held.day) {
            Ok(at) => {
                self.bars[at] = bar;
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Brings every bar to the new share count: prices ÷ ratio, volumes × ratio (2 for two new
    /// shares for one old).
    ///
    /// # Errors
    /// The ratio is not a finite number above 0; the window is unchanged.
    pub fn apply_split(&mut self, ratio: f64) -> Result<(), BadSplit> {
        if !(ratio > 0.0 && ratio.is_finite()) {
            return Err(BadSplit(ratio));
        }
        self.bars.iter_mut().for_each(|bar| bar.split(ratio));
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
        assert_eq!((window.bars().len(), window.bars()[0].day), (CAPACITY, Day(40)));
        assert!(window.correct(bar(299, 20.0)).unwrap());
        assert!(!window.correct(bar(3, 20.0)).unwrap());
        window.apply_split(4.0).unwrap();
        let last = window.last().unwrap();
        assert_eq!((last.close, last.volume), (5.0, 40.0));
        assert!(window.apply_split(0.0).is_err());
        assert_eq!(window.until(Day(50)).len(), 11);
    }
}
