//! The rows at hand scored in one session call: one call costs about as much for a few hundred
//! rows as for one, so under load a score costs a fraction, and a lone event waits for nobody.

use schemas::contract::FEATURES;
use schemas::events::{FeatureVector, Features};
use schemas::{Body, Event, EventId};
use std::collections::BTreeMap;
use success::{Model, ModelScore};

/// A features event as a model takes it.
pub(super) type Row = (EventId, [f64; FEATURES]);

/// Scores made ahead, by version and features event. A cache: without it the same scores come
/// from the model one by one.
#[derive(Default)]
pub(super) struct Ready(BTreeMap<(i64, EventId), ([f64; FEATURES], ModelScore)>);

/// The numbers that a model is asked with.
pub(super) fn values(features: &FeatureVector) -> Result<[f64; FEATURES], String> {
    let values: [f64; FEATURES] = features.values.as_slice().try_into().map_err(|_| {
        format!(
            "{} features where the contract has {FEATURES}: they were written by another version; \
             scan with this one, and retrain (`butterquant train`) if the contract changed",
            features.values.len()
        )
    })?;
    if features.contract_version != schemas::contract::CONTRACT_VERSION as i32 {
        return Err(format!(
            "features of contract {} and a model of contract {}; retrain (`butterquant train`)",
            features.contract_version,
            schemas::contract::CONTRACT_VERSION
        ));
    }
    Ok(values)
}

/// The rows among `events` that can be scored.
pub(super) fn rows(events: &[&Event]) -> Vec<Row> {
    let row = |event: &&Event| match &event.body {
        Body::Features(Features::FeaturesExtracted(features)) => {
            let values = values(features).ok()?;
            let finite = values.iter().all(|value| (*value as f32).is_finite());
            finite.then_some((event.id, values))
        }
        _ => None,
    };
    events.iter().filter_map(row).collect()
}

impl Ready {
    /// Scores `rows` at once. Where that fails nothing is kept.
    pub(super) fn score(&mut self, version: i64, model: &Model, rows: &[Row]) {
        // One row is scored when it is decided on.
        if rows.len() < 2 {
            return;
        }
        let values: Vec<[f64; FEATURES]> = rows.iter().map(|(_, values)| *values).collect();
        let scores = model.score(&values).unwrap_or_default();
        for (&(id, values), score) in rows.iter().zip(scores) {
            self.0.insert((version, id), (values, score));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The score of exactly this row.
    pub(super) fn of(
        &self,
        version: i64,
        id: EventId,
        row: &[f64; FEATURES],
    ) -> Option<ModelScore> {
        let (values, score) = self.0.get(&(version, id))?;
        let same = values.iter().zip(row).all(|(a, b)| a.to_bits() == b.to_bits());
        same.then_some(*score)
    }
}
