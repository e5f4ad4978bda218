//! What a run's log holds of the market: the memory of the source, whoever wrote it. A pure fold of `bars`.

use schemas::events::{Bar, Bars};
use schemas::{Body, Day, Event};
use std::collections::BTreeMap;

/// Bars of a ticker, and closes of the index, that are remembered: more than any window holds, so that what is
/// forgotten can change no decision any more.
pub(super) const HELD: usize = 320;

/// Half of the unit that prices are usually quoted in, dollars: what rounding changes at most.
const HALF_CENT: f64 = 0.005;

/// A bar on the log.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct KnownBar {
    /// As last published, in the share count of the last day.
    pub(super) bar: Bar,
    /// Of its last correction; 0 without one.
    pub(super) revision: i32,
    /// How much a price may differ without being another one, dollars: above 0 once a split has divided prices that
    /// had been rounded before.
    pub(super) slack: f64,
}

/// The market as it is on the log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct KnownMarket {
    pub(super) tickers: BTreeMap<String, BTreeMap<Day, KnownBar>>,
    pub(super) index: BTreeMap<Day, f64>,
}

impl KnownMarket {
    /// Takes an event of `bars` in; others change nothing.
    pub fn apply(&mut self, event: &Event) {
        let Body::Bars(bars) = &event.body else { return };
        match bars {
            Bars::BarClosed(bar) => self.put(&event.ticker, bar, 0),
            Bars::BarCorrected(bar) => self.put(&event.ticker, bar, event.revision),
            Bars::HistoryLoaded(history) => {
                let before = self.tickers.remove(&event.ticker).unwrap_or_default();
                for bar in history.bars.iter() {
                    // A later correction goes on from here.
                    let revision = before.get(&bar.bar_day).map_or(0, |known| known.revision);
                    self.put(&event.ticker, bar, revision);
                }
            }
            Bars::CorporateAction(action) => {
                if let (Some(ratio), Some(held)) =
                    (action.split(), self.tickers.get_mut(&event.ticker))
                {
                    split(held, action.effective_day, ratio);
                }
            }
            Bars::IndexLoaded(index) => {
                self.index.extend(index.closes.iter().map(|of| (of.index_day, of.close)));
                forget(&mut self.index);
            }
            Bars::DayClosed(marker) => {
                self.index.extend(marker.vix.map(|close| (event.day, close)));
                forget(&mut self.index);
            }
            Bars::TickerMissing(_) => {
                // It is known from now on, with or without bars.
                self.tickers.entry(event.ticker.clone()).or_default();
            }
            Bars::Unknown => {}
        }
    }

    /// Whether the log has any event of the ticker.
    pub fn knows(&self, ticker: &str) -> bool {
        self.tickers.contains_key(ticker)
    }

    /// Whether the log has nothing of the market yet.
    pub fn is_empty(&self) -> bool {
        self.tickers.is_empty() && self.index.is_empty()
    }

    /// Whether the log has the index's close of `day`.
    pub fn index_has(&self, day: Day) -> bool {
        self.index.contains_key(&day)
    }

    /// The tickers whose last bar is of `day`, ascending.
    pub fn with_bar_on(&self, day: Day) -> impl Iterator<Item = &String> {
        let last = move |(ticker, bars): (_, &BTreeMap<Day, KnownBar>)| {
            (bars.keys().next_back() == Some(&day)).then_some(ticker)
        };
        self.tickers.iter().filter_map(last)
    }

    fn put(&mut self, ticker: &str, bar: &Bar, revision: i32) {
        let held = self.tickers.entry(ticker.to_owned()).or_default();
        held.insert(bar.bar_day, KnownBar { bar: bar.clone(), revision, slack: 0.0 });
        forget(held);
    }
}

/// Brings the bars before `effective` to the new share count.
pub(super) fn split(held: &mut BTreeMap<Day, KnownBar>, effective: Day, ratio: f64) {
    for (_, known) in held.range_mut(..effective) {
        known.bar.apply_split(ratio);
        known.slack = (known.slack + HALF_CENT) / ratio + HALF_CENT;
    }
}

fn forget<T>(held: &mut BTreeMap<Day, T>) {
    while held.len() > HELD {
        held.pop_first();
    }
}
