//! What the retrainer remembers, and how recorded models and outcomes change it.

use super::rows::{Judgement, sound};
use super::triggers::Triggers;
use schemas::events::{Alias, ModelRef, ModelTrained, Models, Outcomes};
use schemas::{Day, EventId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use success::LabelledRow;

/// A challenger that scores as a shadow before it may become champion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Watched {
    pub(super) model: ModelRef,
    pub(super) days: i64,
    pub(super) scored_today: i64,
    pub(super) problem: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct RetrainerState {
    /// Candidates without an outcome, with their scan day, features and score.
    pub(super) waiting: BTreeMap<EventId, (Day, [f64; 23], Option<f64>)>,
    pub(super) rows: Vec<LabelledRow>,
    /// Outcomes since the last training began.
    pub(super) new_outcomes: i64,
    pub(super) features_today: i64,
    pub(super) last_version: i64,
    /// ONNX bytes of every model that passed its gate.
    pub(super) models: BTreeMap<i64, Vec<u8>>,
    pub(super) champion: Option<ModelRef>,
    pub(super) watched: Option<Watched>,
    /// The last `controls` offsets answered.
    pub(super) training_answered: i64,
    pub(super) rollback_answered: i64,
    pub(super) promotion_answered: i64,
    pub(super) triggers: Triggers,
    /// The judgements so far, each once.
    pub(super) judged: Vec<Judgement>,
}

impl RetrainerState {
    /// Scan days with a candidate that has no outcome yet.
    pub(super) fn open_days(&self) -> BTreeSet<i32> {
        self.waiting.values().map(|(day, ..)| day.0).collect()
    }

    pub(super) fn take_model(&mut self, model: &Models) {
        match model {
            Models::RetrainTriggered(triggered) => {
                self.last_version = self.last_version.max(triggered.version);
                self.new_outcomes = 0;
                self.triggers.training_begins(triggered);
            }
            Models::ModelTrained(trained @ ModelTrained { version, onnx, passed, .. }) => {
                let new = Judgement::of(trained);
                self.judged.extend(new.filter(|new| !self.judged.iter().any(|old| old.is(new))));
                if *passed {
                    self.models.insert(*version, onnx.clone());
                }
            }
            Models::ModelRefused(refused) => {
                if self
                    .watched
                    .as_ref()
                    .is_some_and(|watched| watched.model.version == refused.version)
                {
                    self.watched = None;
                }
            }
            Models::ModelPromoted(promoted) => {
                let model = ModelRef { version: promoted.version, sha256: promoted.sha256.clone() };
                match promoted.alias {
                    Alias::Champion => {
                        self.triggers.accuracy.promoted();
                        self.watched = None;
                        self.champion = Some(model);
                    }
                    Alias::Challenger => {
                        self.watched =
                            Some(Watched { model, days: 0, scored_today: 0, problem: None });
                    }
                }
            }
            Models::DayClosed(_) | Models::Unknown => {}
        }
    }

    pub(super) fn take_outcome(&mut self, outcome: &Outcomes) {
        match outcome {
            Outcomes::CandidateMatured(outcome) => {
                self.new_outcomes += 1;
                let known = Some((outcome.class, outcome.evaluation_day));
                self.triggers.accuracy.matured(outcome.candidate, known);
                let Some((scan_day, features, score)) = self.waiting.remove(&outcome.candidate)
                else {
                    return;
                };
                let row = LabelledRow {
                    features,
                    class: u8::try_from(outcome.class).unwrap_or(u8::MAX),
                    roi: outcome.roi,
                    scan_day: scan_day.0,
                    evaluation_day: outcome.evaluation_day.0,
                    weight: 1.0,
                    score,
                };
                self.rows.extend(sound(&row).then_some(row));
            }
            Outcomes::OutcomeMissing(missing) => {
                self.triggers.accuracy.matured(missing.candidate, None);
                self.waiting.remove(&missing.candidate);
            }
            Outcomes::DayClosed(_) | Outcomes::Unknown => {}
        }
    }
}
