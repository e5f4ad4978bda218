//! The champions' predictions and their outcomes, by scan day; the features of the last scan days;
//! and the drift reference of each model that passed its gate.

use super::rankings::champion_scores;
use super::view_store::{ViewBatch, ViewKey, ViewStore};
use crate::StoreError;
use schemas::contract::{CLASSES, FEATURES};
use schemas::events::{Bars, Features, Models, Outcomes};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use success::{DRIFT_DAYS, DriftReference, DriftRow, drift_reference};

/// The outcome of a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MaturedOutcome {
    /// Loss 0, Minor 1, Good 2, Excellent 3.
    pub class: u8,
    /// The day it was evaluated.
    pub evaluation_day: Day,
}

/// A champion's prediction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScoredCandidate {
    /// The scan event.
    pub candidate: EventId,
    /// The champion's version.
    pub version: i64,
    /// One per class.
    pub probabilities: [f32; CLASSES],
    /// None while it is open.
    pub outcome: Option<MaturedOutcome>,
}

/// The predictions of a scan day, without those whose outcome is missing for good.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScoredDay {
    /// The close of the volatility index.
    pub vix: Option<f64>,
    /// In the order of the candidates' ids.
    pub candidates: Vec<ScoredCandidate>,
}

impl ScoredDay {
    /// Whether every candidate that was scored has its outcome.
    pub fn matured(&self) -> bool {
        !self.candidates.is_empty() && self.candidates.iter().all(|one| one.outcome.is_some())
    }
}

/// Applies a day.
pub(super) fn apply(
    store: &ViewStore,
    batch: &mut ViewBatch,
    day: Day,
    events: &[Event],
) -> Result<(), StoreError> {
    let scored = scan_day(day, events);
    if !scored.candidates.is_empty() {
        batch.put(ViewKey::Predictions(day), &scored)?;
    }
    outcomes(store, batch, events)?;
    features(store, batch, day, events)?;
    references(store, batch, events)
}

fn scan_day(day: Day, events: &[Event]) -> ScoredDay {
    let vix = events.iter().find_map(|event| match &event.body {
        Body::Bars(Bars::DayClosed(marker)) if event.day == day => marker.vix,
        _ => None,
    });
    let candidates = champion_scores(day, events).into_iter().filter_map(|(candidate, score)| {
        let probabilities: [f64; CLASSES] = score.probabilities.as_slice().try_into().ok()?;
        let probabilities = probabilities.map(|p| p as f32);
        Some(ScoredCandidate {
            candidate,
            version: score.model_version,
            probabilities,
            outcome: None,
        })
    });
    ScoredDay { vix, candidates: candidates.collect() }
}

fn outcomes(store: &ViewStore, batch: &mut ViewBatch, events: &[Event]) -> Result<(), StoreError> {
    let mut ended: BTreeMap<Day, BTreeMap<EventId, Option<MaturedOutcome>>> = BTreeMap::new();
    for event in events {
        let (scan_day, candidate, outcome) = match &event.body {
            Body::Outcomes(Outcomes::CandidateMatured(of)) => {
                let class =
                    u8::try_from(of.class).ok().filter(|class| usize::from(*class) < CLASSES);
                let evaluation_day = of.evaluation_day;
                (
                    of.scan_day,
                    of.candidate,
                    class.map(|class| MaturedOutcome { class, evaluation_day }),
                )
            }
            Body::Outcomes(Outcomes::OutcomeMissing(of)) => (of.scan_day, of.candidate, None),
            _ => continue,
        };
        ended.entry(scan_day).or_default().insert(candidate, outcome);
    }
    for (day, ended) in ended {
        let Some(mut scored) = store.get::<ScoredDay>(ViewKey::Predictions(day))? else { continue };
        scored.candidates.retain_mut(|one| match ended.get(&one.candidate) {
            Some(Some(outcome)) => {
                one.outcome = Some(*outcome);
                true
            }
            Some(None) => false,
            None => true,
        });
        batch.put(ViewKey::Predictions(day), &scored)?;
    }
    Ok(())
}

fn features(
    store: &ViewStore,
    batch: &mut ViewBatch,
    day: Day,
    events: &[Event],
) -> Result<(), StoreError> {
    let rows: Vec<[f32; FEATURES]> = events
        .iter()
        .filter(|event| event.day == day)
        .filter_map(|event| match &event.body {
            Body::Features(Features::FeaturesExtracted(of)) => {
                let values: [f64; FEATURES] = of.values.as_slice().try_into().ok()?;
                Some(values.map(|value| value as f32))
            }
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let kept = store.days(ViewKey::Features(day))?;
    let old = (kept.len() + 1).saturating_sub(DRIFT_DAYS);
    kept.into_iter().take(old).for_each(|day| batch.remove(ViewKey::Features(day)));
    batch.put(ViewKey::Features(day), &rows)
}

/// The features of the last scan days.
pub(super) fn recent_features(store: &ViewStore) -> Result<Vec<DriftRow>, StoreError> {
    let days: Vec<(Day, Vec<[f32; FEATURES]>)> =
        store.last(ViewKey::Features(Day(0)), DRIFT_DAYS)?;
    let seen = |(day, rows): (Day, Vec<[f32; FEATURES]>)| {
        rows.into_iter().map(move |row| DriftRow {
            scan_day: day.0,
            features: row.map(f64::from),
            weight: 1.0,
        })
    };
    Ok(days.into_iter().flat_map(seen).collect())
}

fn references(
    store: &ViewStore,
    batch: &mut ViewBatch,
    events: &[Event],
) -> Result<(), StoreError> {
    let mut passed: BTreeMap<i64, DriftReference> = BTreeMap::new();
    for event in events {
        if let Body::Models(Models::ModelTrained(model)) = &event.body
            && model.passed
            // The scorer refuses bytes that are not a model.
            && let Ok(Some(reference)) = drift_reference(&model.onnx)
        {
            passed.insert(model.version, reference);
        }
    }
    if passed.is_empty() {
        return Ok(());
    }
    let mut all: BTreeMap<i64, DriftReference> =
        store.get(ViewKey::References)?.unwrap_or_default();
    all.append(&mut passed);
    batch.put(ViewKey::References, &all)
}
