//! A training, from rows to the events that record its result: rows are split by time, the model is
//! trained on at most 10,000 rows evaluated before the held-out days and judged on these by the gate. Held out are
//! matured scan days: every candidate of them has its outcome, or a record that it has none.

use super::kept_trainings::TrainingKeeper;
use super::model_acceptance::{AcceptanceReport, AcceptanceTest};
use super::rows::{Judgement, REMEDY, row_of, split};
use super::verdict::{sentences, verdict_json};
use schemas::contract::{CONTRACT, FEATURES};
use schemas::events::{
    Alias, ModelPromoted, ModelRefused, ModelTrained, Models, Samples, Settings,
};
use schemas::{Body, Day, Event};
use statistics::p_text;
use std::collections::BTreeSet;
use std::mem::take;
use success::{
    Assessment, Engine, GateSettings, HeldOut, LEVEL, LabelledRow, MOST_ROWS, Manifest,
    TrainSettings, Trained, Verdict, draw_evenly, gate, longest_holding, rows_sha256,
};

/// Everything a training depends on besides `samples`.
#[derive(Clone, Debug)]
pub struct TrainRequest {
    /// The version to train.
    pub version: i64,
    /// The trading day of its events.
    pub day: Day,
    /// Rows evaluated after this day are left out.
    pub known_by: Day,
    /// Matured candidates.
    pub rows: Vec<LabelledRow>,
    /// Scan days with candidates that have no outcome yet, in the unit of `LabelledRow::scan_day`.
    pub open: BTreeSet<i32>,
    /// The champion's bytes.
    pub champion: Option<Vec<u8>>,
    /// The judgements of earlier challengers.
    pub judged: Vec<Judgement>,
    /// Settings in force.
    pub settings: Settings,
    /// Where trainings are kept; changes no result.
    pub keeper: TrainingKeeper,
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

struct TrainingResult {
    trained: Trained,
    verdict: Verdict,
    judgement: Judgement,
    assessment: Option<Assessment>,
    new_rows_after: usize,
}

fn attempt(
    request: &TrainRequest,
    rows: Vec<LabelledRow>,
    open: &BTreeSet<i32>,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<TrainingResult, String> {
    let settings = &request.settings;
    let split = split(&rows, open)?;
    drop(rows);
    if (split.train.len() as i64) < settings.min_training_rows {
        return Err(format!(
            "{} rows are from days that ended before the held-out days begin on {}; {} are needed: \
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
    let drawn = draw_evenly(split.train, MOST_ROWS, how.seed);
    let (trained, assessment) = request
        .keeper
        .train(request.day, &drawn, &split.held_out, &how, progress)
        .map_err(|error| error.to_string())?;
    let challenger = predictions(&trained.onnx, &split.held_out)?;
    let champion =
        request.champion.as_deref().map(|onnx| predictions(onnx, &split.held_out)).transpose()?;
    let judgement = Judgement {
        model: trained.sha256.clone(),
        days: split.days,
        rows: rows_sha256(&split.held_out, &CONTRACT),
    };
    let how = GateSettings {
        block: longest_holding(&split.held_out),
        judged_before: judgement.others(&request.judged, split.days.first),
        class_prior: trained.manifest.class_prior,
        seed: settings.seed as u64,
        ..GateSettings::default()
    };
    let mut verdict = gate(&challenger, champion.as_deref(), &how);
    if champion.is_none() {
        verdict.reasons.extend(unproven_where_chosen(&trained.manifest));
    }
    let new_rows_after = split.new_rows_after;
    Ok(TrainingResult { trained, verdict, judgement, assessment, new_rows_after })
}

/// Why the days that chose a first model do not show that it is better than the class prior. The held-out days
/// are few, and the only other evidence there is.
fn unproven_where_chosen(model: &Manifest) -> Option<String> {
    let assessment = model.metrics.assessment.as_ref()?;
    let gain = assessment.class_prior.behind_model;
    let p = gain.p_value.filter(|p| *p >= LEVEL)?;
    let (days, value) = (assessment.days, gain.value);
    Some(format!(
        "nothing learnt for sure: on the {days} days that chose it, which no candidate was fitted on, its log loss is \
         lower than that of the class prior by {value:.4}, which chance alone may give ({}, not below {LEVEL}); the \
         next training has more rows",
        p_text(p)
    ))
}

/// Trains on the request's rows and the `samples` evaluated by its day. The events record the
/// result: trained and, past the gate, promoted to challenger; or refused with the reasons.
pub fn train_and_judge(
    mut request: TrainRequest,
    samples: &[Event],
    acceptance: &dyn AcceptanceTest,
    progress: &mut dyn FnMut(u32, u32),
) -> Vec<Event> {
    let (mut rows, mut open) = (take(&mut request.rows), take(&mut request.open));
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
        Ok(TrainingResult { trained, mut verdict, judgement, assessment, new_rows_after }) => {
            let AcceptanceReport { summary, problems } = acceptance.run(&trained.onnx);
            verdict.reasons.extend(problems);
            verdict.promote = verdict.reasons.is_empty();
            let manifest = serde_json::json!({
                "model": trained.manifest,
                "held_out": judgement.days,
                "held_out_sha256": judgement.rows,
                "held_out_metrics": assessment,
                "gate": verdict_json(&verdict),
                "new_rows_after": new_rows_after,
                "trial": summary,
                "parents": {
                    "champion": request.champion.as_deref().map(schemas::id::sha256_hex),
                },
                "code_version": env!("TRAINING_CODE"),
            });
            let model = ModelTrained {
                version,
                sha256: trained.sha256.clone(),
                onnx: trained.onnx,
                manifest: manifest.to_string(),
                verdict: sentences(&trained.manifest, &verdict, assessment.as_ref()),
                passed: verdict.promote,
            };
            let mut events = vec![Event::new(day, "", &[&about], Models::ModelTrained(model))];
            events.push(if verdict.promote {
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
            events
        }
    }
}
