//! Opening a run, or resuming one that was opened before: topics, history, the first model.

use crate::model_acceptance::EngineAcceptance;
use crate::resume_run::{controls_on, resume};
use crate::run_request::{GivenModel, RunRequest};
use crate::topic_settings::TopicFaults;
use anyhow::{Result, bail};
use consumers::retrainer::{HistoryModels, given_model, train_from_history};
use eventlog::{Log, TopicMismatch};
use producers::history::{HistoryPlan, HistoryReport, draw};
use producers::source::Market;
use schemas::events::{Controls, Models, RunOpened, Samples};
use schemas::{Body, Day, Event};
use shell::{holes, open};
use telemetry::Steps;

/// How a run started.
pub struct RunStart {
    /// Its first event on `controls`.
    pub opened: RunOpened,
    /// The report on the history drawn, if this start drew any.
    pub history: Option<HistoryReport>,
    /// The outcome of the first training, in sentences.
    pub first_model: Vec<String>,
}

/// Opens the run on `log`, or resumes the run opened there; changed settings are published first.
pub fn open_or_resume(
    log: &dyn Log,
    partitions: u32,
    market: &mut dyn Market,
    request: &RunRequest,
    steps: &Steps,
) -> Result<RunStart> {
    let controls = controls_on(log)?;
    // Asked first, because a start that is refused creates no topics.
    let asked = match &controls.opened {
        None => request.asked(market)?,
        Some(opened) => opened.clone(),
    };
    let recorded = controls.opened.as_ref().and_then(open::partitions_of);
    let partitions = recorded.unwrap_or(partitions);
    let faults = TopicFaults::of(log, partitions)?;
    faults.refuse_removing()?;
    if recorded.is_some() {
        faults.added_partitions.iter().for_each(|added| telemetry::say!("{added}"));
    }
    let known = |mismatch: &TopicMismatch| recorded.is_some() && mismatch.setting == "partitions";
    for mismatch in open::ensure_topics(log, partitions)?.iter().filter(|one| !known(one)) {
        telemetry::say!("{mismatch}");
    }
    warn_of_loss(log, partitions, controls.opened.as_ref());
    let mut start = RunStart { opened: asked, history: None, first_model: Vec::new() };
    if controls.opened.is_some() {
        resume(log, &controls, &start.opened, market, request)?;
        return Ok(start);
    }
    start.opened.partitions = i64::from(partitions);
    let models = first_model(log, partitions, market, request, &mut start, steps)?;
    if let Some(champion) = &models.champion {
        start.opened.model_sha256.clone_from(&champion.sha256);
    }
    let day = start.opened.previous_day;
    let confirmed = request.confirmed.iter().map(|word| {
        let about = ["confirmed", &word.ticker, &word.move_day.to_string()];
        Event::new(day, "", &about, Controls::MoveConfirmed(word.clone()))
    });
    let more = models.events.into_iter().chain(confirmed).collect();
    open::open(log, partitions, &start.opened, more, models.champion)?;
    Ok(start)
}

/// Says what is gone, as far as that is found in a moment. Roles and source that need it refuse to go on.
fn warn_of_loss(log: &dyn Log, partitions: u32, opened: Option<&RunOpened>) {
    let previous = opened.map_or(Day::default(), |opened| opened.previous_day);
    let holes = holes::in_a_moment(log, partitions, previous).holes;
    holes.iter().for_each(|hole| telemetry::say!("{hole}"));
    if !holes.is_empty() {
        telemetry::say!("{}", holes::REMEDY);
    }
}

/// Refuses history from the scanned days: the run's own scans become rows, so such a row would
/// count twice in every training and in the gate.
fn history_only(samples: &[Event], scan_from: Day) -> Result<()> {
    let own = samples.iter().filter_map(|event| match &event.body {
        Body::Samples(Samples::SampleDrawn(row)) if row.as_of >= scan_from => Some(row.as_of),
        _ => None,
    });
    let own: Vec<Day> = own.collect();
    let Some(last) = own.iter().max() else { return Ok(()) };
    bail!(
        "{} of {} rows on samples are of days from {scan_from} on, the last of {last}: the run would scan those days itself and count them twice; scan from a later day than {last}, or start another run with --run ID after `butterquant history generate --run ID --before {scan_from}`",
        own.len(),
        samples.len()
    );
}

/// Draws the requested rows, publishes them on `samples` and trains the first model on all rows
/// there; without rows there is no model.
fn first_model(
    log: &dyn Log,
    partitions: u32,
    market: &mut dyn Market,
    request: &RunRequest,
    start: &mut RunStart,
    steps: &Steps,
) -> Result<HistoryModels> {
    let day = start.opened.previous_day;
    history_only(&open::publish_samples(log, partitions, &[])?.events, request.scan_from)?;
    if let Some(GivenModel { trained, run }) = &request.given {
        let given = given_model(day, trained, run);
        start.first_model.extend(verdicts(&given.events));
        return Ok(given);
    }
    let plan = HistoryPlan {
        seed: request.settings.seed as u64,
        pricing: request.settings.pricing,
        ..HistoryPlan::new(request.scan_from, day).of_rows(request.history)
    };
    let mut drawn = Vec::new();
    if request.history > 0 {
        let bar = steps.bar("history", request.history as u64);
        let progress = &mut |done, of| bar.at(done as u64, of as u64);
        match draw(market, &plan, &request.keeper, progress) {
            Ok(history) => {
                bar.done(&format!("{} rows", history.samples.len()));
                start.history = Some(history.report);
                drawn = history.samples;
            }
            Err(error) => {
                bar.done("none");
                start.first_model.push(format!("no history: {error}"));
            }
        }
    }
    let put = open::publish_samples(log, partitions, &drawn)?;
    if put.events.is_empty() {
        return Ok(HistoryModels::default());
    }
    let bar = steps.bar("training", request.settings.training_epochs.max(1) as u64);
    let models = train_from_history(
        day,
        request.scan_from,
        &put.events,
        put.ends,
        &request.settings,
        &EngineAcceptance::new(request.engine.clone()),
        &mut |done, of| bar.at(done.into(), of.into()),
    );
    bar.done(if models.champion.is_some() { "passed the gate" } else { "not promoted" });
    let said = verdicts(&models.events);
    said.iter().for_each(|one| tracing::info!("first model: {one}"));
    start.first_model.extend(said);
    Ok(models)
}

/// The verdicts among `events`, one sentence each.
pub fn verdicts(events: &[Event]) -> Vec<String> {
    let mut sentences = Vec::new();
    for event in events {
        match &event.body {
            Body::Models(Models::ModelTrained(model)) => {
                sentences
                    .extend(model.verdict.iter().map(|line| format!("v{}: {line}", model.version)));
            }
            Body::Models(Models::ModelRefused(refused)) => {
                sentences.push(format!(
                    "v{} refused: {}",
                    refused.version,
                    refused.reasons.join("; ")
                ));
            }
            Body::Models(Models::ModelPromoted(promoted)) => {
                sentences.push(format!("v{} promoted: {}", promoted.version, promoted.reason));
            }
            _ => {}
        }
    }
    sentences
}
