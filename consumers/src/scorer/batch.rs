//! Scores the rows at hand in one session call. A call costs about as much for a few hundred rows as
//! for one, so that a score costs a fraction under load, and a lone event need not wait.

use schemas::contract::FEATURES;
use schemas::events::{FeatureVector, Features};
use schemas::{Body, Event, EventId};
use std::collections::BTreeMap;
use success::{ModelScore, ScoreError};

/// A features event as model input.
pub(super) type FeatureRow = (EventId, [f64; FEATURES]);

/// Scores computed ahead, by version and features event. A cache: without it the model gives the
/// same scores one by one.
#[derive(Default)]
pub(super) struct ScoreCache(BTreeMap<(i64, EventId), ([f64; FEATURES], ModelScore)>);

/// The values of a features event, if a model can score them.
pub(super) fn values(features: &FeatureVector) -> Result<[f64; FEATURES], String> {
    let values: [f64; FEATURES] = features.values.as_slice().try_into().map_err(|_| {
        format!(
            "{} features, but the contract has {FEATURES}: another version wrote them; scan with this \
             version, and retrain (`butterquant train`) if the contract changed",
            features.values.len()
        )
    })?;
    if features.contract_version != schemas::contract::CONTRACT_VERSION as i32 {
        return Err(format!(
            "the features follow contract {}, the model contract {}; retrain (`butterquant train`)",
            features.contract_version,
            schemas::contract::CONTRACT_VERSION
        ));
    }
    Ok(values)
}

/// The scorable rows among `events`.
pub(super) fn scorable(events: &[&Event]) -> Vec<FeatureRow> {
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

impl ScoreCache {
    /// Scores `rows` at once; keeps nothing if that fails.
    pub(super) fn score(
        &mut self,
        version: i64,
        rows: &[FeatureRow],
        score: impl FnOnce(&[[f64; FEATURES]]) -> Result<Vec<ModelScore>, ScoreError>,
    ) {
        // A single row is scored when it is decided on.
        if rows.len() < 2 {
            return;
        }
        let values: Vec<[f64; FEATURES]> = rows.iter().map(|(_, values)| *values).collect();
        let scores = score(&values).unwrap_or_default();
        for (&(id, values), score) in rows.iter().zip(scores) {
            self.0.insert((version, id), (values, score));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The score of exactly this row.
    pub(super) fn get(
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
