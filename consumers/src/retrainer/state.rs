//! What the retrainer remembers, and how recorded models and outcomes change it.

use super::matured_rows::MaturedRows;
use super::rows::{Judgement, sound};
use super::scan_days::{days_to_new_rows, embargo_of, held_out, matured};
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

/// What the last training was given, as far as that tells whether another would have other rows.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct LastTraining {
    /// The run's own scan days that had matured.
    pub(super) matured: i64,
    /// How many more must mature before there are other rows; none where that is not known.
    pub(super) new_rows_after: Option<i64>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct RetrainerState {
    /// Candidates without an outcome, with their scan day, features and score.
    pub(super) waiting: BTreeMap<EventId, (Day, [f64; 23], Option<f64>)>,
    pub(super) rows: MaturedRows,
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
    pub(super) last_training: LastTraining,
    /// Requests that were told to wait for rows: a rule, or the evidence of an operator's request.
    pub(super) told_to_wait: BTreeSet<String>,
    /// The judgements so far, each once.
    pub(super) judged: Vec<Judgement>,
}

impl RetrainerState {
    /// Scan days with a candidate that has no outcome yet.
    pub(super) fn open_days(&self) -> BTreeSet<i32> {
        self.waiting.values().map(|(day, ..)| day.0).collect()
    }

    /// The run's own scan days that have matured.
    pub(super) fn matured_days(&self) -> i64 {
        matured(&self.rows.scan_days(), &self.open_days()).count() as i64
    }

    /// After a day: lets go of the rows that no training can be given.
    pub(super) fn let_go(&mut self) {
        let days = self.rows.scan_days();
        if let Ok(held_out) = held_out(&days, &self.open_days()) {
            self.rows.let_go(embargo_of(&days, held_out.first));
        }
    }

    fn training_begins(&mut self) {
        let (days, open) = (self.rows.scan_days(), self.open_days());
        // Without sixty days of its own the split depends on `samples`, of which the result tells.
        let own = held_out(&days, &open).ok();
        self.last_training = LastTraining {
            matured: self.matured_days(),
            new_rows_after: own.map(|own| days_to_new_rows(&days, &open, own.first) as i64),
        };
        self.new_outcomes = 0;
        self.told_to_wait.clear();
    }

    pub(super) fn take_model(&mut self, model: &Models) {
        match model {
            Models::RetrainTriggered(triggered) => {
                self.last_version = self.last_version.max(triggered.version);
                self.training_begins();
                self.triggers.training_begins(triggered);
            }
            Models::TrainingDeferred(deferred) => {
                self.told_to_wait.insert(request(&deferred.rule, &deferred.evidence).to_owned());
            }
            Models::ModelTrained(trained @ ModelTrained { version, onnx, passed, .. }) => {
                // The first model of a run may be one that another run trained, which nothing here triggered.
                self.last_version = self.last_version.max(*version);
                let told = new_rows_after(&trained.manifest);
                self.last_training.new_rows_after = told.or(self.last_training.new_rows_after);
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
                if sound(&row) {
                    self.rows.push(row);
                }
            }
            Outcomes::OutcomeMissing(missing) => {
                self.triggers.accuracy.matured(missing.candidate, None);
                self.waiting.remove(&missing.candidate);
            }
            Outcomes::DayClosed(_) | Outcomes::Unknown => {}
        }
    }
}

/// What a training was asked for by: the rule, or an operator's request, of which each is answered.
pub(super) fn request<'a>(rule: &'a str, evidence: &'a str) -> &'a str {
    if rule == "manual" { evidence } else { rule }
}

/// How many more scan days must mature before a training has other rows, by the manifest of the last.
fn new_rows_after(manifest: &str) -> Option<i64> {
    let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
    manifest.get("new_rows_after")?.as_i64()
}
