//! A training from rows to the events that say what came of it: split by time, trained on rows
//! evaluated before the held-out days, judged on these by the gate. Held out are matured scan
//! days: those of which every candidate has come to its outcome or to the word that it has none.

use super::rows::{REMEDY, row_of, split};
use super::trial::{Trial, Tried};
use schemas::contract::{CONTRACT, FEATURES};
use schemas::events::{
    Alias, ModelPromoted, ModelRef, ModelRefused, ModelTrained, Models, RetrainTriggered, Samples,
    Settings,
};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use success::{
    Assessment, Engine, Figures, GateSettings, HeldOut, LabelledRow, Manifest, TrainSettings,
    Trained, Verdict, gate, longest_holding, train_and_assess,
};

/// The scan days a challenger was judged on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// First held-out scan day.
    pub first: Day,
    /// Last held-out scan day.
    pub last: Day,
}

impl Judged {
    /// As recorded in a trained model's manifest.
    pub fn of(manifest: &str) -> Option<Judged> {
        let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
        serde_json::from_value(manifest.get("held_out")?.clone()).ok()
    }
}

/// All that a training depends on beside `samples`.
#[derive(Clone, Debug)]
pub struct TrainRequest {
    /// The version it makes.
    pub version: i64,
    /// The trading day of its events.
    pub day: Day,
    /// Rows evaluated after this day are not known to it.
    pub known_by: Day,
    /// Matured candidates.
    pub rows: Vec<LabelledRow>,
    /// Scan days with candidates that have no outcome yet, in days as `LabelledRow::scan_day`.
    pub open: BTreeSet<i32>,
    /// The champion's bytes.
    pub champion: Option<Vec<u8>>,
    /// Days on which challengers were judged before.
    pub judged: Vec<Judged>,
    /// In force.
    pub settings: Settings,
}

fn predictions(onnx: &[u8], rows: &[LabelledRow]) -> Result<Vec<HeldOut>, String> {
    let model = Engine::candle().load(onnx).map_err(|error| error.to_string())?;
    let features: Vec<[f64; FEATURES]> = rows.iter().map(|row| row.features).collect();
    let scores = model.score(&features).map_err(|error| error.to_string())?;
    Ok(rows
        .iter()
        .zip(scores)
        .map(|(row, score)| HeldOut {
            scan_day: row.scan_day,
            class: row.class,
            weight: row.weight,
            probabilities: score.probabilities,
        })
        .collect())
}

struct Outcome {
    trained: Trained,
    verdict: Verdict,
    days: Judged,
    assessment: Option<Assessment>,
}

fn attempt(
    request: &TrainRequest,
    rows: Vec<LabelledRow>,
    open: &BTreeSet<i32>,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Outcome, String> {
    let settings = &request.settings;
    let split = split(rows, open)?;
    if (split.train.len() as i64) < settings.min_training_rows {
        return Err(format!(
            "{} rows are of days that were over before the held-out days begin on {}; {} are needed: \
             {REMEDY}",
            split.train.len(),
            split.days.first,
            settings.min_training_rows
        ));
    }
    let how = TrainSettings {
        seed: settings.seed as u64,
        epochs: u32::try_from(settings.training_epochs).unwrap_or(1),
        minimum_rows: usize::try_from(settings.min_training_rows).unwrap_or_default(),
        ..TrainSettings::default()
    };
    let (trained, assessment) =
        train_and_assess(&split.train, &split.held_out, &CONTRACT, &how, progress)
            .map_err(|error| error.to_string())?;
    let challenger = predictions(&trained.onnx, &split.held_out)?;
    let champion =
        request.champion.as_deref().map(|onnx| predictions(onnx, &split.held_out)).transpose()?;
    let overlapping = request.judged.iter().filter(|judged| judged.last >= split.days.first);
    let how = GateSettings {
        block: longest_holding(&split.held_out),
        judged_before: overlapping.count() as u32,
        class_prior: trained.manifest.class_prior,
        seed: settings.seed as u64,
        ..GateSettings::default()
    };
    let verdict = gate(&challenger, champion.as_deref(), &how);
    Ok(Outcome { trained, verdict, days: split.days, assessment })
}

/// Trains on the request's rows and those `samples` that were evaluated by its day, and says what
/// came of it: trained and, past the gate, promoted to challenger; or refused with the reasons.
pub fn train_and_judge(
    request: TrainRequest,
    samples: &[Event],
    trial: &dyn Trial,
    progress: &mut dyn FnMut(u32, u32),
) -> Vec<Event> {
    let (mut rows, mut open) = (request.rows.clone(), request.open.clone());
    let (day, known_by, version) = (request.day, request.known_by, request.version);
    let drawn = samples.iter().filter_map(|event| match &event.body {
        Body::Samples(Samples::SampleDrawn(sample)) => row_of(sample),
        _ => None,
    });
    let (known, later): (Vec<LabelledRow>, Vec<LabelledRow>) =
        drawn.partition(|row| row.evaluation_day <= known_by.0);
    rows.extend(known);
    open.extend(later.iter().map(|row| row.scan_day));
    let about = version.to_string();
    let refused = |reasons: Vec<String>| {
        Event::new(day, "", &[&about], Models::ModelRefused(ModelRefused { version, reasons }))
    };
    match attempt(&request, rows, &open, progress) {
        Err(reason) => vec![refused(vec![reason])],
        Ok(Outcome { trained, mut verdict, days, assessment }) => {
            let Tried { said: tried, problems } = trial.tried(&trained.onnx);
            verdict.reasons.extend(problems);
            verdict.promote = verdict.reasons.is_empty();
            let manifest = serde_json::json!({
                "model": trained.manifest,
                "held_out": days,
                "held_out_metrics": assessment,
                "gate": verdict_json(&verdict),
                "trial": tried,
                "parents": {
                    "champion": request.champion.as_deref().map(schemas::id::sha256_hex),
                },
                "code_version": env!("TRAINING_CODE"),
            });
            let made = ModelTrained {
                version,
                sha256: trained.sha256.clone(),
                onnx: trained.onnx,
                manifest: manifest.to_string(),
                verdict: sentences(&trained.manifest, &verdict, assessment.as_ref()),
                passed: verdict.promote,
            };
            let mut said = vec![Event::new(day, "", &[&about], Models::ModelTrained(made))];
            said.push(if verdict.promote {
                let promoted = ModelPromoted {
                    version,
                    sha256: trained.sha256,
                    alias: Alias::Challenger,
                    reason: "passed the gate".to_owned(),
                };
                Event::new(day, "", &[&about, "challenger"], Models::ModelPromoted(promoted))
            } else {
                refused(verdict.reasons)
            });
            said
        }
    }
}

fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "days": verdict.days,
        "rows": verdict.rows,
        "log_loss": verdict.log_loss,
        "baseline_log_loss": verdict.baseline_log_loss,
        "baseline_is_prior": verdict.baseline_is_prior,
        "p_value": verdict.p_value,
        "adjusted_p_value": verdict.adjusted_p_value,
        "calibration_error": verdict.calibration_error,
        "calibration_limit": verdict.calibration_limit,
        "mean_probability": verdict.mean_probability,
        "frequency": verdict.frequency,
        "days_needed": verdict.days_needed,
    })
}

