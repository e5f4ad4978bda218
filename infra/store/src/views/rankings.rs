//! A day's candidates, best first: technical score descending, then ticker.
//!
//! Only a champion's prediction of the same day counts; a shadow's is not shown. An event after its
//! day closed is late and not ranked.

use schemas::contract::CLASS_NAMES;
use schemas::events::{Alias, Predictions, Scan, Scans, Score, Settings, Strategy};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below this share of spectral power the dominant cycle is called weak.
const WEAK_CYCLE: f64 = 0.10;
/// Trend slope, in daily standard deviations, from which a trend is tagged.
const TREND: f64 = 0.1;
/// Close of the volatility index above which a day counts as one of high volatility.
const HIGH_VIX: f64 = 30.0;

/// A candidate's standing against the thresholds in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recommendation {
    /// The champion's expected ROI is over ButterAI's threshold.
    Trade,
    /// It is not, or there is none, but the score is over ButterBaseline's.
    Watch,
    /// Neither.
    Avoid,
}

/// The source of a success probability.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuccessSource {
    /// P(Good) + P(Excellent) of the champion.
    Champion,
    /// The scan's probability of ending between the break-evens, as no champion scored it.
    ProbProfit,
}

/// A candidate in the rankings. Prices are dollars per share.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ranked {
    /// 1 first.
    pub rank: u32,
    /// The stock.
    pub ticker: String,
    /// The scan event.
    pub candidate: EventId,
    /// Technical score, 0–100.
    pub score: f64,
    /// How the butterfly is built.
    pub strategy: Strategy,
    /// By the thresholds.
    pub recommendation: Recommendation,
    /// The champion's most probable class.
    pub predicted_class: Option<String>,
    /// Its probability.
    pub confidence: Option<f64>,
    /// The probability of success, 0–1.
    pub success_probability: f64,
    /// The source of that probability.
    pub success_source: SuccessSource,
    /// The champion's expected return on the capital at risk; none without a model.
    pub expected_roi: Option<f64>,
    /// The champion's version.
    pub model_version: Option<i64>,
    /// The day it was scanned, at its close.
    pub scan_day: Day,
    /// The first day on which it can be entered, at the open.
    pub entry_from: Day,
    /// The last day it is held.
    pub evaluation_day: Day,
    /// The options' last day.
    pub expiry: Day,
    /// Lower strike.
    pub lower: f64,
    /// Centre strike.
    pub centre: f64,
    /// Upper strike.
    pub upper: f64,
    /// Mid value.
    pub debit: f64,
    /// Capital at risk: debit and the cost of one way.
    pub risk: f64,
    /// Highest profit at expiry.
    pub max_profit: f64,
    /// Its traits: `put`, `cheap-volatility`, `weak-cycle`, `no-model` …
    pub tags: Vec<String>,
}

/// A ticker that could not be analysed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RefusedTicker {
    /// The stock.
    pub ticker: String,
    /// A short, stable code.
    pub code: String,
    /// The reason, as a sentence.
    pub reason: String,
}

/// The rankings of a day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rankings {
    /// The scan day.
    pub day: Day,
    /// ButterAI's threshold in force.
    pub expected_roi_over: f64,
    /// ButterBaseline's threshold in force.
    pub score_over: f64,
    /// The candidates, best first.
    pub ranked: Vec<Ranked>,
    /// The tickers refused, by name.
    pub refused: Vec<RefusedTicker>,
}

