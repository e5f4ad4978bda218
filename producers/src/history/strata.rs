//! The order in which rows are tried: strata of the volatility index, spread evenly over their days.

use super::days::MarketHistory;
use super::rows::RowJob;
use crate::rng::RandomStream;
use schemas::evaluation::{HIGH_VIX, NORMAL_VIX};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A range of the volatility index's close.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stratum {
    /// Below [`NORMAL_VIX`].
    Low,
    /// From there to below [`HIGH_VIX`].
    Normal,
    /// From there on.
    High,
}

impl Stratum {
    /// Lowest first.
    pub const ALL: [Stratum; 3] = [Stratum::Low, Stratum::Normal, Stratum::High];

    /// The stratum of a close of the index, points.
    pub fn of(vix: f64) -> Stratum {
        match vix {
            v if v < NORMAL_VIX => Stratum::Low,
            v if v < HIGH_VIX => Stratum::Normal,
            _ => Stratum::High,
        }
    }

    /// The name in each sample.
    pub fn name(self) -> &'static str {
        match self {
            Stratum::Low => "low",
            Stratum::Normal => "normal",
            Stratum::High => "high",
        }
    }

    /// The range of closes, in words.
    pub fn range(self) -> &'static str {
        match self {
            Stratum::Low => "index below 15",
            Stratum::Normal => "index from 15 to below 25",
            Stratum::High => "index at 25 and above",
        }
    }
}

/// A day of a stratum, with its tickers in the order of trial.
struct StratumDay {
    day: usize,
    tickers: Vec<usize>,
    tried: usize,
    drawn: usize,
}

/// One stratum's draw: rounds of jobs until it has enough rows or has tried all.
pub(super) struct StratumDraw {
    pub(super) stratum: Stratum,
    pub(super) wanted: usize,
    days: Vec<StratumDay>,
    /// Position in `days` of a day.
    places: BTreeMap<usize, usize>,
}

impl StratumDraw {
    pub(super) fn new(
        stratum: Stratum,
        wanted: usize,
        market: &MarketHistory,
        eligible: &[usize],
        seed: u64,
    ) -> StratumDraw {
        let mut tickers_of: BTreeMap<usize, Vec<usize>> = eligible
            .iter()
            .filter(|day| market.vix[**day].map(Stratum::of) == Some(stratum))
            .map(|day| (*day, Vec::new()))
            .collect();
        for (ticker, of) in market.tickers.iter().enumerate() {
            for (day, _) in &of.bars {
                if let Some(tickers) = tickers_of.get_mut(day) {
                    tickers.push(ticker);
                }
            }
        }
        let days: Vec<StratumDay> = tickers_of
            .into_iter()
            .map(|(day, mut tickers)| {
                // Each day has its own stream, so that other days in the data change nothing here.
                RandomStream::new(seed, market.days[day].0 as u64).shuffle(&mut tickers);
                StratumDay { day, tickers, tried: 0, drawn: 0 }
            })
            .collect();
        let places = days.iter().enumerate().map(|(at, open)| (open.day, at)).collect();
        StratumDraw { stratum, wanted, days, places }
    }

    pub(super) fn days(&self) -> usize {
        self.days.len()
    }

    pub(super) fn available_rows(&self) -> usize {
        self.days.iter().map(|day| day.tickers.len()).sum()
    }

    /// The next round: as many rows as are still wanted, always from the day that has fewest. Ties
    /// are broken by reversed bits (0, ½, ¼, ¾, …), which spreads every prefix over the stratum.
    pub(super) fn next(&mut self) -> Vec<RowJob> {
        let drawn: usize = self.days.iter().map(|day| day.drawn).sum();
        let mut fewest: BinaryHeap<Reverse<(usize, usize, usize)>> = self
            .days
            .iter()
            .enumerate()
            .map(|(at, day)| Reverse((day.drawn, at.reverse_bits(), at)))
            .collect();
        let mut jobs = Vec::new();
        while jobs.len() < self.wanted.saturating_sub(drawn) {
            let Some(Reverse((count, order, at))) = fewest.pop() else { break };
            let day = &mut self.days[at];
            let Some(ticker) = day.tickers.get(day.tried) else { continue };
            jobs.push(RowJob { day: day.day, ticker: *ticker });
            day.tried += 1;
            fewest.push(Reverse((count + 1, order, at)));
        }
        jobs
    }

    /// Counts a row drawn on `day`.
    pub(super) fn drawn(&mut self, day: usize) {
        if let Some(at) = self.places.get(&day) {
            self.days[*at].drawn += 1;
        }
    }
}
