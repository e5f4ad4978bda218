//! Any query, as a URL names it.

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
pub enum Question {
    /// A day's candidates.
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

impl Question {
    /// The query of `view`, the last part of a URL's path, with the parameters `given`.
    ///
    /// # Errors
    /// No view has that name, or it does not take such a parameter.
    pub fn asked(view: &str, given: &BTreeMap<String, String>) -> Result<Question> {
        let (question, known) = match view {
            "rankings" => {
                let day = given.get("day").map(|day| day.parse()).transpose()?;
                (Question::Rankings(RankingsQuery { day }), "day")
            }
            "positions" => (Question::Positions(PositionsQuery), ""),
            "journal" => {
                let last = given.get("last").map(|last| last.parse()).transpose();
                let last = last.context("last is not a whole number")?;
                (Question::Journal(JournalQuery { last }), "last")
            }
            "models" => (Question::Models(ModelsQuery), ""),
            "tally" => (Question::Tally(TallyQuery), ""),
            "quality" => (Question::Quality(QualityQuery), ""),
            "equity" => (Question::Equity(EquityQuery), ""),
            _ => bail!(
                "no view is called {view}; there are rankings, positions, journal, models, tally, quality and equity"
            ),
        };
        match given.keys().find(|key| key.as_str() != known) {
            Some(other) => Err(anyhow!("{view} takes no {other}")),
            None => Ok(question),
        }
    }
}

/// The answer of `views`, as JSON.
///
/// # Errors
/// The store's.
pub fn answer(views: &Views, question: &Question) -> Result<Value> {
    fn json<Q: ViewQuery>(views: &Views, query: &Q) -> Result<Value> {
        Ok(serde_json::to_value(query.answer(views)?)?)
    }
    match question {
        Question::Rankings(query) => json(views, query),
        Question::Positions(query) => json(views, query),
        Question::Journal(query) => json(views, query),
        Question::Models(query) => json(views, query),
        Question::Tally(query) => json(views, query),
        Question::Quality(query) => json(views, query),
        Question::Equity(query) => json(views, query),
    }
}
