//! The explanation of one candidate: everything that its chain has, put together.

use super::chains::Chains;
use super::decision::TrackDecision;
use super::model_card::ModelCard;
use super::place::At;
use super::prices::{self, PriceSpan};
use super::trade::TrackTrade;
use schemas::contract::{CLASS_NAMES, FEATURE_NAMES};
use schemas::controls::ControlState;
use schemas::events::{
    Alias, Outcome, OutcomeMissing, Outcomes, Predictions, Scan, ScanRefused, Score, ScoreRefused,
    Settings, Track,
};
use schemas::{Day, Event, EventId};
use serde::Serialize;

/// A feature beside the rows that the champion was trained on.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeatureValue {
    /// Its name in the contract.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Share of the training rows surely below it, by deciles; none where the model does not say.
    pub share_below: Option<f64>,
    /// Share of the training rows not above the next decile.
    pub share_up_to: Option<f64>,
    /// `low` below the first decile of the training rows, `high` above the last.
    pub outer_tenth: Option<&'static str>,
}

fn outer_tenth(value: f64, deciles: &[f32]) -> Option<&'static str> {
    let value = value as f32; // as the deciles are
    if deciles.first().is_some_and(|first| value < *first) {
        return Some("low");
    }
    deciles.last().is_some_and(|last| value > *last).then_some("high")
}

/// The model's input.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeatureValues {
    /// Version of the feature contract.
    pub contract_version: i32,
    /// In the contract's order.
    pub values: Vec<FeatureValue>,
}

/// What a model said of the candidate.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Prediction {
    /// Its score.
    Scored(Score),
    /// Why it gave none.
    Refused(ScoreRefused),
}

/// The label.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Labelled {
    /// It has one.
    Matured {
        /// The label.
        #[serde(flatten)]
        outcome: Outcome,
        /// The name of its class.
        class_name: &'static str,
    },
    /// Why it has none.
    Missing(OutcomeMissing),
}

/// The operator's commands in force.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ControlsInForce {
    /// Up to this offset, inclusive.
    pub offset: i64,
    /// The last command up to there; none if the log has none.
    pub last: Option<At<()>>,
    /// The settings.
    pub settings: Settings,
    /// Halted tracks.
    pub halted: Vec<Track>,
}

/// A step of the chain, as the timeline shows it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Step {
    /// `bars`, `scan`, `features`, …
    pub name: &'static str,
    /// The track that it belongs to; none for what both have in common.
    pub track: Option<Track>,
    /// The day of its event.
    pub day: Day,
    /// The event's place; none for what follows from several.
    #[serde(rename = "where")]
    pub place: Option<super::place::Place>,
    /// Calendar days from this input to the decision; none for what came after it.
    pub age_days: Option<i32>,
    /// The same in trading days.
    pub age_trading_days: Option<i32>,
    /// What it says.
    pub text: String,
}

/// A candidate's chain.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explanation {
    /// The scan event.
    pub candidate: EventId,
    /// The stock.
    pub ticker: String,
    /// The day of the scan and of the decision.
    pub day: Day,
    /// What is wrong with the chain: missing links, records that are gone, a model without its bytes.
    pub faults: Vec<String>,
    /// The chain, in order.
    pub steps: Vec<Step>,
    /// The bars that the scan saw.
    pub prices: Option<At<PriceSpan>>,
    /// The scan.
    pub scan: Option<At<Box<Scan>>>,
    /// Why there is no candidate.
    pub scan_refused: Option<At<ScanRefused>>,
    /// The model's input.
    pub features: Option<At<FeatureValues>>,
    /// The champion's prediction.
    pub prediction: Option<At<Prediction>>,
    /// The prediction of the challenger that was watched.
    pub shadow: Option<At<Prediction>>,
    /// The champion that scored it.
    pub model: Option<ModelCard>,
    /// The training of that model.
    pub training: Option<At<()>>,
    /// Settings in force.
    pub controls: ControlsInForce,
    /// Both tracks' decisions; none on a ticker that the scanner refused.
    pub decisions: Vec<TrackDecision>,
    /// What the tracks did; a track without an order is left out.
    pub trades: Vec<TrackTrade>,
    /// The label.
    pub outcome: Option<At<Labelled>>,
}

