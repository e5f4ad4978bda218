//! How far each rule is from starting a training. The retrainer's state is rebuilt from the log, because the retrainer
//! may run in another process on another machine.

use anyhow::{Context, Result};
use consumers::retrainer::{Retrainer, RetrainerStatus};
use consumers::scorer::Trainings;
use eventlog::Log;
use run::data_dir;
use run::projections::read_all;
use schemas::events::Models;
use schemas::role::{Machine, Role};
use schemas::{Body, Event, Topic};
use serde::Serialize;
use shell::checkpoint::MemoryCheckpoints;
use shell::controls::ControlBook;
use shell::instance::{Env, Policy};
use shell::replay::state_of;
use std::sync::Arc;

/// How many trainings are shown.
const LAST: usize = 10;

/// How far each rule is from starting a training.
#[derive(Clone, Debug, Serialize)]
pub struct RetrainingStatus {
    /// The run.
    pub run: String,
    /// The last day the retrainer closed.
    pub through: String,
    /// Each rule, and what is needed.
    #[serde(flatten)]
    pub rules: RetrainerStatus,
    /// Why no model is in force, if so.
    pub no_model: Option<String>,
    /// The last trainings, latest first.
    pub last: Vec<FiredRule>,
}

/// A rule that started a training.
#[derive(Clone, Debug, Serialize)]
pub struct FiredRule {
    /// The day.
    pub day: String,
    /// The version that was trained.
    pub version: i64,
    /// Its name.
    pub rule: String,
    /// The figures that fired it.
    pub evidence: String,
}

/// Of `run` on `log`, as far as its retrainer has closed days. Reads the log from its beginning.
///
/// # Errors
/// The log's, and the state cannot be rebuilt.
pub fn retraining(log: &Arc<dyn Log>, run: &str) -> Result<RetrainingStatus> {
    let partitions = data_dir::partitions(&**log)?;
    let env = Env {
        log: Arc::clone(log),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions,
        machines: Arc::new(|_| Some(Box::new(Retrainer::default()))),
        board: Arc::default(),
        policy: Policy::default(),
    };
    let (closed, state) = state_of(&env, Role::Retrainer)
        .with_context(|| format!("the state of the retrainer of run {run} cannot be rebuilt"))?;
    let mut retrainer = Retrainer::default();
    retrainer.restore(&state)?;
    let mut book = ControlBook::new(&**log)?;
    book.refresh(&**log)?;
    let models = read_all(&**log, Topic::Models, partitions)?;
    let rules = retrainer.status(closed, book.latest());
    let mut trainings = Trainings::default();
    models.iter().for_each(|event| trainings.apply(event));
    let why = || {
        let ended = trainings.why_no_model(&book.latest().settings);
        ended.unwrap_or_else(|| "no model is in force: no training has started yet".to_owned())
    };
    Ok(RetrainingStatus {
        run: run.to_owned(),
        through: closed.to_string(),
        no_model: rules.champion.is_none().then(why),
        rules,
        last: models.iter().rev().filter_map(fired).take(LAST).collect(),
    })
}

fn fired(event: &Event) -> Option<FiredRule> {
    let Body::Models(Models::RetrainTriggered(triggered)) = &event.body else { return None };
    Some(FiredRule {
        day: event.day.to_string(),
        version: triggered.version,
        rule: triggered.rule.clone(),
        evidence: triggered.evidence.clone(),
    })
}
