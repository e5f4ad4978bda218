//! The answers of a run's views as typed values: HTTP serves them, `-o json` prints them, tables and
//! charts read them. Days are `2018-06-29`, money is dollars, candidates are event ids.
//!
//! | query | its answer, as JSON |
//! |---|---|
//! | `rankings?day=` | as in `rankings_combined.json`; for a day without rankings `date` is null and `ranked_days` lists the days that have some |
//! | `positions` | `through`, `positions` (held), `pending` (orders still working) |
//! | `journal?last=` | `through`, `count` (of all), `trades` (closed, latest first) |
//! | `models` | `through`, `champion`, `challenger`, `models` (by version), `changes` (of aliases) |
//! | `tally` | `through` and counts of events |
//! | `quality` | `through`, `champion`, `matured_days`, `open_days`, `recent`, `months`, `regimes`, `drift` (or `no_drift`, the reason there is none) |
//! | `equity` | `through`, `tracks`: by track one mark a day |

mod any_query;
mod at;
mod equity;
mod journal;
mod models;
mod positions;
pub mod quality;
mod query;
mod rankings;
mod structure;
mod tally;
mod trade_columns;
mod trade_filter;

pub use any_query::{AnyQuery, answer};
pub use at::{ViewsAt, ask};
pub use equity::{EquityQuery, EquityView};
pub use journal::{JournalQuery, JournalView, TradeRow};
pub use models::{ModelRow, ModelStatus, ModelsQuery, ModelsView};
pub use positions::{PositionsQuery, PositionsView};
pub use quality::{QualityFigures, QualityQuery};
pub use query::ViewQuery;
pub use rankings::{NoRankings, RankingsQuery, RankingsView};
pub use structure::StructureRow;
pub use tally::TallyQuery;
pub use trade_columns::{TRADE_COLUMNS, TradeColumn, trade_column, trade_table, type_name};
pub use trade_filter::{TradeFilter, TradeTotals};

#[cfg(test)]
mod tests;
