//! A simulated market: the same seed gives the same market on every machine, to the last bit,
//! because it is made of additions, multiplications and square roots alone.
//!
//! 1. A volatility index returns to its mean and jumps up at times (9.5 to 48 points); all
//!    stocks' volatilities follow it, each from its own level (45 to 60 % a year at the index's
//!    usual level: lively stocks, whose trading costs leave something to be found). The index moves
//!    slowly and stocks share little of their noise, so that a season's outcomes are much like
//!    another's.
//! 2. A day's noise of a stock is a market, a sector and an own part. Index, factors and stocks
//!    each draw from a stream of their own: more stocks or more days change nothing that was
//!    there, and [`SimulationPlan::structure`] changes neither the index nor any day's noise.
//! 3. **The planted structure**: each stock alternates between drawn and running spells, 140 to
//!    300 trading days each, neighbours by turns, so that half of the stocks are in either at any
//!    time. In a drawn spell its log price is pulled to a slow line: each day it loses 45 % of its
//!    distance to that line before the day's noise is added. In a running spell 65 % of the day before's move is made again. So
//!    daily volatility, and with it the proxy for implied volatility, is nearly the same in
//!    both, while over a month a drawn price gets hardly anywhere and a running one gets further
//!    than its volatility says. A butterfly centred on the forecast loses (below −10 %) in about
//!    17 % of rows in drawn spells and 63 % in running ones. It shows in the features: in a
//!    drawn spell `forecast_interval_width` is small beside `current_iv`, hence the wing narrow,
//!    `max_loss`, `theta` and `prob_profit` low, `gamma`, `vega` and `profit_ratio` high; and
//!    `trend_slope` is near 0.
//! 4. Without structure a log price is the sum of its noise. What can still be told is what a
//!    butterfly's own shape says about its odds, and its price holds that already.
//!
//! Nothing here promises anything about real prices.

mod exp;
mod index;
mod stock;
#[cfg(test)]
mod tests;

use crate::source::{DataProblem, Market, MarketDay, SourceError, choose};
use index::Index;
use schemas::{Day, events::Bar, id::sha256_hex};
use stock::Stock;

/// Names this generator: another one that gives other prices has another name.
const GENERATOR: &str = "butterquant simulated market 2";
/// 2015-01-05, a Monday.
const FIRST_DAY: Day = Day(16_440);

/// What to simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SimulationPlan {
    /// Where every number comes from.
    pub seed: u64,
    /// Stocks.
    pub stocks: usize,
    /// Trading days.
    pub days: usize,
    /// Whether there are drawn and running spells.
    pub structure: bool,
}

impl SimulationPlan {
    /// More stocks than this are refused.
    pub const MAX_STOCKS: usize = 500;
    /// More days than this are refused.
    pub const MAX_DAYS: usize = 5_000;
}

impl Default for SimulationPlan {
    fn default() -> SimulationPlan {
        SimulationPlan { seed: 7, stocks: 100, days: 1_000, structure: true }
    }
}

/// A simulated market; days are made when they are first asked for.
pub struct SimulatedMarket {
    plan: SimulationPlan,
    universe: Vec<String>,
    days: Vec<Day>,
    index: Index,
    /// In the order of `universe`.
    stocks: Vec<Stock>,
    /// Closes of the index, by day made.
    vix: Vec<f64>,
    /// Bars by day made, in the order of `universe`, and whether the price was drawn.
    made: Vec<Vec<(Bar, bool)>>,
}

impl SimulatedMarket {
    /// A market as planned; with `tickers` (`SIM001` …), only those.
    ///
    /// # Errors
    /// A ticker that the plan does not have.
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
        let index = Index::new(plan.seed);
        Ok(SimulatedMarket { plan, universe, days, index, stocks, vix: vec![], made: vec![] })
    }

    /// Whether the price of `ticker` was drawn to its line on `day`; `None` for a day not made
    /// yet. No event and no feature holds this: it is the answer, for experiments.
    pub fn was_drawn(&self, ticker: &str, day: Day) -> Option<bool> {
        let stock = self.universe.binary_search_by(|known| known.as_str().cmp(ticker)).ok()?;
        let at = self.days.binary_search(&day).ok()?;
        Some(self.made.get(at)?.get(stock)?.1)
    }

    fn make(&mut self, at: usize) {
        while self.made.len() <= at {
            let day = self.days[self.made.len()];
            let shocks = self.index.step();
            self.vix.push(shocks.vix);
            self.made.push(self.stocks.iter_mut().map(|stock| stock.step(day, &shocks)).collect());
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
        self.make(at);
        let bars = self.made[at].iter().map(|(bar, _)| bar.clone());
        Ok(Some(MarketDay {
            day,
            bars: self.universe.iter().cloned().zip(bars).collect(),
            vix: Some(self.vix[at]),
            ..MarketDay::default()
        }))
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn problems(&self) -> &[DataProblem] {
        &[]
    }

    /// Of what the market is made from; the number of days is part of it.
    fn data_sha256(&self) -> String {
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
