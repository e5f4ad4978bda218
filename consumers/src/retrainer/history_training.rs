//! The model that a run begins with: trained before its first day on drawn history, or given by another run.

use super::kept_trainings::TrainingKeeper;
use super::model_acceptance::AcceptanceTest;
use super::operator::promotion;
use super::train::{TrainRequest, train_and_judge};
use schemas::events::{Alias, ModelRef, ModelTrained, Models, RetrainTriggered, Settings};
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

/// The model `trained` by the run called `run`, in force from the first day of another one that opens on `day`. It keeps its version.
pub fn given_model(day: Day, trained: &ModelTrained, run: &str) -> HistoryModels {
    let version = trained.version;
    let champion = ModelRef { version, sha256: trained.sha256.clone() };
    let reason = format!("v{version} of run {run}, which this run was given");
    let promoted = promotion(&champion, Alias::Champion, reason);
    let about = version.to_string();
    let mut events = vec![
        Event::new(day, "", &[&about], Models::ModelTrained(trained.clone())),
        Event::new(day, "", &[&about, "given"], Models::ModelPromoted(promoted)),
    ];
    events.iter_mut().for_each(|event| event.control_offset = Some(0));
    HistoryModels { events, champion: Some(champion) }
}
