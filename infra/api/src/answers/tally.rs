//! `tally`: counts of events.

use super::query::ViewQuery;
use anyhow::Result;
use schemas::Day;
use serde::{Deserialize, Serialize};
use store::Views;
use store::views::EventTally;

/// Asks for the counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TallyQuery;

/// Counts over all days.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TallyView {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// The counts up to its close.
    #[serde(flatten)]
    pub tally: EventTally,
}

impl ViewQuery for TallyQuery {
    type Answer = TallyView;

    fn path(&self) -> String {
        "/views/tally".to_owned()
    }

    fn answer(&self, views: &Views) -> Result<TallyView> {
        Ok(TallyView { through: views.through()?, tally: views.tally()? })
    }
}
