//! The explanation as the page of a report holds it: the same chain, with a few thousand of them in one file.

use super::chains::Chains;
use super::decision::{Other, TrackDecision};
use super::explanation::{Explanation, Prediction, Step};
use super::place::Place;
use super::words;
use schemas::Day;
use schemas::events::Track;
use serde::Serialize;

/// A model, for the page to show a feature beside its training rows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageModel {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes.
    pub sha256: String,
    /// By feature, in the contract's order: the nine deciles of the training rows. None where it holds no distribution.
    pub deciles: Option<Vec<[f32; 9]>>,
}

/// A step of the chain.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageStep {
    name: &'static str,
    day: Day,
    #[serde(rename = "where")]
    place: Option<Place>,
    age_days: Option<i32>,
    text: String,
}

/// A value beside its threshold.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageThreshold {
    name: &'static str,
    limit: f64,
    value: Option<f64>,
}

/// Another candidate of the day.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageOther {
    ticker: String,
    value: f64,
    what: String,
}

/// Why a candidate was traded.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageWhy {
    heading: String,
    steps: Vec<PageStep>,
    features: Option<Vec<f64>>,
    model: Option<i64>,
    probabilities: Option<Vec<f64>>,
    expected_roi: Option<f64>,
    thresholds: Vec<PageThreshold>,
    others: Vec<PageOther>,
}

impl Chains {
    /// Every version on the log, in its order.
    pub fn page_models(&self) -> Vec<PageModel> {
        let versions = self.models.versions().iter().map(|at| &at.what);
        let page = versions.map(|of| PageModel {
            version: of.model.version,
            sha256: of.model.sha256.clone(),
            deciles: of.reference().map(|reference| reference.deciles().copied().collect()),
        });
        page.collect()
    }
}

impl Explanation {
    /// As the page holds it. The other candidates are those of the first track that traded it.
    pub fn to_page(&self) -> PageWhy {
        let score = self.prediction.as_ref().and_then(|at| match &at.what {
            Prediction::Scored(score) => Some(score),
            Prediction::Refused(_) => None,
        });
        let traded = self.trades.first().map(|trade| trade.track);
        let shown = |of: &&TrackDecision| traded.is_none_or(|track| track == of.track);
        let decision = self.decisions.iter().find(shown);
        let features = self.features.as_ref().map(|at| &at.what.values);
        PageWhy {
            heading: self.heading(),
            steps: self.steps.iter().map(step).collect(),
            features: features.map(|values| values.iter().map(|of| short(of.value)).collect()),
            model: score.map(|score| score.model_version),
            probabilities: score.map(|of| of.probabilities.iter().copied().map(short).collect()),
            expected_roi: score.map(|score| short(score.expected_roi)),
            thresholds: self.decisions.iter().map(threshold).collect(),
            others: decision.map_or_else(Vec::new, |decision| {
                let (track, limit) = (decision.track, decision.threshold.limit);
                decision.others.iter().map(|of| other(track, limit, of)).collect()
            }),
        }
    }
}

/// Four significant digits, as many as the page shows: all digits of a double would make the file three times as large.
fn short(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

fn step(of: &Step) -> PageStep {
    let Step { name, day, place, age_days, ref text, .. } = *of;
    PageStep { name, day, place, age_days, text: text.clone() }
}

fn threshold(of: &TrackDecision) -> PageThreshold {
    let of = &of.threshold;
    PageThreshold { name: of.name, limit: of.limit, value: of.value }
}

fn other(track: Track, limit: f64, of: &Other) -> PageOther {
    let what = match &of.verdict {
        super::decision::Verdict::Opened { .. } => "opened".to_owned(),
        verdict => words::verdict(track, verdict, limit),
    };
    PageOther { ticker: of.ticker.clone(), value: short(of.value), what }
}
