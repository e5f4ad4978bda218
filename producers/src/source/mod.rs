//! Markets. Files and the simulation implement one trait, so that nothing downstream can tell them
//! apart; `open` finds the market that a line of text names, `day` turns its days into events.

mod altered;
mod checks;
mod csv;
mod day;
mod finding;
mod findings;
mod known;
mod market;
mod news;
mod planted_leak;
mod poison;
pub mod simulated;
mod spec;

pub use checks::{check_bars, check_index};
pub use csv::CsvMarket;
pub use day::day_events;
pub use finding::{Finding, FindingKind};
pub use findings::{INDEX, findings, findings_of, worst_first};
pub use known::KnownMarket;
pub use market::{BarChange, DataProblem, Market, MarketDay, SourceError};
pub use news::{MarketNews, TickerNews, market_news};
pub use planted_leak::with_planted_leak;
pub use poison::Poison;
pub use spec::{absolute, check_spec, open, open_poisoned};
