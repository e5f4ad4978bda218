//! `rankings`: the candidates of a day.

use super::query::ViewQuery;
use anyhow::Result;
use schemas::Day;
use serde::{Deserialize, Serialize};
use store::Views;
use store::views::RankingsFile;

/// Asks for the candidates of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RankingsQuery {
    /// None for the last day ranked.
    pub day: Option<Day>,
}

/// The rankings of a day, or the days that have rankings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RankingsView {
    /// As in `rankings_combined.json`.
    OfDay(RankingsFile),
    /// The day has none.
    None(NoRankings),
}

/// The answer for a day without rankings: the same fields, all empty, and the days that have
/// rankings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoRankings {
    /// Null.
    date: (),
    /// 0.
    count: usize,
    /// None.
    rankings: [(); 0],
    /// None.
    refused: [(); 0],
    /// The days that have rankings, ascending.
    pub ranked_days: Vec<Day>,
}

impl ViewQuery for RankingsQuery {
    type Answer = RankingsView;

    fn path(&self) -> String {
        match self.day {
            None => "/views/rankings".to_owned(),
            Some(day) => format!("/views/rankings?day={day}"),
        }
    }

    fn answer(&self, views: &Views) -> Result<RankingsView> {
        let wanted = match self.day {
            Some(day) => Some(day),
            None => views.last_ranked_day()?,
        };
        let found = wanted.map(|day| views.rankings(day)).transpose()?.flatten();
        Ok(match found {
            Some(rankings) => RankingsView::OfDay(RankingsFile {
                corrected_since: views.corrected_since(rankings.day)?,
                ..RankingsFile::from(&rankings)
            }),
            None => RankingsView::None(NoRankings {
                date: (),
                count: 0,
                rankings: [],
                refused: [],
                ranked_days: views.ranked_days()?,
            }),
        })
    }
}
