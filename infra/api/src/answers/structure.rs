//! A butterfly as the views show it.

use schemas::Day;
use schemas::events::{Strategy, Structure};
use serde::{Deserialize, Serialize};
use store::json::strategy_name;
use store::views::StrikePrices;

/// Strikes and dates of a butterfly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StructureRow {
    /// Calls, puts or iron.
    #[serde(with = "strategy_name")]
    pub strategy: Strategy,
    /// Dollars.
    pub strikes: StrikePrices,
    /// Expiry of the options.
    pub expiry: Day,
    /// The last day a position is held.
    pub evaluation_day: Day,
}

impl From<&Structure> for StructureRow {
    fn from(of: &Structure) -> StructureRow {
        StructureRow {
            strategy: of.strategy,
            strikes: StrikePrices {
                lower: of.centre - of.wing,
                centre: of.centre,
                upper: of.centre + of.wing,
            },
            expiry: of.expiry,
            evaluation_day: of.evaluation_day,
        }
    }
}
