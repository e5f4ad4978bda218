//! A market of days held in memory, which a test alters or cuts before it draws history from them.

#![allow(clippy::unwrap_used)] // test code outside a test module

use producers::analyses::Keeper;
use producers::history::{HistoryPlan, draw};
use producers::source::simulated::{SimulatedMarket, SimulationPlan};
use producers::source::{DataProblem, Market, MarketDay, SourceError};
use schemas::events::{Sample, Samples};
use schemas::{Body, Day, Event, TradingCalendar};
use std::collections::BTreeMap;

/// Rows by ticker and day, without their weights, which depend on the number of rows.
pub type Rows = BTreeMap<(String, Day), Sample>;

/// The days of a simulated market.
pub fn simulated(seed: u64, stocks: usize, days: usize) -> Vec<MarketDay> {
    let plan = SimulationPlan { seed, stocks, days, structure: true };
    let mut market = SimulatedMarket::open(plan, None).unwrap();
    let mut given: Vec<MarketDay> = Vec::new();
    while let Some(day) = market.next_day(given.last().map(|day| day.day)).unwrap() {
        given.push(day);
    }
    given
}

/// All rows that history draws from these days.
pub fn drawn(given: &[MarketDay]) -> Rows {
    let before = given[given.len() - 1].day + 1;
    let all = 9_999;
    let plan = HistoryPlan { low: all, normal: all, high: all, ..HistoryPlan::new(before, before) };
    let row = |event: Event| match event.body {
        Body::Samples(Samples::SampleDrawn(row)) => {
            ((event.ticker, row.as_of), Sample { weight: 0.0, ..row })
        }
        other => panic!("{other:?}"),
    };
    let history = draw(&mut Held::new(given), &plan, &Keeper::default(), &mut |_, _| ()).unwrap();
    history.samples.into_iter().map(row).collect()
}

/// The market of these days; its stocks are those of the first.
struct Held {
    universe: Vec<String>,
    days: Vec<Day>,
    given: Vec<MarketDay>,
}

impl Held {
    fn new(given: &[MarketDay]) -> Held {
        let universe = given[0].bars.iter().map(|(ticker, _)| ticker.clone()).collect();
        let days = given.iter().map(|day| day.day).collect();
        Held { universe, days, given: given.to_vec() }
    }
}

impl Market for Held {
    fn universe(&self) -> &[String] {
        &self.universe
    }

    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        let at = self.days.partition_point(|day| after.is_some_and(|after| *day <= after));
        Ok(self.given.get(at).cloned())
    }

    fn calendar(&self) -> TradingCalendar {
        TradingCalendar::None
    }

    fn days(&self) -> &[Day] {
        &self.days
    }

    fn problems(&self) -> &[DataProblem] {
        &[]
    }

    fn data_sha256(&self, _: Option<Day>) -> String {
        String::new()
    }

    fn describe(&self) -> String {
        "held days".to_owned()
    }
}
