//! The volatility index as known on each day. It is kept apart from the tickers because it has
//! bars of its own: the mean that divides a proxy σ runs over the index's last 63 bars, whichever
//! days a ticker happened to trade.

use schemas::Day;
use serde::{Deserialize, Serialize};

/// Bars that the mean of the index takes, the day's own among them.
pub(crate) const MEAN_BARS: usize = 63;
/// 63 bars back from each of 126 bars is 189; the rest is for tickers that missed days and for
/// marks made later than the scan.
const CAPACITY: usize = 320;

/// The volatility index's closes by day, in points (18.5 = 18.5 % a year), at most 320.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct VixWindow {
    days: Vec<Day>,
    closes: Vec<f64>,
}

/// A close of the index that cannot be held.
#[derive(thiserror::Error, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum BadVix {
    /// The close is not a finite number above 0.
    #[error("{day}: the volatility index closed at {close}, which is no price")]
    Close {
        /// The day of the row.
        day: Day,
        /// What it was.
        close: f64,
    },
    /// The day is not after the last one held.
    #[error("{day} is not after {last}, the volatility index's last day; the first row stands")]
    NotAfterLast {
        /// The day of the row.
        day: Day,
        /// The last day held.
        last: Day,
    },
}

impl VixWindow {
    /// A window with no closes.
    pub fn new() -> VixWindow {
        VixWindow::default()
    }

    /// Adds the close of a later day; a full window drops its oldest close.
    ///
    /// # Errors
    /// The close is no price, or the day is not after the last one held; nothing changes.
    pub fn push(&mut self, day: Day, close: f64) -> Result<(), BadVix> {
        check(day, close)?;
        if let Some(&last) = self.days.last().filter(|&&last| last >= day) {
            return Err(BadVix::NotAfterLast { day, last });
        }
        if self.days.len() == CAPACITY {
            self.days.remove(0);
            self.closes.remove(0);
        }
        self.days.push(day);
        self.closes.push(close);
        Ok(())
    }

    /// Sets the close of any day, held or not: one that came late, or was corrected. A full window drops its oldest.
    ///
    /// # Errors
    /// The close is no price; nothing changes.
    pub fn insert(&mut self, day: Day, close: f64) -> Result<(), BadVix> {
        check(day, close)?;
        match self.days.binary_search(&day) {
            Ok(at) => self.closes[at] = close,
            Err(at) => {
                self.days.insert(at, day);
                self.closes.insert(at, close);
            }
        }
        if self.days.len() > CAPACITY {
            self.days.remove(0);
            self.closes.remove(0);
        }
        Ok(())
    }

    /// The close of exactly that day, in points.
    pub fn at(&self, day: Day) -> Option<f64> {
        self.days.binary_search(&day).ok().map(|at| self.closes[at])
    }

    /// The close of that day ÷ the mean of the index's own last 63 bars, that day's included;
    /// `None` when the day has no close or fewer than 63 bars are held up to it. Closes after
    /// the day are not read.
    pub fn ratio(&self, day: Day) -> Option<f64> {
        let at = self.days.binary_search(&day).ok()?;
        let first = (at + 1).checked_sub(MEAN_BARS)?;
        let mean = self.closes[first..=at].iter().sum::<f64>() / MEAN_BARS as f64;
        Some(self.closes[at] / mean)
    }

    /// How many closes are held up to that day, inclusive.
    pub(crate) fn until(&self, day: Day) -> usize {
        self.days.partition_point(|held| *held <= day)
    }

    /// The closes held up to that day, inclusive, each with its day.
    pub(crate) fn until_with_closes(&self, day: Day) -> impl Iterator<Item = (Day, f64)> + '_ {
        let known = self.until(day);
        self.days[..known].iter().copied().zip(self.closes[..known].iter().copied())
    }

    /// Closes held.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether no close is held.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// The latest day and its close.
    pub fn last(&self) -> Option<(Day, f64)> {
        self.days.last().copied().zip(self.closes.last().copied())
    }
}

fn check(day: Day, close: f64) -> Result<(), BadVix> {
    if close > 0.0 && close.is_finite() { Ok(()) } else { Err(BadVix::Close { day, close }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_the_63_bars_that_end_on_the_day() {
        let mut vix = VixWindow::new();
        (0..70).for_each(|day| vix.push(Day(2 * day), 10.0 + f64::from(day)).unwrap());
        // Bars 7..=69, mean 10 + 38.
        assert!((vix.ratio(Day(138)).unwrap() - 79.0 / 48.0).abs() < 1e-15);
        assert_eq!(vix.ratio(Day(122)), None); // 62 bars
        assert!(vix.ratio(Day(124)).is_some());
        assert_eq!((vix.ratio(Day(137)), vix.at(Day(137))), (None, None)); // no bar that day
    }

    #[test]
    fn a_close_that_is_no_price_or_comes_late_is_refused() {
        let mut vix = VixWindow::new();
        vix.push(Day(5), 20.0).unwrap();
        assert!(vix.push(Day(5), 21.0).is_err());
        assert!(vix.push(Day(6), f64::NAN).is_err());
        assert!(vix.push(Day(6), 0.0).is_err());
        vix.insert(Day(5), 22.0).unwrap();
        vix.insert(Day(3), 19.0).unwrap();
        assert_eq!((vix.at(Day(3)), vix.len()), (Some(19.0), 2));
        assert!(vix.insert(Day(4), -1.0).is_err());
        assert_eq!((vix.at(Day(5)), vix.is_empty()), (Some(22.0), false));
        assert_eq!(vix.last(), Some((Day(5), 22.0)));
    }
}