impl Chains {
    /// The parts of a candidate's explanation, without steps and faults. None if no event of it is on the log.
    pub(super) fn parts(&self, candidate: &EventId) -> Option<Explanation> {
        let scanned = self.scans.get(candidate);
        let ordered = self.orders.get(candidate).and_then(|orders| orders.first());
        let ticker = match (scanned, ordered) {
            (Some(scan), _) => scan.what.ticker.clone(),
            (None, Some(order)) => order.what.ticker.clone(),
            (None, None) => return None,
        };
        // Where the scan is gone, an order to open was decided on its day.
        let day = scanned.map(|at| at.day).or(ordered.map(|at| at.day))?;
        let champion = self.prediction(candidate, Alias::Champion);
        let controls = self.controls_of(candidate, day);
        let calendar = controls.settings.calendar;
        let card = champion.and_then(|at| match &at.what {
            Predictions::CandidateScored(score) => {
                Some(self.models.card(score.model_version, &score.model_sha256))
            }
            _ => None,
        });
        let (model, training) = card.map_or((None, None), |(card, at)| (Some(card), at));
        let shadow = self.prediction(candidate, Alias::Challenger);
        let facts = self.prices.get(&ticker);
        // A ticker that the scanner refused is no candidate of either track.
        let refused = scanned.is_some_and(|at| at.what.found.is_err());
        Some(Explanation {
            candidate: *candidate,
            day,
            faults: Vec::new(),
            steps: Vec::new(),
            prices: facts.and_then(|facts| prices::window(facts, day)),
            scan: scanned.and_then(|at| Some(at.with(at.what.found.as_ref().ok()?.clone()))),
            scan_refused: scanned
                .and_then(|at| Some(at.with(at.what.found.as_ref().err()?.clone()))),
            features: self.feature_values(candidate, model.as_ref()),
            prediction: champion.and_then(prediction),
            shadow: shadow.and_then(prediction),
            model,
            training,
            decisions: Track::ALL
                .into_iter()
                .filter(|_| !refused)
                .map(|track| self.decision(track, candidate, day, &controls.settings))
                .collect(),
            trades: Track::ALL
                .into_iter()
                .filter_map(|track| self.trade(track, candidate, calendar))
                .collect(),
            outcome: self.outcomes.get(candidate).and_then(labelled),
            controls,
            ticker,
        })
    }

    /// The commands under which the day was decided; of a day without a decision those under which it was scored, else
    /// all.
    fn controls_of(&self, candidate: &EventId, day: Day) -> ControlsInForce {
        let marks = Track::ALL.iter().filter_map(|track| self.marks.get(&(*track, day)));
        let decided = marks.filter_map(|mark| mark.controls_offset).next();
        let scored = || self.prediction(candidate, Alias::Champion)?.controls_offset;
        let offset = decided.or_else(scored);
        let all = self.controls.last().map_or(-1, |last| last.place.offset as i64);
        let offset = offset.unwrap_or(all);
        let (state, last): (ControlState, Option<&At<Event>>) = self.controls_at(offset);
        ControlsInForce {
            offset,
            last: last.map(|last| last.with(())),
            settings: state.settings,
            halted: state.halted.into_keys().collect(),
        }
    }

    fn feature_values(
        &self,
        candidate: &EventId,
        model: Option<&ModelCard>,
    ) -> Option<At<FeatureValues>> {
        let at = self.features.get(candidate)?;
        let model = model.and_then(|card| self.models.find(card.version, &card.sha256));
        let reference = model.and_then(|model| model.what.reference());
        let shares: Vec<(f64, f64)> = reference
            .map(|reference| reference.shares_around(&at.what.values).collect())
            .unwrap_or_default();
        let mut deciles = reference.map(|reference| reference.deciles());
        let named = FEATURE_NAMES.into_iter().zip(&at.what.values).enumerate();
        let values = named.map(|(n, (name, value))| FeatureValue {
            name,
            value: *value,
            share_below: shares.get(n).map(|share| share.0),
            share_up_to: shares.get(n).map(|share| share.1),
            outer_tenth: deciles
                .as_mut()
                .and_then(Iterator::next)
                .and_then(|of| outer_tenth(*value, of)),
        });
        let values = values.collect();
        Some(at.with(FeatureValues { contract_version: at.what.contract_version, values }))
    }
}

fn prediction(at: &At<Predictions>) -> Option<At<Prediction>> {
    let what = match &at.what {
        Predictions::CandidateScored(score) => Prediction::Scored(score.clone()),
        Predictions::ScoringRefused(refused) => Prediction::Refused(refused.clone()),
        Predictions::DayClosed(_) | Predictions::Unknown => return None,
    };
    Some(at.with(what))
}

fn labelled(at: &At<Outcomes>) -> Option<At<Labelled>> {
    let what = match &at.what {
        Outcomes::CandidateMatured(outcome) => {
            let class = usize::try_from(outcome.class).ok().and_then(|at| CLASS_NAMES.get(at));
            let class_name = class.copied().unwrap_or("no class");
            Labelled::Matured { outcome: outcome.clone(), class_name }
        }
        Outcomes::OutcomeMissing(missing) => Labelled::Missing(missing.clone()),
        Outcomes::DayClosed(_) | Outcomes::Unknown => return None,
    };
    Some(at.with(what))
}
