//! News of a market's past in words, for people who look at a run.

use super::MarketNews;
use schemas::Figure;

impl MarketNews {
    /// What has changed of the past, a sentence each; what a new ticker brings is no change.
    pub fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        let index = self
            .index
            .iter()
            .map(|of| format!("^VIX: the close of {} is {} now", of.index_day, Figure(of.close)));
        let splits = self.tickers.iter().flat_map(|of| {
            of.splits.iter().map(|split| {
                let (before, ratio) = (split.effective_day, Figure(split.split().unwrap_or(1.0)));
                format!("{}: its prices before {before} are divided by {ratio} now", of.ticker)
            })
        });
        let bars = self.tickers.iter().filter_map(|of| {
            let (first, count) = (of.corrections.first()?, of.corrections.len());
            let bars = if count == 1 { "bar has" } else { "bars have" };
            let day = first.bar.bar_day;
            Some(format!("{}: {count} {bars} changed since, the first of {day}", of.ticker))
        });
        let strangers = self.strangers.iter().map(|ticker| {
            format!("{ticker}: most of its past has other prices now, so it is another stock")
        });
        index.chain(splits).chain(bars).chain(strangers)
    }
}
