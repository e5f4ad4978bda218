//! The retrainer: joins features with outcomes into rows, decides when a training starts, and
//! watches a challenger before it becomes champion.
//!
//! Invariants:
//! 1. A model in force from a day is trained only on rows evaluated before that day.
//! 2. One training at a time: while a challenger is watched none starts, the count goes on.
//! 3. What a training made is read from the log; it is never trained again.
//! 4. `samples` are rows, never new outcomes.

mod rows;
#[cfg(test)]
mod tests;
mod train;

use rows::{features_of, sound};
pub use train::{HistoryModels, Judged, TrainRequest, train_and_judge, train_from_history};

use schemas::events::{
    Alias, DayClosed, Features, ModelPromoted, ModelRef, ModelRefused, ModelTrained, Models,
    Outcomes, Predictions, RetrainTriggered,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use success::Row;

/// A challenger being watched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Watched {
    model: ModelRef,
    days: i64,
    scored_today: i64,
    problem: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    /// Candidates without an outcome: features by candidate.
    waiting: BTreeMap<EventId, (Day, [f64; 23])>,
    rows: Vec<Row>,
    /// Outcomes since the last training began.
    new_outcomes: i64,
    features_today: i64,
    last_version: i64,
    /// Bytes of every model that passed its gate.
    models: BTreeMap<i64, Vec<u8>>,
    champion: Option<ModelRef>,
    watched: Option<Watched>,
    judged: Vec<Judged>,
    /// `controls` offsets already answered.
    training_answered: i64,
    rollback_answered: i64,
}

/// The retrainer's decisions.
pub struct Retrainer(State);

impl Default for Retrainer {
    fn default() -> Retrainer {
        Retrainer(State { training_answered: -1, rollback_answered: -1, ..State::default() })
    }
}

impl Retrainer {
    /// The rule that fires and its evidence.
    fn trigger(&self, context: &Context<'_>) -> Option<(&'static str, String)> {
        let (state, controls) = (&self.0, context.controls);
        if let Some(offset) =
            controls.training_requested.filter(|offset| *offset > state.training_answered)
        {
            return Some(("manual", format!("asked for at controls offset {offset}")));
        }
        let over = controls.settings.retrain_outcomes;
        (state.new_outcomes > over)
            .then(|| ("count", format!("{} new outcomes, more than {over}", state.new_outcomes)))
    }

    fn start(&self, day: Day, rule: &str, evidence: String, context: &Context<'_>) -> Decision {
        let version = self.0.last_version + 1;
        let triggered = RetrainTriggered {
            version,
            rule: rule.to_owned(),
            evidence,
            outcomes: self.0.rows.len() as i64,
            samples_end: context.samples_end.to_vec(),
        };
        let about = version.to_string();
        let events = vec![Event::new(day, "", &[&about], Models::RetrainTriggered(triggered))];
        let request = TrainRequest {
            version,
            day,
            known_by: day,
            rows: self.0.rows.clone(),
            champion: self
                .0
                .champion
                .as_ref()
                .and_then(|model| self.0.models.get(&model.version).cloned()),
            judged: self.0.judged.clone(),
            settings: context.controls.settings.clone(),
        };
        let samples_end = context.samples_end.to_vec();
        let effect = move |world: &dyn schemas::role::World| {
            let samples = world.samples(&samples_end)?;
            Ok(train_and_judge(request, &samples, &mut |_, _| {}))
        };
        Decision { events, effect: Some(Box::new(effect)) }
    }

    /// What becomes of the challenger at the end of a day on which it was watched.
    fn watch(&self, day: Day, watched: &Watched, context: &Context<'_>) -> Vec<Event> {
        let version = watched.model.version;
        let about = version.to_string();
        if let Some(problem) = self.shadow_problem(watched) {
            let refused = ModelRefused { version, reasons: vec![problem] };
            return vec![Event::new(day, "", &[&about], Models::ModelRefused(refused))];
        }
        let days = watched.days + i64::from(watched.scored_today > 0);
        if days < context.controls.settings.shadow_days {
            return Vec::new();
        }
        let reason = format!("scored every candidate of {days} days");
        let promoted = promotion(&watched.model, Alias::Champion, reason);
        vec![Event::new(day, "", &[&about, "champion"], Models::ModelPromoted(promoted))]
    }

    fn shadow_problem(&self, watched: &Watched) -> Option<String> {
        if let Some(problem) = &watched.problem {
            return Some(format!("as a shadow it refused a candidate: {problem}"));
        }
        (watched.scored_today != self.0.features_today).then(|| {
            format!(
                "as a shadow it scored {} of {} candidates",
                watched.scored_today, self.0.features_today
            )
        })
    }