impl Rankings {
    /// The rankings of `day`; none if nothing was scanned on it.
    pub(super) fn of_day(day: Day, events: &[Event], settings: &Settings) -> Option<Rankings> {
        let champions = champion_scores(day, events);
        let mut ranked = Vec::new();
        let mut refused = Vec::new();
        for event in events.iter().filter(|event| event.day == day) {
            match &event.body {
                Body::Scans(Scans::CandidateScanned(scan)) => {
                    ranked.push(row(event, scan, champions.get(&event.id).copied(), settings));
                }
                Body::Scans(Scans::CandidateRefused(why)) => refused.push(RefusedTicker {
                    ticker: event.ticker.clone(),
                    code: why.code.clone(),
                    reason: why.reason.clone(),
                }),
                _ => {}
            }
        }
        if ranked.is_empty() && refused.is_empty() {
            return None;
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.ticker.cmp(&b.ticker)));
        for (rank, row) in (1..).zip(&mut ranked) {
            row.rank = rank;
        }
        refused.sort_by(|a, b| a.ticker.cmp(&b.ticker));
        Some(Rankings {
            day,
            expected_roi_over: settings.expected_roi_over,
            score_over: settings.score_over,
            ranked,
            refused,
        })
    }
}

/// The champion's scores of `day`, by candidate.
pub(super) fn champion_scores(day: Day, events: &[Event]) -> BTreeMap<EventId, &Score> {
    events
        .iter()
        .filter(|event| event.day == day)
        .filter_map(|event| match &event.body {
            Body::Predictions(Predictions::CandidateScored(score))
                if score.alias == Alias::Champion =>
            {
                Some((score.candidate, score))
            }
            _ => None,
        })
        .collect()
}

fn row(event: &Event, scan: &Scan, score: Option<&Score>, settings: &Settings) -> Ranked {
    let butterfly = &scan.structure;
    let class = score.and_then(|score| usize::try_from(score.class).ok());
    let probability = |class: usize| score.and_then(|s| s.probabilities.get(class)).copied();
    let (success_probability, success_source) = match (probability(2), probability(3)) {
        (Some(good), Some(excellent)) => (good + excellent, SuccessSource::Champion),
        _ => (scan.prob_profit, SuccessSource::ProbProfit),
    };
    Ranked {
        rank: 0,
        ticker: event.ticker.clone(),
        candidate: event.id,
        score: scan.score,
        strategy: butterfly.strategy,
        recommendation: recommend(score.map(|score| score.expected_roi), scan.score, settings),
        predicted_class: class
            .and_then(|class| CLASS_NAMES.get(class))
            .map(|&name| name.to_owned()),
        confidence: class.and_then(probability),
        success_probability,
        success_source,
        expected_roi: score.map(|score| score.expected_roi),
        model_version: score.map(|score| score.model_version),
        scan_day: event.day,
        entry_from: settings.calendar.next_expected(event.day),
        evaluation_day: butterfly.evaluation_day,
        expiry: butterfly.expiry,
        lower: butterfly.centre - butterfly.wing,
        centre: butterfly.centre,
        upper: butterfly.centre + butterfly.wing,
        debit: scan.debit,
        risk: scan.risk,
        max_profit: scan.max_profit,
        tags: tags(scan, score.is_some()),
    }
}

fn recommend(expected_roi: Option<f64>, score: f64, settings: &Settings) -> Recommendation {
    if expected_roi.is_some_and(|roi| roi > settings.expected_roi_over) {
        Recommendation::Trade
    } else if score > settings.score_over {
        Recommendation::Watch
    } else {
        Recommendation::Avoid
    }
}

fn tags(scan: &Scan, scored: bool) -> Vec<String> {
    let strategy = match scan.structure.strategy {
        Strategy::CallButterfly => "call",
        Strategy::PutButterfly => "put",
        Strategy::IronButterfly => "iron",
    };
    let given = [
        (true, strategy),
        (scan.trend_slope > TREND, "trend-up"),
        (scan.trend_slope < -TREND, "trend-down"),
        (scan.vol_mispricing < 0.0, "cheap-volatility"),
        (scan.vol_mispricing > 0.0, "rich-volatility"),
        (scan.period_strength < WEAK_CYCLE, "weak-cycle"),
        (scan.vix > HIGH_VIX, "high-vix"),
        (!scored, "no-model"),
    ];
    given.into_iter().filter(|(holds, _)| *holds).map(|(_, tag)| tag.to_owned()).collect()
}
