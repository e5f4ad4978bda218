//! The market as a role knows it: each ticker's window and the index's, built from `bars`.
//! Every role that prices keeps one, so that all of them price alike; only the scanner needs all bars of an analysis.

use crate::vix::VixWindow;
use crate::volatility::{HV_DAYS, current_iv};
use crate::window::{BARS_HELD, PriceBar, PriceWindow};
use schemas::events::{Bar, Bars, IndexClose};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bars that a mark is priced from: the closes of its volatility.
pub const MARK_BARS: usize = HV_DAYS + 1;
/// Bars that a label is priced from: those of the mark at its end, and the sessions since its entry, of which 45 days
/// have 32 at most, and a few more.
pub const LABEL_BARS: usize = MARK_BARS + 42;

/// Windows of at most `HELD` bars by ticker, and the volatility index.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct PriceHistory<const HELD: usize = BARS_HELD> {
    windows: BTreeMap<String, PriceWindow<HELD>>,
    vix: VixWindow,
}

/// What marks are priced from.
pub type MarkHistory = PriceHistory<MARK_BARS>;

/// What labels are priced from.
pub type LabelHistory = PriceHistory<LABEL_BARS>;

/// The last bar of each ticker.
pub type LastBars = PriceHistory<1>;

impl<const HELD: usize> PriceHistory<HELD> {
    /// Applies a `bars` event; others change nothing. An invalid bar, or one of a day before the
    /// last, was refused by the source already and changes nothing here.
    pub fn apply(&mut self, event: &Event) {
        let Body::Bars(bars) = &event.body else { return };
        match bars {
            Bars::BarClosed(bar) => self.push(&event.ticker, bar),
            Bars::BarCorrected(bar) => {
                if let Some(window) = self.windows.get_mut(&event.ticker) {
                    let _ = window.correct(PriceBar::from(bar));
                }
            }
            Bars::CorporateAction(action) => {
                if let (Some(window), Some(ratio)) =
                    (self.windows.get_mut(&event.ticker), action.split_ratio)
                {
                    let _ = window.apply_split_before(action.effective_day, ratio);
                }
            }
            Bars::DayClosed(marker) => {
                if let Some(close) = marker.vix {
                    // Every partition's marker carries it; the first of the day stands.
                    let _ = self.vix.push(event.day, close);
                }
            }
            Bars::HistoryLoaded(history) => self.load(&event.ticker, &history.bars),
            Bars::IndexLoaded(index) => self.load_index(&index.closes),
            Bars::TickerMissing(_) | Bars::Unknown => {}
        }
    }

    /// Replaces a ticker's window by one of these bars, ascending by day.
    pub fn load(&mut self, ticker: &str, bars: &[Bar]) {
        let mut window = PriceWindow::empty();
        for bar in &bars[bars.len().saturating_sub(HELD)..] {
            let _ = window.push(PriceBar::from(bar));
        }
        self.windows.insert(ticker.to_owned(), window);
    }

    /// Sets these closes of the index.
    pub fn load_index(&mut self, closes: &[IndexClose]) {
        for IndexClose { index_day, close } in closes {
            let _ = self.vix.insert(*index_day, *close);
        }
    }

    fn push(&mut self, ticker: &str, bar: &Bar) {
        let window = match self.windows.get_mut(ticker) {
            Some(window) => window,
            None => self.windows.entry(ticker.to_owned()).or_default(),
        };
        let _ = window.push(PriceBar::from(bar));
    }

    /// A ticker's window.
    pub fn window(&self, ticker: &str) -> Option<&PriceWindow<HELD>> {
        self.windows.get(ticker)
    }

    /// The volatility index.
    pub fn vix(&self) -> &VixWindow {
        &self.vix
    }

    /// A ticker's bar of `day`.
    pub fn bar(&self, ticker: &str, day: Day) -> Option<&PriceBar> {
        self.windows.get(ticker)?.last().filter(|bar| bar.day == day)
    }

    /// Close and proxy σ of a ticker on `day`; `None` without a bar or without the index.
    pub fn close_and_sigma(&self, ticker: &str, day: Day) -> Option<(f64, f64)> {
        let window = self.windows.get(ticker)?;
        let close = window.last().filter(|bar| bar.day == day)?.close;
        Some((close, current_iv(window.bars(), &self.vix)?))
    }
}
