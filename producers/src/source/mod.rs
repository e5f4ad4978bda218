//! Markets. Files and the simulation implement one trait, so that nothing downstream can tell them
//! apart; `open` finds the market that a line of text names, `day` turns its days into events.

mod csv;
mod day;
mod market;
pub mod simulated;
mod spec;

pub use csv::CsvMarket;
pub use day::{change_event, day_events};
pub use market::{BarChange, DataProblem, Market, MarketDay, SourceError};
pub use spec::open;
