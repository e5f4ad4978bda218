//! A simulated market: a seed gives the same market on every machine, to the last bit, because it
//! is computed by additions, multiplications and square roots alone.
//!
//! 1. A volatility index reverts to its mean and sometimes jumps up (9.5 to 48 points); all stocks'
//!    volatilities follow it, each from its own level (45 to 60 % a year at the index's usual level:
//!    volatile stocks, where trading costs leave a profit to find). The index moves slowly and
//!    stocks share little of their noise, so that outcomes hardly differ between seasons.
//! 2. A stock's daily noise has a market, a sector and an own part. VolatilityIndex, factors and stocks each
//!    draw from a stream of their own: more stocks or days leave the existing ones unchanged, and
//!    [`SimulationPlan::structure`] changes neither the index nor any day's noise.
//! 3. **The planted structure**: each stock alternates between drawn and running spells of 140 to
//!    300 trading days, opposite to its neighbour, so that half of the stocks are in either at any
//!    time. In a drawn spell the log price is pulled to a slow line: each day it loses 45 % of its
//!    distance to that line before the day's noise is added. In a running spell it repeats 65 % of
//!    the previous day's move. Daily volatility, and with it the proxy for implied volatility, is
//!    nearly the same in both; over a month, though, a drawn price hardly moves and a running one
//!    moves further than its volatility suggests. A butterfly centred on the forecast loses (below
//!    −10 %) in about 17 % of rows in drawn spells and 63 % in running ones. The features show it:
//!    in a drawn spell `forecast_interval_width` is small beside `current_iv`, hence the wing
//!    narrow, `max_loss`, `theta` and `prob_profit` low, `gamma`, `vega` and `profit_ratio` high;
//!    and `trend_slope` is near 0.
//! 4. Without structure a log price is the sum of its noise. Only a butterfly's shape then tells
//!    anything about its odds, and its price already contains that.
//!
//! Nothing here promises anything about real prices.

mod exp;
mod index;
mod stock;
#[cfg(test)]
mod tests;

use super::market::{DataProblem, Market, MarketDay, SourceError, choose};
use index::VolatilityIndex;
use schemas::{Day, TradingCalendar, events::Bar, id::sha256_hex};
use std::ops::Range;
use stock::Stock;

/// Name of this generator; one that gives other prices needs another name.
const GENERATOR: &str = "butterquant simulated market 2";
/// 2015-01-05, a Monday.
const FIRST_DAY: Day = Day(16_440);

/// The market to simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SimulationPlan {
    /// Seed of every number.
    pub seed: u64,
    /// Number of stocks.
    pub stocks: usize,
    /// Number of trading days.
    pub days: usize,
    /// Whether there are drawn and running spells.
    pub structure: bool,
}

impl SimulationPlan {
    /// Stocks, at most.
    pub const MAX_STOCKS: usize = 500;
    /// Trading days, at most.
    pub const MAX_DAYS: usize = 6_500;
}

impl Default for SimulationPlan {
    fn default() -> SimulationPlan {
        SimulationPlan { seed: 7, stocks: 100, days: 1_000, structure: true }
    }
}

/// A simulated market; a day is computed when it is first asked for.
pub struct SimulatedMarket {
    plan: SimulationPlan,
    universe: Vec<String>,
    days: Vec<Day>,
    index: VolatilityIndex,
    /// In the order of `universe`.
    stocks: Vec<Stock>,
    /// Closes of the index, by computed day.
    vix: Vec<f64>,
    /// Bars by computed day, in the order of `universe`, and whether the price was drawn.
    computed: Vec<Vec<(Bar, bool)>>,
}

