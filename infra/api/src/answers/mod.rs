//! What the views of a run answer, as typed values: HTTP serves them, `-o json` prints them, and
//! tables and pictures read them. Days are `2018-06-29`, money is dollars, candidates are event ids.
//!
//! | query | its answer, as JSON |
//! |---|---|
//! | `rankings?day=` | that of `rankings_combined.json`; without rankings `date` is null and `ranked_days` lists the days with some |
//! | `positions` | `through`, `positions` (held), `pending` (orders that have not ended) |
//! | `journal?last=` | `through`, `count` (of all), `trades` (closed, latest first) |
//! | `models` | `through`, `champion`, `challenger`, `models` (by version), `changes` (of aliases) |
//! | `tally` | `through` and everything that is only counted |
//! | `quality` | `through`, `champion`, `matured_days`, `open_days`, `recent`, `months`, `regimes`, `drift` (or `no_drift`, why there is none) |
//! | `equity` | `through`, `tracks`: by track one mark a day |

mod at;
mod equity;
mod journal;
mod models;
mod positions;
pub mod quality;
mod query;
mod question;
mod rankings;
mod structure;
mod tally;

pub use at::{ViewsAt, ask};
pub use journal::JournalQuery;
pub use models::{ModelRow, ModelsQuery, ModelsView};
pub use positions::PositionsQuery;
pub use quality::{QualityFigures, QualityQuery};
pub use question::{Question, answer};
pub use rankings::{NoRankings, RankingsQuery, RankingsView};
pub use structure::StructureRow;
pub use tally::TallyQuery;

#[cfg(test)]
mod tests;
