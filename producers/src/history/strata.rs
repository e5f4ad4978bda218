//! Which rows to try next: strata of the volatility index, and an even spread over their days.

use super::days::Days;
use super::rows::Job;
use crate::rng::RandomStream;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A range of the volatility index's close.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stratum {
    /// Below 15 points.
    Low,
    /// From 15 to below 25.
    Normal,
    /// 25 and above.
    High,
}

impl Stratum {
    /// Lowest first.
    pub const ALL: [Stratum; 3] = [Stratum::Low, Stratum::Normal, Stratum::High];

    /// The stratum of a close of the index, points.
    pub fn of(vix: f64) -> Stratum {
        match vix {
            v if v < 15.0 => Stratum::Low,
            v if v < 25.0 => Stratum::Normal,
            _ => Stratum::High,
        }
    }

    /// As it stands in each sample.
    pub fn name(self) -> &'static str {
        match self {
            Stratum::Low => "low",
            Stratum::Normal => "normal",
            Stratum::High => "high",
        }
    }

    /// Its closes in words.
    pub fn range(self) -> &'static str {
        match self {
            Stratum::Low => "index below 15",
            Stratum::Normal => "index from 15 to below 25",
            Stratum::High => "index at 25 and above",
        }
    }
}

/// A day of a stratum: its tickers in the order in which they are tried.
struct OpenDay {
    day: usize,
    tickers: Vec<usize>,
    tried: usize,
    took: usize,
}

/// One stratum's draw: rounds of jobs until it has what is wanted or has tried everything.
pub(super) struct Draw {
    pub(super) stratum: Stratum,
    pub(super) wanted: usize,
    days: Vec<OpenDay>,
    /// Position in `days` of a day.
    places: BTreeMap<usize, usize>,
}

impl Draw {
    pub(super) fn new(
        stratum: Stratum,
        wanted: usize,
        market: &Days,
        eligible: &[usize],
        seed: u64,
    ) -> Draw {
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
        let days: Vec<OpenDay> = tickers_of
            .into_iter()
            .map(|(day, mut tickers)| {
                // Each day has its own stream: other days in the data change nothing here.
                RandomStream::new(seed, market.days[day].0 as u64).shuffle(&mut tickers);
                OpenDay { day, tickers, tried: 0, took: 0 }
            })
            .collect();
        let places = days.iter().enumerate().map(|(at, open)| (open.day, at)).collect();
        Draw { stratum, wanted, days, places }
    }

    pub(super) fn days(&self) -> usize {
        self.days.len()
    }

    pub(super) fn rows_there_are(&self) -> usize {
        self.days.iter().map(|day| day.tickers.len()).sum()
    }

    /// The rows to try next: as many as are still wanted, always from the day that has fewest.
    /// Among equals the order of reversed bits (0, ½, ¼, ¾, …) keeps every beginning of it
    /// spread over the whole stratum.
    pub(super) fn next(&mut self) -> Vec<Job> {
        let took: usize = self.days.iter().map(|day| day.took).sum();
        let mut fewest: BinaryHeap<Reverse<(usize, usize, usize)>> = self
            .days
            .iter()
            .enumerate()
            .map(|(at, day)| Reverse((day.took, at.reverse_bits(), at)))
            .collect();
        let mut jobs = Vec::new();
        while jobs.len() < self.wanted.saturating_sub(took) {
            let Some(Reverse((count, order, at))) = fewest.pop() else { break };
            let day = &mut self.days[at];
            let Some(ticker) = day.tickers.get(day.tried) else { continue };
            jobs.push(Job { day: day.day, ticker: *ticker });
            day.tried += 1;
            fewest.push(Reverse((count + 1, order, at)));
        }
        jobs
    }

    /// A row of `day` was drawn.
    pub(super) fn took(&mut self, day: usize) {
        if let Some(at) = self.places.get(&day) {
            self.days[*at].took += 1;
        }
    }
}