impl SimulatedMarket {
    /// The market of `plan`; with `tickers` (`SIM001` …), only those.
    ///
    /// # Errors
    /// The plan does not have all `tickers`.
    pub fn open(
        plan: SimulationPlan,
        tickers: Option<&[String]>,
    ) -> Result<SimulatedMarket, SourceError> {
        let all: Vec<String> = (1..=plan.stocks).map(|n| format!("SIM{n:03}")).collect();
        let universe = choose(all.clone(), tickers)?;
        let stocks = all
            .iter()
            .zip(0u64..)
            .filter(|(ticker, _)| universe.contains(ticker))
            .map(|(_, number)| Stock::new(plan.seed, number, plan.structure))
            .collect();
        let mut days = Vec::with_capacity(plan.days);
        let mut day = FIRST_DAY;
        for _ in 0..plan.days {
            days.push(day);
            day = day.next_weekday();
        }
        let index = VolatilityIndex::new(plan.seed);
        Ok(SimulatedMarket { plan, universe, days, index, stocks, vix: vec![], computed: vec![] })
    }

    /// Whether the price of `ticker` was drawn to its line on `day`; `None` for a day not computed
    /// yet. No event or feature contains this: it is the answer, for experiments.
    pub fn was_drawn(&self, ticker: &str, day: Day) -> Option<bool> {
        let stock = self.universe.binary_search_by(|known| known.as_str().cmp(ticker)).ok()?;
        let at = self.days.binary_search(&day).ok()?;
        Some(self.computed.get(at)?.get(stock)?.1)
    }

    /// The last `most` days before `day`, computed.
    fn before(&mut self, day: Day, most: usize) -> Range<usize> {
        let end = self.days.partition_point(|known| *known < day);
        if let Some(last) = end.checked_sub(1) {
            self.compute(last);
        }
        end.saturating_sub(most)..end
    }

    fn compute(&mut self, at: usize) {
        while self.computed.len() <= at {
            let day = self.days[self.computed.len()];
            let shocks = self.index.step();
            self.vix.push(shocks.vix);
            self.computed
                .push(self.stocks.iter_mut().map(|stock| stock.step(day, &shocks)).collect());
        }
    }
}

impl Market for SimulatedMarket {
    fn universe(&self) -> &[String] {
        &self.universe
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        let at = after.map_or(0, |after| self.days.partition_point(|day| *day <= after));
        let Some(day) = self.days.get(at).copied() else { return Ok(None) };
        self.compute(at);
        let bars = self.computed[at].iter().map(|(bar, _)| bar.clone());
        Ok(Some(MarketDay {
            day,
            bars: self.universe.iter().cloned().zip(bars).collect(),
            vix: Some(self.vix[at]),
            no_vix: None,
            ..MarketDay::default()
        }))
    }

    /// It trades on every weekday.
    fn calendar(&self) -> TradingCalendar {
        TradingCalendar::None
    }

    fn past(&mut self, ticker: &str, day: Day, most: usize) -> Result<Vec<Bar>, SourceError> {
        let Ok(stock) = self.universe.binary_search_by(|known| known.as_str().cmp(ticker)) else {
            return Ok(Vec::new());
        };
        let before = self.before(day, most);
        Ok(self.computed[before].iter().map(|stocks| stocks[stock].0.clone()).collect())
    }

    fn index_past(&mut self, day: Day, most: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        let before = self.before(day, most);
        Ok(before.map(|at| (self.days[at], self.vix[at])).collect())
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn problems(&self) -> &[DataProblem] {
        &[]
    }

    fn is_made_up(&self) -> bool {
        true
    }

    /// Hash of the generator's inputs, the number of days among them.
    fn data_sha256(&self, _: Option<Day>) -> String {
        let SimulationPlan { seed, days, structure, .. } = self.plan;
        let tickers = self.universe.join(",");
        sha256_hex(format!("{GENERATOR} {seed} {days} {structure} {tickers}").as_bytes())
    }

    fn describe(&self) -> String {
        let SimulationPlan { seed, days, structure, .. } = self.plan;
        let planted = if structure { "with" } else { "without" };
        let stocks = self.universe.len();
        format!(
            "simulated market, seed {seed}: {stocks} stocks, {days} trading days from {FIRST_DAY}, {planted} planted structure"
        )
    }
}
