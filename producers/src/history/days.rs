//! The market's days before the run, by ticker, for the draw.

use crate::source::{Market, SourceError};
use quant::{PriceBar, WINDOW};
use schemas::{Day, TradingCalendar};
use std::collections::BTreeMap;

/// A ticker's days, as indices into [`MarketHistory::days`].
#[derive(Default)]
pub(super) struct TickerHistory {
    pub(super) name: String,
    /// Ascending.
    pub(super) bars: Vec<(usize, PriceBar)>,
    /// The day before whose open a split takes effect, and its new shares per old share.
    pub(super) splits: Vec<(usize, f64)>,
}

/// All days before a given one.
pub(super) struct MarketHistory {
    pub(super) calendar: TradingCalendar,
    pub(super) days: Vec<Day>,
    pub(super) vix: Vec<Option<f64>>,
    pub(super) tickers: Vec<TickerHistory>,
}

impl MarketHistory {
    pub(super) fn read(market: &mut dyn Market, before: Day) -> Result<MarketHistory, SourceError> {
        let calendar = market.calendar();
        let (days, vix, tickers) = (Vec::new(), Vec::new(), Vec::new());
        let mut days = MarketHistory { calendar, days, vix, tickers };
        let mut tickers: BTreeMap<String, TickerHistory> = BTreeMap::new();
        let mut after = None;
        while let Some(day) = market.next_day(after)?.filter(|market_day| market_day.day < before) {
            let at = days.days.len();
            for (name, action) in day.actions {
                if let Some(ratio) = action.split_ratio {
                    tickers.entry(name).or_default().splits.push((at, ratio));
                }
            }
            for (name, bar) in day.bars {
                tickers.entry(name).or_default().bars.push((at, PriceBar::from(&bar)));
            }
            days.days.push(day.day);
            days.vix.push(day.vix);
            after = Some(day.day);
        }
        days.tickers =
            tickers.into_iter().map(|(name, ticker)| TickerHistory { name, ..ticker }).collect();
        Ok(days)
    }

    /// Days that may have rows: 252 bars may be known, the index is known, and the longest possible
    /// butterfly ends before the last day read.
    pub(super) fn eligible(&self) -> Vec<usize> {
        let last = self.days.last().copied().unwrap_or_default();
        (WINDOW - 1..self.days.len())
            .filter(|at| {
                let longest = quant::Term::longest(self.days[*at], self.calendar);
                self.vix[*at].is_some() && longest < last
            })
            .collect()
    }
}
