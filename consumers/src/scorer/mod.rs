//! The scorer: every features event becomes a prediction of the champion in force on its day, and
//! of the challenger if one is being watched, or a refusal with its reason.
//!
//! Invariants:
//! 1. An event is scored by the models named in the `models` marker of the day before, unless a
//!    later rollback names another; the prediction names the model.
//! 2. No event goes unscored silently: without a model, or with one that cannot be loaded or gives
//!    no finite number, the event is refused on the log.
//! 3. A loaded model is a cache of its bytes; the bytes are the state. Scores computed for several
//!    events at once are a cache too: a score's bits do not depend on the other rows.
//! 4. Bytes that are truncated, changed or of another shape are never in force: a marker or a
//!    rollback that names them changes nothing.

mod batch;
mod loader;
#[cfg(test)]
mod tests;
mod trainings;

pub use loader::{CallTimer, Loader};
pub use trainings::Trainings;

use batch::{ScoreCache, values};
use schemas::contract::CONTRACT;
use schemas::controls::ControlState;
use schemas::events::{
    Alias, FeatureVector, Features, ModelRef, ModelTrained, Models, Predictions, Score,
    ScoreRefused,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, Topic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use success::Model;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct StoredModel {
    sha256: String,
    onnx: Vec<u8>,
    /// Why it cannot be used, if so.
    problem: Option<String>,
}

impl StoredModel {
    fn of(model: &ModelTrained) -> StoredModel {
        let ModelTrained { version, sha256, onnx, .. } = model;
        let problem = if schemas::id::sha256_hex(onnx) == *sha256 {
            Model::check(onnx, &CONTRACT).err().map(|error| format!("model v{version}: {error}"))
        } else {
            Some(format!(
                "the bytes of model v{version} do not match its sha256; `butterquant model verify \
                 {version}` shows details, `butterquant train` requests another model"
            ))
        };
        StoredModel { sha256: sha256.clone(), onnx: onnx.clone(), problem }
    }
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct ScorerState {
    models: BTreeMap<i64, StoredModel>,
    champion: Option<ModelRef>,
    challenger: Option<ModelRef>,
    /// `controls` offset under which the last marker named its champion.
    named_at: i64,
    trainings: Trainings,
}

/// The scorer's machine for one partition.
pub struct Scorer {
    loader: Arc<Loader>,
    state: ScorerState,
    cache: ScoreCache,
}

impl Scorer {
    /// A scorer whose models `loader` loads.
    pub fn new(loader: Arc<Loader>) -> Scorer {
        Scorer { loader, state: ScorerState::default(), cache: ScoreCache::default() }
    }

    /// The version that scores as champion, or why there is none.
    fn champion(&self, controls: &ControlState) -> Result<i64, String> {
        let sound = |version: &i64| {
            self.state.models.get(version).is_some_and(|stored| stored.problem.is_none())
        };
        let back = controls.rollback.as_ref().filter(|back| back.offset > self.state.named_at);
        if let Some(version) = back.map(|back| back.version).filter(sound) {
            return Ok(version);
        }
        let Some(ModelRef { version, sha256 }) = &self.state.champion else {
            return Err(self.state.trainings.reason(controls));
        };
        match self.state.models.get(version) {
            Some(stored) if stored.sha256 != *sha256 => Err(format!(
                "model v{version} on the log is not the one that was put in force (its sha256 \
                 differs); `butterquant model verify {version}` shows details"
            )),
            _ => Ok(*version),
        }
    }

    fn usable(&self, model: &ModelRef) -> bool {
        let stored = self.state.models.get(&model.version);
        stored.is_some_and(|of| of.problem.is_none() && of.sha256 == model.sha256)
    }

    /// The model of a version, ready to score.
    fn model(&self, version: i64) -> Result<(Arc<Model>, &str), String> {
        let stored = self.state.models.get(&version).ok_or_else(|| {
            format!("model v{version} is not on the log; see `butterquant model list`")
        })?;
        if let Some(problem) = &stored.problem {
            return Err(problem.clone());
        }
        Ok((self.loader.load(version, &stored.sha256, &stored.onnx)?, &stored.sha256))
    }

    fn score(
        &self,
        version: i64,
        alias: Alias,
        event: &Event,
        features: &FeatureVector,
    ) -> Result<Score, String> {
        let (model, sha256) = self.model(version)?;
        let values = values(features)?;
        let score = match self.cache.get(version, event.id, &values) {
            Some(score) => score,
            None => {
                let scores =
                    self.loader.score(&model, &[values]).map_err(|error| error.to_string())?;
                scores.into_iter().next().ok_or("the model gave no score")?
            }
        };
        Ok(Score {
            candidate: features.candidate,
            alias,
            model_version: version,
            model_sha256: sha256.to_owned(),
            provider: self.loader.provider().to_owned(),
            probabilities: score.probabilities.iter().map(|p| f64::from(*p)).collect(),
            expected_roi: score.expected_roi,
            class: i32::from(score.class),
        })
    }

    fn predict(
        &self,
        event: &Event,
        features: &FeatureVector,
        version: Result<i64, String>,
        alias: Alias,
    ) -> Event {
        let scored = version.and_then(|version| self.score(version, alias, event, features));
        let prediction = match scored {
            Ok(score) => Predictions::CandidateScored(score),
            Err(reason) => Predictions::ScoringRefused(ScoreRefused {
                candidate: features.candidate,
                alias,
                reason,
            }),
        };
        let alias = if alias == Alias::Champion { "champion" } else { "challenger" };
        Event::new(event.day, &event.ticker, &[&features.candidate.to_string(), alias], prediction)
            .about_candidate(features.candidate)
    }
}

impl Machine for Scorer {
    fn evolve(&mut self, event: &Event) {
        let Body::Models(models) = &event.body else { return };
        self.state.trainings.apply(event);
        match models {
            Models::ModelTrained(model) if model.passed => {
                // The first usable bytes of a version are kept.
                let known = self.state.models.get(&model.version);
                if known.is_none_or(|known| known.problem.is_some()) {
                    self.state.models.insert(model.version, StoredModel::of(model));
                }
            }
            Models::DayClosed(marker) => {
                self.state.challenger = marker.challenger.clone();
                let usable = |named: &ModelRef| self.usable(named);
                let now = self.state.champion.as_ref();
                // The model that stays may be a rollback's: this marker then ends no rollback.
                if marker.champion.as_ref().is_none_or(usable) || !now.is_some_and(usable) {
                    self.state.champion = marker.champion.clone();
                    self.state.named_at = event.control_offset.unwrap_or(-1);
                }
            }
            _ => {}
        }
    }

    fn prepare(&mut self, events: &[&Event], context: &Context<'_>) {
        let champion = self.champion(context.controls).ok();
        let challenger = self.state.challenger.as_ref().map(|model| model.version);
        let rows = batch::scorable(events);
        let mut cache = ScoreCache::default();
        for version in champion.into_iter().chain(challenger) {
            // Failures are repeated one by one in `decide`, which gives the reason.
            if let Ok((model, _)) = self.model(version) {
                cache.score(version, &rows, |rows| self.loader.score(&model, rows));
            }
        }
        self.cache = cache;
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::Event(event) = cause else { return Decision::default() };
        let Body::Features(Features::FeaturesExtracted(features)) = &event.body else {
            return Decision::default();
        };
        let champion = self.champion(context.controls);
        let mut predictions = vec![self.predict(event, features, champion, Alias::Champion)];
        if let Some(challenger) = &self.state.challenger {
            predictions.push(self.predict(
                event,
                features,
                Ok(challenger.version),
                Alias::Challenger,
            ));
        }
        predictions.into()
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
        self.cache = ScoreCache::default();
        Ok(())
    }
}
