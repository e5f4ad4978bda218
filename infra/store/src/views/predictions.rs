//! What champions said and what came of it, by scan day; the features of the last scan days; and
//! what the drift of each model that passed its gate is measured against.

use super::rankings::champion_scores;
use super::shelf::{Changes, Key, Shelf};
use crate::StoreError;
use schemas::contract::{CLASSES, FEATURES};
use schemas::events::{Bars, Features, Models, Outcomes};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use success::{DRIFT_DAYS, DriftReference, DriftRow, drift_reference};

/// What came of a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Came {
    /// Loss 0, Minor 1, Good 2, Excellent 3.
    pub class: u8,
    /// The day it was marked.
    pub evaluation_day: Day,
}

/// A champion's prediction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// The scan event.
    pub candidate: EventId,
    /// Whose.
    pub version: i64,
    /// Of each class.
    pub probabilities: [f32; CLASSES],
    /// None as long as it is open.
    pub came: Option<Came>,
}

/// The predictions of a scan day; those that can have no outcome are left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScanDay {
    /// The close of the volatility index.
    pub vix: Option<f64>,
    /// In the order of the candidates' ids.
    pub said: Vec<Said>,
}

impl ScanDay {
    /// Whether every candidate that was scored has its outcome.
    pub fn matured(&self) -> bool {
        !self.said.is_empty() && self.said.iter().all(|said| said.came.is_some())
    }
}

/// Takes in a day.
pub(super) fn apply(
    shelf: &Shelf,
    batch: &mut Changes,
    day: Day,
    events: &[Event],
) -> Result<(), StoreError> {
    let scored = scan_day(day, events);
    if !scored.said.is_empty() {
        batch.put(Key::Judged(day), &scored)?;
    }
    outcomes(shelf, batch, events)?;
    features(shelf, batch, day, events)?;
    references(shelf, batch, events)
}

fn scan_day(day: Day, events: &[Event]) -> ScanDay {
    let vix = events.iter().find_map(|event| match &event.body {
        Body::Bars(Bars::DayClosed(marker)) if event.day == day => marker.vix,
        _ => None,
    });
    let said = champion_scores(day, events).into_iter().filter_map(|(candidate, score)| {
        let probabilities: [f64; CLASSES] = score.probabilities.as_slice().try_into().ok()?;
        let probabilities = probabilities.map(|p| p as f32);
        Some(Said { candidate, version: score.model_version, probabilities, came: None })
    });
    ScanDay { vix, said: said.collect() }
}

fn outcomes(shelf: &Shelf, batch: &mut Changes, events: &[Event]) -> Result<(), StoreError> {
    let mut ended: BTreeMap<Day, BTreeMap<EventId, Option<Came>>> = BTreeMap::new();
    for event in events {
        let (scan_day, candidate, came) = match &event.body {
            Body::Outcomes(Outcomes::CandidateMatured(of)) => {
                let came =
                    u8::try_from(of.class).ok().filter(|class| usize::from(*class) < CLASSES);
                let evaluation_day = of.evaluation_day;
                (of.scan_day, of.candidate, came.map(|class| Came { class, evaluation_day }))
            }
            Body::Outcomes(Outcomes::OutcomeMissing(of)) => (of.scan_day, of.candidate, None),
            _ => continue,
        };
        ended.entry(scan_day).or_default().insert(candidate, came);
    }
    for (day, ended) in ended {
        let Some(mut scored) = shelf.get::<ScanDay>(Key::Judged(day))? else { continue };
        scored.said.retain_mut(|said| match ended.get(&said.candidate) {
            Some(Some(came)) => {
                said.came = Some(*came);
                true
            }
            Some(None) => false,
            None => true,
        });
        batch.put(Key::Judged(day), &scored)?;
    }
    Ok(())
}

fn features(
    shelf: &Shelf,
    batch: &mut Changes,
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
    let kept = shelf.days(Key::Features(day))?;
    let old = (kept.len() + 1).saturating_sub(DRIFT_DAYS);
    kept.into_iter().take(old).for_each(|day| batch.remove(Key::Features(day)));
    batch.put(Key::Features(day), &rows)
}

/// Those of the last scan days.
pub(super) fn recent_features(shelf: &Shelf) -> Result<Vec<DriftRow>, StoreError> {
    let days: Vec<(Day, Vec<[f32; FEATURES]>)> = shelf.last(Key::Features(Day(0)), DRIFT_DAYS)?;
    let seen = |(day, rows): (Day, Vec<[f32; FEATURES]>)| {
        rows.into_iter().map(move |row| DriftRow {
            scan_day: day.0,
            features: row.map(f64::from),
            weight: 1.0,
        })
    };
    Ok(days.into_iter().flat_map(seen).collect())
}

fn references(shelf: &Shelf, batch: &mut Changes, events: &[Event]) -> Result<(), StoreError> {
    let mut passed: BTreeMap<i64, DriftReference> = BTreeMap::new();
    for event in events {
        if let Body::Models(Models::ModelTrained(model)) = &event.body
            && model.passed
            // Bytes that are no model are the scorer's to refuse.
            && let Ok(Some(reference)) = drift_reference(&model.onnx)
        {
            passed.insert(model.version, reference);
        }
    }
    if passed.is_empty() {
        return Ok(());
    }
    let mut all: BTreeMap<i64, DriftReference> = shelf.get(Key::References)?.unwrap_or_default();
    all.append(&mut passed);
    batch.put(Key::References, &all)
}
