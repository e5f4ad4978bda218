//! The rankings as JSON, as in the file `rankings_combined.json`: strategies by name, strikes
//! together, refused tickers apart.

use super::corrections::CorrectedBars;
use super::rankings::{Ranked, Rankings, Recommendation, RefusedTicker, SuccessSource};
use crate::{StoreError, json};
use schemas::events::Strategy;
use schemas::{Day, EventId};
use serde::{Deserialize, Serialize};

/// The content of `rankings_combined.json`. A candidate without a model has null in
/// `confidence`, `predicted_class`, `expected_roi` and `model_version`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RankingsFile {
    /// The scan day.
    pub date: Day,
    /// Those in force.
    pub thresholds: Thresholds,
    /// Candidates of the day; `rankings` may hold fewer.
    pub count: usize,
    /// The candidates, best first.
    #[serde(with = "entries")]
    pub rankings: Vec<Ranked>,
    /// The tickers refused, by name.
    pub refused: Vec<RefusedTicker>,
    /// What has changed since of the bars that the scans were made from.
    #[serde(default)]
    pub corrected_since: Vec<CorrectedBars>,
}

/// What a candidate must exceed to be traded.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Thresholds {
    /// ButterAI's.
    pub expected_roi_over: f64,
    /// ButterBaseline's.
    pub score_over: f64,
}

/// The strikes of a butterfly, dollars.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct StrikePrices {
    /// Lower.
    pub lower: f64,
    /// Centre.
    pub centre: f64,
    /// Upper.
    pub upper: f64,
}

impl From<&Rankings> for RankingsFile {
    fn from(rankings: &Rankings) -> RankingsFile {
        RankingsFile {
            date: rankings.day,
            thresholds: Thresholds {
                expected_roi_over: rankings.expected_roi_over,
                score_over: rankings.score_over,
            },
            count: rankings.ranked.len(),
            rankings: rankings.ranked.clone(),
            refused: rankings.refused.clone(),
            corrected_since: Vec::new(),
        }
    }
}

impl RankingsFile {
    /// The text of the file: indented, keys ascending.
    ///
    /// # Errors
    /// [`StoreError::Encode`].
    pub fn to_json(&self) -> Result<String, StoreError> {
        let value = serde_json::to_value(self);
        value.and_then(|value| serde_json::to_string_pretty(&value)).map_err(|cause| {
            let key = format!("rankings of {} as JSON", self.date);
            StoreError::Encode { key, detail: cause.to_string() }
        })
    }
}

/// [`Ranked`] as the file has it.
#[derive(Serialize, Deserialize)]
struct RankedEntry {
    rank: u32,
    ticker: String,
    candidate: EventId,
    score: f64,
    #[serde(with = "json::strategy_name")]
    strategy: Strategy,
    recommendation: Recommendation,
    predicted_class: Option<String>,
    confidence: Option<f64>,
    success_probability: f64,
    success_source: SuccessSource,
    expected_roi: Option<f64>,
    model_version: Option<i64>,
    scan_day: Day,
    entry_on_or_after: Day,
    evaluation_day: Day,
    expiry: Day,
    strikes: StrikePrices,
    debit: f64,
    risk: f64,
    max_profit: f64,
    tags: Vec<String>,
}

impl From<&Ranked> for RankedEntry {
    fn from(of: &Ranked) -> RankedEntry {
        RankedEntry {
            rank: of.rank,
            ticker: of.ticker.clone(),
            candidate: of.candidate,
            score: of.score,
            strategy: of.strategy,
            recommendation: of.recommendation,
            predicted_class: of.predicted_class.clone(),
            confidence: of.confidence,
            success_probability: of.success_probability,
            success_source: of.success_source,
            expected_roi: of.expected_roi,
            model_version: of.model_version,
            scan_day: of.scan_day,
            entry_on_or_after: of.entry_from,
            evaluation_day: of.evaluation_day,
            expiry: of.expiry,
            strikes: StrikePrices { lower: of.lower, centre: of.centre, upper: of.upper },
            debit: of.debit,
            risk: of.risk,
            max_profit: of.max_profit,
            tags: of.tags.clone(),
        }
    }
}

impl From<RankedEntry> for Ranked {
    fn from(of: RankedEntry) -> Ranked {
        Ranked {
            rank: of.rank,
            ticker: of.ticker,
            candidate: of.candidate,
            score: of.score,
            strategy: of.strategy,
            recommendation: of.recommendation,
            predicted_class: of.predicted_class,
            confidence: of.confidence,
            success_probability: of.success_probability,
            success_source: of.success_source,
            expected_roi: of.expected_roi,
            model_version: of.model_version,
            scan_day: of.scan_day,
            entry_from: of.entry_on_or_after,
            evaluation_day: of.evaluation_day,
            expiry: of.expiry,
            lower: of.strikes.lower,
            centre: of.strikes.centre,
            upper: of.strikes.upper,
            debit: of.debit,
            risk: of.risk,
            max_profit: of.max_profit,
            tags: of.tags,
        }
    }
}

/// [`Ranked`] candidates, each as a [`RankedEntry`].
mod entries {
    use super::{Ranked, RankedEntry};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(ranked: &[Ranked], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ranked.iter().map(RankedEntry::from))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Ranked>, D::Error> {
        let entries = Vec::<RankedEntry>::deserialize(from)?;
        Ok(entries.into_iter().map(Ranked::from).collect())
    }
}
