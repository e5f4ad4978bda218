//! A made-up market, small and quick: five tickers that leave one of three partitions empty,
//! prices that swing around a line, a split, and a ticker missing on one day.

use super::dimensions::PARTITIONS;
use super::rng::SimRng;
use producers::source::{DataProblem, Market, MarketDay, SourceError};
use schemas::events::{Bar, CorporateAction};
use schemas::{Day, TradingCalendar, partition_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The partition that no ticker belongs to.
pub const EMPTY_PARTITION: u32 = 1;
const TICKERS: usize = 5;

/// Every day of the market; clones share them.
#[derive(Clone)]
pub struct MadeUpMarket {
    universe: Arc<Vec<String>>,
    days: Arc<Vec<Day>>,
    made: Arc<Vec<MarketDay>>,
    known: Arc<AtomicUsize>,
}

struct Price {
    line: f64,
    phase: f64,
    ratio: f64,
}

impl MadeUpMarket {
    /// `count` days from 2020-01-06 on; the odd days of `eventful` (by number, 0 first) lose a
    /// ticker, the even ones have a split.
    pub fn new(seed: u64, count: usize, eventful: &[usize]) -> MadeUpMarket {
        let universe = universe();
        let mut rng = SimRng::new(seed);
        let mut prices: Vec<Price> = (0..TICKERS)
            .map(|n| Price { line: 3.0 + 0.4 * n as f64, phase: n as f64, ratio: 1.0 })
            .collect();
        let (mut day, mut vix) = (Day(18_267), 18.0_f64);
        let (mut days, mut made) = (Vec::new(), Vec::new());
        for number in 0..count {
            vix = (vix + 0.1 * (18.0 - vix) + rng.between(-1.2, 1.2)).clamp(10.0, 45.0);
            let mut today =
                MarketDay { day, vix: Some((vix * 100.0).round() / 100.0), ..MarketDay::default() };
            for (which, price) in prices.iter_mut().enumerate() {
                let ticker = universe[which].clone();
                let lucky = eventful.contains(&number) && which == number % TICKERS;
                if lucky && number % 2 == 0 {
                    price.ratio *= 2.0;
                    let split = CorporateAction {
                        effective_day: day,
                        split_ratio: Some(2.0),
                        dividend: None,
                    };
                    today.actions.push((ticker.clone(), split));
                }
                let bar = price.bar(day, number, &mut rng);
                if lucky && number % 2 == 1 {
                    today.missing.push((ticker, "no row".to_owned()));
                } else {
                    today.bars.push((ticker, bar));
                }
            }
            days.push(day);
            made.push(today);
            day = day.next_weekday();
        }
        let known = Arc::new(AtomicUsize::new(count));
        let (universe, days, made) = (Arc::new(universe), Arc::new(days), Arc::new(made));
        MadeUpMarket { universe, days, made, known }
    }

    /// One day by its number, 0 first.
    pub fn day(&self, number: usize) -> &MarketDay {
        &self.made[number]
    }

    /// One day by its date.
    pub fn of(&self, day: Day) -> &MarketDay {
        &self.made[self.days.partition_point(|known| *known < day)]
    }

    /// The same market on the evening of `day`; [`Self::learn`] reveals later days.
    pub fn on(&self, day: Day) -> MadeUpMarket {
        let known = self.days.partition_point(|known| *known <= day);
        MadeUpMarket { known: Arc::new(AtomicUsize::new(known)), ..self.clone() }
    }

    /// The same market with another bar of `ticker`.
    pub fn changed(&self, ticker: &str, bar: &Bar) -> MadeUpMarket {
        let mut made = (*self.made).clone();
        let of_day = made.iter_mut().filter(|made| made.day == bar.bar_day);
        let own = of_day.flat_map(|made| &mut made.bars).filter(|(of, _)| of == ticker);
        own.for_each(|(_, old)| *old = bar.clone());
        MadeUpMarket { made: Arc::new(made), ..self.clone() }
    }

    /// Reveals the next day, to all clones.
    pub fn learn(&self) {
        self.known.fetch_add(1, Relaxed);
    }
}

impl Price {
    /// A walk, and on top of it a swing of twelve days, so that short-lived butterflies are
    /// chosen and mature soon.
    fn bar(&mut self, day: Day, number: usize, rng: &mut SimRng) -> Bar {
        self.line += rng.between(-0.012, 0.0125);
        let swing = 0.03 * (self.phase + number as f64 * std::f64::consts::TAU / 12.0).sin();
        let close = (self.line + swing).exp() / self.ratio;
        let open = close * (1.0 + rng.between(-0.006, 0.006));
        let (high, low) = (open.max(close) * 1.004, open.min(close) * 0.996);
        let volume = 1e6 * rng.between(0.8, 1.4);
        Bar { bar_day: day, open, high, low, close, volume }
    }
}

fn universe() -> Vec<String> {
    let named = (1..).map(|n| format!("TICK{n}"));
    let mut chosen: Vec<String> = named
        .filter(|ticker| partition_of(ticker, PARTITIONS) != EMPTY_PARTITION)
        .take(TICKERS)
        .collect();
    chosen.sort();
    chosen
}

impl Market for MadeUpMarket {
    fn universe(&self) -> &[String] {
        &self.universe
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        let at = after.map_or(0, |after| self.days.partition_point(|day| *day <= after));
        Ok(self.made[..self.known.load(Relaxed)].get(at).cloned())
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn calendar(&self) -> TradingCalendar {
        TradingCalendar::None
    }

    fn problems(&self) -> &[DataProblem] {
        &[]
    }

    fn data_sha256(&self, _: Option<Day>) -> String {
        String::new()
    }

    fn describe(&self) -> String {
        "a made-up market".to_owned()
    }
}
