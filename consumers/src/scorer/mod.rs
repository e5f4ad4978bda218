//! The scorer: every features event becomes a prediction of the champion in force on its day,
//! and of the challenger where one is being watched, or a refusal with its reason.
//!
//! Invariants:
//! 1. An event is scored by the models named in the `models` marker of the day before, unless a
//!    later rollback names another; which one it was is in the prediction.
//! 2. No event goes unscored in silence: without a model, or with one that cannot be loaded or
//!    gives no finite number, the event is refused on the log.
//! 3. A loaded model is a cache of its bytes; the bytes are the state.

mod loader;
#[cfg(test)]
mod tests;

pub use loader::Loader;

use schemas::controls::ControlState;
use schemas::events::{
    Alias, FeatureVector, Features, ModelRef, Models, Predictions, Score, ScoreRefused,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, Topic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Stored {
    sha256: String,
    onnx: Vec<u8>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    models: BTreeMap<i64, Stored>,
    champion: Option<ModelRef>,
    challenger: Option<ModelRef>,
    /// The `controls` offset under which the last marker named its champion.
    named_at: i64,
}

/// The scorer's decisions for one partition.
pub struct Scorer {
    loader: Arc<Loader>,
    state: State,
}

impl Scorer {
    /// Scores with what `loader` loads.
    pub fn new(loader: Arc<Loader>) -> Scorer {
        Scorer { loader, state: State::default() }
    }

    fn champion(&self, controls: &ControlState) -> Option<i64> {
        match &controls.rollback {
            Some(back) if back.offset > self.state.named_at => Some(back.version),
            _ => self.state.champion.as_ref().map(|model| model.version),
        }
    }

    fn score(&self, version: i64, alias: Alias, features: &FeatureVector) -> Result<Score, String> {
        let stored = self.state.models.get(&version).ok_or_else(|| {
            format!("model v{version} is not on the log; see `butterquant model list`")
        })?;
        let model = self.loader.load(version, &stored.sha256, &stored.onnx)?;
        let values: [f64; 23] =
            features.values.as_slice().try_into().map_err(|_| {
                format!("{} features where the contract has 23", features.values.len())
            })?;
        if features.contract_version != quant::CONTRACT_VERSION as i32 {
            return Err(format!(
                "features of contract {} and a model of contract {}; retrain",
                features.contract_version,
                quant::CONTRACT_VERSION
            ));
        }
        let scores = model.score(&[values]).map_err(|error| error.to_string())?;
        let score = scores.first().ok_or("the model gave no score")?;
        Ok(Score {
            candidate: features.candidate,
            alias,
            model_version: version,
            model_sha256: stored.sha256.clone(),
            provider: self.loader.provider().to_owned(),
            probabilities: score.probabilities.iter().map(|p| f64::from(*p)).collect(),
            expected_roi: score.expected_roi,
            class: i32::from(score.class),
        })
    }

    fn say(
        &self,
        event: &Event,
        features: &FeatureVector,
        version: Result<i64, String>,
        alias: Alias,
    ) -> Event {
        let scored = version.and_then(|version| self.score(version, alias, features));
        let said = match scored {
            Ok(score) => Predictions::CandidateScored(score),
            Err(reason) => Predictions::ScoringRefused(ScoreRefused {
                candidate: features.candidate,
                alias,
                reason,
            }),
        };
        let alias = if alias == Alias::Champion { "champion" } else { "challenger" };
        Event::new(event.day, &event.ticker, &[&features.candidate.to_string(), alias], said)
            .about_candidate(features.candidate)
    }
}

impl Machine for Scorer {
    fn evolve(&mut self, event: &Event) {
        let Body::Models(said) = &event.body else { return };
        match said {
            Models::ModelTrained(model) if model.passed => {
                let stored = Stored { sha256: model.sha256.clone(), onnx: model.onnx.clone() };
                self.state.models.insert(model.version, stored);
            }
            Models::DayClosed(marker) => {
                self.state.champion = marker.champion.clone();
                self.state.challenger = marker.challenger.clone();
                self.state.named_at = event.control_offset.unwrap_or(-1);
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::Event(event) = cause else { return Decision::default() };
        let Body::Features(Features::FeaturesExtracted(features)) = &event.body else {
            return Decision::default();
        };
        let rows = context.controls.settings.min_training_rows;
        let champion = self.champion(context.controls);
        let champion = champion.ok_or_else(|| {
            format!("no model is in force; one is trained once {rows} matured rows exist")
        });
        let mut said = vec![self.say(event, features, champion, Alias::Champion)];
        if let Some(challenger) = &self.state.challenger {
            said.push(self.say(event, features, Ok(challenger.version), Alias::Challenger));
        }
        said.into()
    }

    fn decides_on(&self, topic: Topic) -> bool {
        topic == Topic::Features
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        save_state(&self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = restore_state(Role::Scorer, saved)?;
        Ok(())
    }
}
