//! A market whose bars are others than those of the market behind it; everything else is as it is there.

use super::finding::Finding;
use super::market::{DataProblem, Market, MarketDay, SourceError};
use schemas::events::Bar;
use schemas::{Day, TradingCalendar};
use std::time::SystemTime;

/// What becomes of a market's numbers.
pub(super) trait Alteration: Send {
    /// Changes a bar of `ticker` in `market`.
    fn bar(&mut self, market: &mut dyn Market, ticker: &str, bar: &mut Bar);

    /// What the close of the index becomes, points.
    fn index(&mut self, day: Day, close: f64) -> f64 {
        let _ = day;
        close
    }
}

/// The market behind, altered.
pub(super) struct AlteredMarket {
    inner: Box<dyn Market>,
    alteration: Box<dyn Alteration>,
}

impl AlteredMarket {
    pub(super) fn new(inner: Box<dyn Market>, alteration: Box<dyn Alteration>) -> AlteredMarket {
        AlteredMarket { inner, alteration }
    }
}

impl Market for AlteredMarket {
    fn universe(&self) -> &[String] {
        self.inner.universe()
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        let Some(mut day) = self.inner.next_day(after)? else { return Ok(None) };
        for (ticker, bar) in &mut day.bars {
            self.alteration.bar(&mut *self.inner, ticker, bar);
        }
        day.vix = day.vix.map(|close| self.alteration.index(day.day, close));
        Ok(Some(day))
    }

    fn calendar(&self) -> TradingCalendar {
        self.inner.calendar()
    }

    fn past(&mut self, ticker: &str, day: Day, most: usize) -> Result<Vec<Bar>, SourceError> {
        let mut bars = self.inner.past(ticker, day, most)?;
        for bar in &mut bars {
            self.alteration.bar(&mut *self.inner, ticker, bar);
        }
        Ok(bars)
    }

    fn index_past(&mut self, day: Day, most: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        let closes = self.inner.index_past(day, most)?;
        let altered = |(day, close)| (day, self.alteration.index(day, close));
        Ok(closes.into_iter().map(altered).collect())
    }

    fn days(&self) -> &[Day] {
        self.inner.days()
    }

    fn problems(&self) -> &[DataProblem] {
        self.inner.problems()
    }

    fn has_row(&self, ticker: &str, day: Day) -> bool {
        self.inner.has_row(ticker, day)
    }

    fn remarks(&self, ticker: &str) -> Vec<Finding> {
        self.inner.remarks(ticker)
    }

    fn is_made_up(&self) -> bool {
        self.inner.is_made_up()
    }

    fn refresh(&mut self) -> Result<(), SourceError> {
        self.inner.refresh()
    }

    /// The market behind keeps everything: what is altered may depend on bars that nobody else asks for.
    fn keep(&mut self, _: Day, _: Option<Day>) {}

    fn generation(&self) -> u64 {
        self.inner.generation()
    }

    fn last_change(&self) -> Option<SystemTime> {
        self.inner.last_change()
    }

    fn last_write(&self) -> Option<SystemTime> {
        self.inner.last_write()
    }

    /// Of the market behind.
    fn data_sha256(&self, until: Option<Day>) -> String {
        self.inner.data_sha256(until)
    }

    fn describe(&self) -> String {
        format!("{}, altered", self.inner.describe())
    }
}