    fn take_model(&mut self, said: &Models) {
        let state = &mut self.0;
        match said {
            Models::RetrainTriggered(triggered) => {
                state.last_version = state.last_version.max(triggered.version);
                state.new_outcomes = 0;
            }
            Models::ModelTrained(ModelTrained { version, onnx, manifest, passed, .. }) => {
                state.judged.extend(Judged::of(manifest));
                if *passed {
                    state.models.insert(*version, onnx.clone());
                }
            }
            Models::ModelRefused(refused) => {
                if state
                    .watched
                    .as_ref()
                    .is_some_and(|watched| watched.model.version == refused.version)
                {
                    state.watched = None;
                }
            }
            Models::ModelPromoted(promoted) => {
                let model = ModelRef { version: promoted.version, sha256: promoted.sha256.clone() };
                match promoted.alias {
                    Alias::Champion => {
                        state.watched = None;
                        state.champion = Some(model);
                    }
                    Alias::Challenger => {
                        state.watched =
                            Some(Watched { model, days: 0, scored_today: 0, problem: None });
                    }
                }
            }
            Models::DayClosed(_) | Models::Unknown => {}
        }
    }

    fn take_outcome(&mut self, said: &Outcomes) {
        match said {
            Outcomes::CandidateMatured(outcome) => {
                self.0.new_outcomes += 1;
                let Some((scan_day, features)) = self.0.waiting.remove(&outcome.candidate) else {
                    return;
                };
                let row = Row {
                    features,
                    class: u8::try_from(outcome.class).unwrap_or(u8::MAX),
                    roi: outcome.roi,
                    scan_day: scan_day.0,
                    evaluation_day: outcome.evaluation_day.0,
                    weight: 1.0,
                };
                self.0.rows.extend(sound(&row).then_some(row));
            }
            Outcomes::OutcomeMissing(missing) => {
                self.0.waiting.remove(&missing.candidate);
            }
            Outcomes::DayClosed(_) | Outcomes::Unknown => {}
        }
    }
}

fn promotion(model: &ModelRef, alias: Alias, reason: String) -> ModelPromoted {
    ModelPromoted { version: model.version, sha256: model.sha256.clone(), alias, reason }
}

impl Machine for Retrainer {
    fn evolve(&mut self, event: &Event) {
        match &event.body {
            Body::Features(Features::FeaturesExtracted(features)) => {
                self.0.features_today += 1;
                if let Some(values) = features_of(features.contract_version, &features.values) {
                    self.0.waiting.insert(features.candidate, (event.day, values));
                }
            }
            Body::Predictions(Predictions::CandidateScored(score))
                if score.alias == Alias::Challenger =>
            {
                if let Some(watched) = &mut self.0.watched {
                    watched.scored_today += 1;
                }
            }
            Body::Predictions(Predictions::ScoringRefused(refused))
                if refused.alias == Alias::Challenger =>
            {
                if let Some(watched) = &mut self.0.watched {
                    watched.problem.get_or_insert_with(|| refused.reason.clone());
                }
            }
            Body::Outcomes(said) => self.take_outcome(said),
            Body::Models(said) => {
                self.take_model(said);
                let offset = event.control_offset.unwrap_or(-1);
                match said {
                    Models::RetrainTriggered(triggered) if triggered.rule == "manual" => {
                        self.0.training_answered = offset;
                    }
                    Models::ModelPromoted(promoted) if promoted.reason.starts_with(ROLLED_BACK) => {
                        self.0.rollback_answered = offset;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let mut said = Vec::new();
        let rollback = context
            .controls
            .rollback
            .as_ref()
            .filter(|back| back.offset > self.0.rollback_answered);
        if let Some((back, onnx)) =
            rollback.and_then(|back| Some((back, self.0.models.get(&back.version)?)))
        {
            let model = ModelRef { version: back.version, sha256: schemas::id::sha256_hex(onnx) };
            let reason = format!("{ROLLED_BACK} at controls offset {}", back.offset);
            let about = [back.version.to_string(), back.offset.to_string()];
            let promoted = promotion(&model, Alias::Champion, reason);
            said.push(Event::new(
                day,
                "",
                &[&about[0], "rollback", &about[1]],
                Models::ModelPromoted(promoted),
            ));
            return said.into();
        }
        if let Some(watched) = &self.0.watched {
            said.extend(self.watch(day, watched, context));
            return said.into();
        }
        match self.trigger(context) {
            Some((rule, evidence)) => self.start(day, rule, evidence, context),
            None => said.into(),
        }
    }

    fn note(&self, marker: &mut DayClosed) {
        marker.champion = self.0.champion.clone();
        marker.challenger = self.0.watched.as_ref().map(|watched| watched.model.clone());
    }

    fn close_day(&mut self, _: Day) {
        // A challenger named today is in force from tomorrow: today it scored nothing.
        if let Some(watched) = &mut self.0.watched {
            watched.days += i64::from(watched.scored_today > 0);
            watched.scored_today = 0;
        }
        self.0.features_today = 0;
    }

    fn save(&self) -> Vec<u8> {
        save_state(&self.0)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.0 = restore_state(Role::Retrainer, saved)?;
        Ok(())
    }
}

const ROLLED_BACK: &str = "rolled back";
