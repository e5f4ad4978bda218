//! Any query, parsed from a URL.

use super::equity::EquityQuery;
use super::journal::JournalQuery;
use super::models::ModelsQuery;
use super::positions::PositionsQuery;
use super::quality::QualityQuery;
use super::query::ViewQuery;
use super::rankings::RankingsQuery;
use super::tally::TallyQuery;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use store::Views;

/// Any query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnyQuery {
    /// The candidates of a day.
    Rankings(RankingsQuery),
    /// Positions and pending orders.
    Positions(PositionsQuery),
    /// Closed trades.
    Journal(JournalQuery),
    /// Every version of the model.
    Models(ModelsQuery),
    /// Counts.
    Tally(TallyQuery),
    /// Predictions beside their outcomes, and drift.
    Quality(QualityQuery),
    /// Daily marks.
    Equity(EquityQuery),
}

impl AnyQuery {
    /// The query of `view`, the last part of a URL's path, with the parameters `given`.
    ///
    /// # Errors
    /// No view has that name, or it does not take such a parameter.
    pub fn from_url(view: &str, given: &BTreeMap<String, String>) -> Result<AnyQuery> {
        let (query, known) = match view {
            "rankings" => {
                let day = given.get("day").map(|day| day.parse()).transpose()?;
                (AnyQuery::Rankings(RankingsQuery { day }), "day")
            }
            "positions" => (AnyQuery::Positions(PositionsQuery), ""),
            "journal" => {
                let last = given.get("last").map(|last| last.parse()).transpose();
                let last = last.context("last is not a whole number")?;
                (AnyQuery::Journal(JournalQuery { last }), "last")
            }
            "models" => (AnyQuery::Models(ModelsQuery), ""),
            "tally" => (AnyQuery::Tally(TallyQuery), ""),
            "quality" => (AnyQuery::Quality(QualityQuery), ""),
            "equity" => (AnyQuery::Equity(EquityQuery), ""),
            _ => bail!(
                "no view is called {view}; the views are rankings, positions, journal, models, tally, quality and equity"
            ),
        };
        match given.keys().find(|key| key.as_str() != known) {
            Some(other) => Err(anyhow!("{view} takes no {other}")),
            None => Ok(query),
        }
    }
}

/// The answer of `views`, as JSON.
///
/// # Errors
/// The store's.
pub fn answer(views: &Views, query: &AnyQuery) -> Result<Value> {
    fn json<Q: ViewQuery>(views: &Views, query: &Q) -> Result<Value> {
        Ok(serde_json::to_value(query.answer(views)?)?)
    }
    match query {
        AnyQuery::Rankings(query) => json(views, query),
        AnyQuery::Positions(query) => json(views, query),
        AnyQuery::Journal(query) => json(views, query),
        AnyQuery::Models(query) => json(views, query),
        AnyQuery::Tally(query) => json(views, query),
        AnyQuery::Quality(query) => json(views, query),
        AnyQuery::Equity(query) => json(views, query),
    }
}
