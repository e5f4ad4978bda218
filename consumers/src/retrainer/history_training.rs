//! The training before a run's first day, on drawn history.

use super::kept_trainings::TrainingKeeper;
use super::model_acceptance::AcceptanceTest;
use super::train::{TrainRequest, train_and_judge};
use schemas::events::{Alias, ModelRef, Models, RetrainTriggered, Settings};
use schemas::{Body, Day, Event};
use std::collections::BTreeSet;

/// The events and the champion that a run begins with.
#[derive(Clone, Debug, Default)]
pub struct HistoryModels {
    /// Published on `models` at the opening.
    pub events: Vec<Event>,
    /// The champion of the first day.
    pub champion: Option<ModelRef>,
}

/// Trains version 1 from history alone, at the run's opening on `day`. Nothing is scored before
/// `scan_from`, so rows evaluated before that day may be used. No challenger can be watched yet, so
/// a model that passes the gate becomes champion at once.
pub fn train_from_history(
    day: Day,
    scan_from: Day,
    samples: &[Event],
    samples_end: Vec<i64>,
    settings: &Settings,
    acceptance: &dyn AcceptanceTest,
    progress: &mut dyn FnMut(u32, u32),
) -> HistoryModels {
    let triggered = RetrainTriggered {
        version: 1,
        rule: "history".to_owned(),
        evidence: format!("{} rows of history before the first day", samples.len()),
        outcomes: 0,
        samples_end,
    };
    let request = TrainRequest {
        version: 1,
        day,
        known_by: scan_from + -1,
        rows: Vec::new(),
        open: BTreeSet::new(),
        champion: None,
        judged: Vec::new(),
        settings: settings.clone(),
        keeper: TrainingKeeper::default(),
    };
    let mut events = vec![Event::new(day, "", &["1"], Models::RetrainTriggered(triggered))];
    let mut champion = None;
    for mut event in train_and_judge(request, samples, acceptance, progress) {
        if let Body::Models(Models::ModelPromoted(promoted)) = &mut event.body {
            promoted.alias = Alias::Champion;
            promoted.reason = "passed the gate before the first day".to_owned();
            champion = Some(ModelRef { version: 1, sha256: promoted.sha256.clone() });
        }
        events.push(event);
    }
    for event in &mut events {
        event.control_offset = Some(0);
    }
    HistoryModels { events, champion }
}
