//! The retrainer: joins features with outcomes into rows, decides when a training starts, and
//! watches a challenger before it becomes champion.
//!
//! Invariants:
//! 1. A model in force from a day is trained only on rows evaluated before that day.
//! 2. One training at a time: while a challenger is watched none starts, the count goes on.
//! 3. What a training made is read from the log; it is never trained again.
//! 4. `samples` are rows, never new outcomes.
//! 5. A candidate waits for its outcome no longer than the longest butterfly of its day can last:
//!    a word that came too late, or never, keeps no scan day open for ever.

mod accuracy;
mod operator;
mod rows;
mod standing;
#[cfg(test)]
mod tests;
mod train;
mod trial;
mod triggers;

pub use accuracy::LEAST as LEAST_ACCURACY;
use rows::{features_of, sound};
use schemas::contract::FEATURES;
pub use standing::{Standing, TriggerStanding, WatchStanding};
pub use train::{HistoryModels, Judged, TrainRequest, train_and_judge, train_from_history};
pub use trial::{Trial, Tried, Untried};

use quant::Term;
use schemas::events::{
    Alias, Bars, DayClosed, Features, ModelPromoted, ModelRef, ModelRefused, ModelTrained, Models,
    Outcomes, Predictions, RetrainTriggered,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use success::LabelledRow;
use triggers::{Due, Triggers};

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
    waiting: BTreeMap<EventId, (Day, [f64; FEATURES], Option<f64>)>,
    rows: Vec<LabelledRow>,
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
    promotion_answered: i64,
    triggers: Triggers,
}

impl State {
    /// Scan days with a candidate that has no outcome yet.
    fn open_days(&self) -> BTreeSet<i32> {
        self.waiting.values().map(|(day, ..)| day.0).collect()
    }
}

/// The retrainer's decisions, and where the models it trains are tried.
pub struct Retrainer(State, Arc<dyn Trial>);

impl Default for Retrainer {
    fn default() -> Retrainer {
        Retrainer::trying(Arc::new(Untried))
    }
}

impl Retrainer {
    /// What it trains is tried by `trial`.
    pub fn trying(trial: Arc<dyn Trial>) -> Retrainer {
        let state = State {
            training_answered: -1,
            rollback_answered: -1,
            promotion_answered: -1,
            ..State::default()
        };
        Retrainer(state, trial)
    }

    /// Begins the training that answers every rule that is due.
    fn start(&self, day: Day, due: Vec<Due>, context: &Context<'_>) -> Decision {
        let version = self.0.last_version + 1;
        let trigger = |(rule, evidence): Due| {
            let triggered = RetrainTriggered {
                version,
                rule: rule.to_owned(),
                evidence,
                outcomes: self.0.rows.len() as i64,
                samples_end: context.samples_end.to_vec(),
            };
            let about = [&version.to_string(), rule];
            Event::new(day, "", &about, Models::RetrainTriggered(triggered))
        };
        let events = due.into_iter().map(trigger).collect();
        let request = TrainRequest {
            version,
            day,
            known_by: day,
            rows: self.0.rows.clone(),
            open: self.0.open_days(),
            champion: self
                .0
                .champion
                .as_ref()
                .and_then(|model| self.0.models.get(&model.version).cloned()),
            judged: self.0.judged.clone(),
            settings: context.controls.settings.clone(),
        };
        let (samples_end, trial) = (context.samples_end.to_vec(), Arc::clone(&self.1));
        let effect = move |world: &dyn schemas::role::World| {
            let samples = world.samples(&samples_end)?;
            Ok(train_and_judge(request, &samples, &*trial, &mut |_, _| {}))
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
            return Some(format!("as a shadow it refused a candidate: {problem}; {SHADOW_REMEDY}"));
        }
        (watched.scored_today != self.0.features_today).then(|| {
            format!(
                "as a shadow it scored {} of {} candidates; {SHADOW_REMEDY}",
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
                state.triggers.begun(triggered);
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
                        state.triggers.accuracy.promoted();
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
                let came = Some((outcome.class, outcome.evaluation_day));
                self.0.triggers.accuracy.came(outcome.candidate, came);
                let Some((scan_day, features, score)) = self.0.waiting.remove(&outcome.candidate)
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
                self.0.rows.extend(sound(&row).then_some(row));
            }
            Outcomes::OutcomeMissing(missing) => {
                self.0.triggers.accuracy.came(missing.candidate, None);
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
            Body::Bars(Bars::DayClosed(marker)) => {
                self.0.triggers.bars_closed(event.day, marker, self.0.new_outcomes);
            }
            Body::Features(Features::FeaturesExtracted(features)) => {
                self.0.features_today += 1;
                if let Some(values) = features_of(features.contract_version, &features.values) {
                    let waiting = (event.day, values, features.score);
                    self.0.waiting.insert(features.candidate, waiting);
                }
            }
            Body::Predictions(Predictions::CandidateScored(score)) => match score.alias {
                Alias::Champion => {
                    self.0.triggers.accuracy.said(score.candidate, event.day, score.class);
                }
                Alias::Challenger => {
                    if let Some(watched) = &mut self.0.watched {
                        watched.scored_today += 1;
                    }
                }
            },
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
                operator::answered(self, event);
                if let Models::RetrainTriggered(triggered) = said
                    && triggered.rule == "manual"
                {
                    self.0.training_answered = event.control_offset.unwrap_or(-1);
                }
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let (mut said, named) = operator::answers(self, day, context);
        if named {
            return said.into();
        }
        if let Some(watched) = &self.0.watched {
            said.extend(self.watch(day, watched, context));
            return said.into();
        }
        let due = triggers::due(self, context.controls);
        // A day that answers an operator trains nothing: what is due is still there tomorrow.
        if due.is_empty() || !said.is_empty() {
            return said.into();
        }
        self.start(day, due, context)
    }

    fn note(&self, marker: &mut DayClosed) {
        marker.champion = self.0.champion.clone();
        marker.challenger = self.0.watched.as_ref().map(|watched| watched.model.clone());
    }

    fn close_day(&mut self, day: Day) {
        let longest = |scanned: Day| Term::of(scanned, f64::INFINITY).evaluation_day;
        self.0.waiting.retain(|_, (scanned, ..)| longest(*scanned) >= day);
        // A challenger named today is in force from tomorrow: today it scored nothing.
        if let Some(watched) = &mut self.0.watched {
            watched.days += i64::from(watched.scored_today > 0);
            watched.scored_today = 0;
        }
        self.0.features_today = 0;
        self.0.triggers.accuracy.close_day();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&self.0)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.0 = restore_state(Role::Retrainer, saved)?;
        Ok(())
    }
}

/// What settles that a shadow fell.
const SHADOW_REMEDY: &str =
    "mend what kept it from scoring; the next training makes another challenger";