fn sentences(
    manifest: &Manifest,
    verdict: &Verdict,
    assessment: Option<&Assessment>,
) -> Vec<String> {
    let baseline = if verdict.baseline_is_prior { "the class prior" } else { "the champion" };
    let interval = assessment.and_then(|of| of.model.calibration_interval);
    let mut said = vec![
        format!(
            "mean daily log loss {:.4} against {:.4} of {baseline} on {} days, adjusted p {:.3}",
            verdict.log_loss, verdict.baseline_log_loss, verdict.days, verdict.adjusted_p_value
        ),
        format!(
            "calibration error {:.4}{}, at most {:.4} allowed",
            verdict.calibration_error,
            interval.map_or_else(String::new, |[low, high]| {
                format!(" (95 % interval by scan day {low:.4} to {high:.4})")
            }),
            verdict.calibration_limit
        ),
    ];
    said.push(manifest.choice());
    said.extend(assessment.map(beside));
    said.extend(verdict.reasons.iter().cloned());
    said
}

/// The held-out log losses of the model and of what it must beat.
fn beside(assessment: &Assessment) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), |end| format!("{end:+.4}"));
    let rival = |name: &str, figures: &Figures| {
        let behind = figures.behind_model;
        format!(
            "{name} {:.4} ({:+.4} against the model, {} to {})",
            figures.log_loss.value,
            behind.value,
            end(behind.low),
            end(behind.high)
        )
    };
    let score = assessment
        .technical_score
        .as_ref()
        .map_or("technical score unknown".to_owned(), |score| rival("technical score", score));
    format!(
        "held-out log loss {:.4} beside {}, {score}, {}, {} (95 % intervals by scan day)",
        assessment.model.log_loss.value,
        rival("class prior", &assessment.class_prior),
        rival("logistic regression", &assessment.logistic),
        rival("network", &assessment.network)
    )
}

/// The model a run begins with.
#[derive(Clone, Debug, Default)]
pub struct HistoryModels {
    /// What is said on `models` at the opening.
    pub events: Vec<Event>,
    /// The champion of the first day.
    pub champion: Option<ModelRef>,
}

/// Trains version 1 from history alone, at the run's opening on `day`. Nothing is scored before
/// `scan_from`, so rows evaluated before that day are known in time. No day can be watched yet,
/// so what passes the gate is the champion at once.
pub fn train_from_history(
    day: Day,
    scan_from: Day,
    samples: &[Event],
    samples_end: Vec<i64>,
    settings: &Settings,
    trial: &dyn Trial,
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
    };
    let mut events = vec![Event::new(day, "", &["1"], Models::RetrainTriggered(triggered))];
    let mut champion = None;
    for mut event in train_and_judge(request, samples, trial, progress) {
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
