//! `equity`: the daily marks of each track.

use super::query::ViewQuery;
use anyhow::Result;
use schemas::events::Track;
use schemas::{Day, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::Views;
use store::json::dollars;
use store::views::EquityPoint;

/// Asks for the daily marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EquityQuery;

/// Daily marks of both tracks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EquityView {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// By track, one row a day, ascending.
    pub tracks: BTreeMap<Track, Vec<EquityRow>>,
}

/// A track at a day's close.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EquityRow {
    /// The day.
    pub day: Day,
    /// Capital plus all gains and losses, open positions at mid.
    #[serde(with = "dollars")]
    pub equity: Money,
    /// The day's change.
    #[serde(with = "dollars")]
    pub change: Money,
    /// Positions held over night.
    pub open_positions: i64,
    /// Candidates of the day whose value was compared with the threshold.
    pub candidates: i64,
    /// Candidates over the threshold.
    pub over_threshold: i64,
    /// The highest value compared.
    pub highest: Option<f64>,
    /// Orders to open decided that day.
    pub opened: i64,
    /// Orders to close decided that day.
    pub closed: i64,
    /// The reason if nothing could be traded.
    pub note: Option<String>,
}

impl From<&EquityPoint> for EquityRow {
    fn from(of: &EquityPoint) -> EquityRow {
        EquityRow {
            day: of.day,
            equity: of.mark.equity,
            change: of.mark.change,
            open_positions: of.mark.open_positions,
            candidates: of.mark.candidates,
            over_threshold: of.mark.over_threshold,
            highest: of.mark.highest,
            opened: of.mark.opened,
            closed: of.mark.closed,
            note: of.mark.note.clone(),
        }
    }
}

impl ViewQuery for EquityQuery {
    type Answer = EquityView;

    fn path(&self) -> String {
        "/views/equity".to_owned()
    }

    fn answer(&self, views: &Views) -> Result<EquityView> {
        let mut tracks = BTreeMap::new();
        for track in Track::ALL {
            tracks.insert(track, views.equity(track)?.iter().map(EquityRow::from).collect());
        }
        Ok(EquityView { through: views.through()?, tracks })
    }
}
