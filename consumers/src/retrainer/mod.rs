//! The retrainer: joins features with outcomes into rows, decides when a training starts, and
//! watches a challenger before it becomes champion.
//!
//! Invariants:
//! 1. A model in force from a day is trained only on rows evaluated before that day.
//! 2. One training at a time: while a challenger is watched none starts, but counting continues.
//! 3. The result of a training is read from the log; it is never trained again.
//! 4. `samples` are rows, never new outcomes.
//! 5. No training begins whose rows would be too few, or those of the last one: whatever asked for it is
//!    answered with the day by which there are others, and waits.
//! 6. A candidate waits for its outcome no longer than the longest butterfly of its day can last:
//!    an outcome that is late or missing does not keep its scan day open for ever.

mod accuracy;
mod due;
mod history_training;
mod kept_trainings;
mod matured_rows;
mod model_acceptance;
mod new_rows;
mod operator;
mod rows;
mod scan_days;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod train;
mod triggers;
mod verdict;

pub use accuracy::MIN_ACCURACY;
pub use history_training::{HistoryModels, given_model, train_from_history};
pub use kept_trainings::{KeptTrainings, TrainingKeeper, TrainingKey};
pub use model_acceptance::{AcceptanceReport, AcceptanceTest, NoAcceptanceTest};
pub use new_rows::RowsAwaited;
pub use rows::Judgement;
pub use scan_days::{HeldOutDays, embargo, trainable_rows};
pub use status::{RetrainerStatus, TriggerStatus, WatchStatus};
pub use train::{TrainRequest, train_and_judge};

use due::Due;
use quant::Term;
use rows::features_of;
use schemas::controls::ControlState;
use schemas::events::{
    Alias, Bars, DayClosed, Features, ModelRefused, Models, Predictions, RetrainTriggered,
    TrainingDeferred,
};
use schemas::role::{
    BadState, Cause, Context, Decision, EffectContext, Machine, Role, restore_state, save_state,
};
use schemas::{Body, Day, Event, TradingCalendar};
use state::{RetrainerState, Watched, request};
use std::sync::Arc;

/// The retrainer's machine, the acceptance test of its models, and where trainings are kept.
pub struct Retrainer(RetrainerState, Arc<dyn AcceptanceTest>, TrainingKeeper);

impl Default for Retrainer {
    fn default() -> Retrainer {
        Retrainer::with_acceptance_test(Arc::new(NoAcceptanceTest))
    }
}

impl Retrainer {
    /// A retrainer whose models take `acceptance`.
    pub fn with_acceptance_test(acceptance: Arc<dyn AcceptanceTest>) -> Retrainer {
        let state = RetrainerState {
            training_answered: -1,
            rollback_answered: -1,
            promotion_answered: -1,
            ..RetrainerState::default()
        };
        Retrainer(state, acceptance, TrainingKeeper::default())
    }

    /// The same, with trainings that are kept.
    pub fn with_kept(self, keeper: TrainingKeeper) -> Retrainer {
        Retrainer(self.0, self.1, keeper)
    }

    /// The status after `closed`, the last day closed, under `controls`.
    pub fn status(&self, closed: Day, controls: &ControlState) -> RetrainerStatus {
        RetrainerStatus::of(&self.0, closed, controls)
    }

    /// Answers every due rule: by a training, or by the day by which there are rows for one.
    fn answer(&self, day: Day, due: Vec<Due>, context: &Context<'_>) -> Decision {
        let drawn = self.0.triggers.drawn.max(context.samples_end.iter().sum());
        let settings = &context.controls.settings;
        let Some(RowsAwaited { reason, until }) = new_rows::awaited(&self.0, settings, drawn, day)
        else {
            return self.start(day, due, context);
        };
        let untold =
            |(rule, evidence): &Due| !self.0.told_to_wait.contains(request(rule, evidence));
        let deferred = |(rule, evidence): Due| {
            let about = [rule, "deferred", &day.to_string()];
            let deferred = TrainingDeferred {
                rule: rule.to_owned(),
                evidence,
                reason: reason.clone(),
                until,
                samples_end: context.samples_end.to_vec(),
            };
            Event::new(day, "", &about, Models::TrainingDeferred(deferred))
        };
        due.into_iter().filter(untold).map(deferred).collect::<Vec<_>>().into()
    }

    /// Begins the training that answers every due rule.
    fn start(&self, day: Day, due: Vec<Due>, context: &Context<'_>) -> Decision {
        let version = self.0.last_version + 1;
        let trigger = |(rule, evidence): Due| {
            let triggered = RetrainTriggered {
                version,
                rule: rule.to_owned(),
                evidence,
                outcomes: self.0.rows.matured(),
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
            rows: self.0.rows.weighted(),
            open: self.0.open_days(),
            champion: self
                .0
                .champion
                .as_ref()
                .and_then(|model| self.0.models.get(&model.version).cloned()),
            judged: self.0.judged.clone(),
            settings: context.controls.settings.clone(),
            keeper: self.2.clone(),
        };
        let (samples_end, acceptance) = (context.samples_end.to_vec(), Arc::clone(&self.1));
        let effect = move |context: &dyn EffectContext| {
            let samples = context.samples(&samples_end)?;
            Ok(train_and_judge(request, &samples, &*acceptance, &mut |_, _| {}))
        };
        Decision { events, effect: Some(Box::new(effect)) }
    }

    /// The challenger's fate at the end of a day on which it was watched.
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
        let promoted = operator::promotion(&watched.model, Alias::Champion, reason);
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
                    self.0.triggers.accuracy.predicted(score.candidate, event.day, score.class);
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
            Body::Outcomes(outcome) => self.0.take_outcome(outcome),
            Body::Models(model) => {
                self.0.take_model(model);
                operator::answered(&mut self.0, event);
                if let Models::RetrainTriggered(triggered) = model
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
        let (mut events, named) = operator::answers(&self.0, day, context);
        if named {
            return events.into();
        }
        if let Some(watched) = &self.0.watched {
            events.extend(self.watch(day, watched, context));
            return events.into();
        }
        let due = due::due(&self.0, context.controls);
        // A day that answers an operator trains nothing; due rules are still due tomorrow.
        if due.is_empty() || !events.is_empty() {
            return events.into();
        }
        self.answer(day, due, context)
    }

    fn note(&self, marker: &mut DayClosed) {
        marker.champion = self.0.champion.clone();
        marker.challenger = self.0.watched.as_ref().map(|watched| watched.model.clone());
    }

    fn close_day(&mut self, day: Day) {
        // A holiday only brings an evaluation forward, so weekdays bound every calendar's.
        let longest = |scanned: Day| Term::longest(scanned, TradingCalendar::None);
        self.0.waiting.retain(|_, (scanned, ..)| longest(*scanned) >= day);
        // A challenger named today is in force from tomorrow; today it scored nothing.
        if let Some(watched) = &mut self.0.watched {
            watched.days += i64::from(watched.scored_today > 0);
            watched.scored_today = 0;
        }
        self.0.features_today = 0;
        self.0.triggers.accuracy.close_day();
        self.0.let_go();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&self.0)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.0 = restore_state(Role::Retrainer, saved)?;
        Ok(())
    }
}

/// The remedy for a refused challenger.
const SHADOW_REMEDY: &str =
    "fix what kept it from scoring; the next training produces another challenger";
