//! `retrain status`: shows how far each rule is from starting a training. The retrainer's state is rebuilt
//! from the log, because the retrainer may run in another process on another machine.

use crate::exit::Found;
use crate::printer::{self, line, show};
use anyhow::{Context, Result};
use consumers::retrainer::{Retrainer, RetrainerStatus, RowsAwaited};
use consumers::scorer::Trainings;
use report::tables::table;
use run::config::Config;
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

#[derive(Serialize)]
struct Status {
    run: String,
    /// The last day the retrainer closed.
    through: String,
    #[serde(flatten)]
    rules: RetrainerStatus,
    /// Why no model is in force, if so.
    no_model: Option<String>,
    /// The last trainings, latest first.
    last: Vec<Fired>,
}

/// A rule that started a training.
#[derive(Serialize)]
struct Fired {
    day: String,
    version: i64,
    rule: String,
    evidence: String,
}

/// Prints the status.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let env = Env {
        log: Arc::clone(&opened.log),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions,
        machines: Arc::new(|_| Some(Box::new(Retrainer::default()))),
        board: Arc::default(),
        policy: Policy::default(),
    };
    let steps = printer::steps(config)?;
    let (closed, state) =
        steps.during("reading", || state_of(&env, Role::Retrainer)).with_context(|| {
            format!("the state of the retrainer of run {} cannot be rebuilt", run.id)
        })?;
    let mut retrainer = Retrainer::default();
    retrainer.restore(&state)?;
    let mut book = ControlBook::new(&*opened.log)?;
    book.refresh(&*opened.log)?;
    let models = read_all(&*opened.log, Topic::Models, partitions)?;
    let rules = retrainer.status(closed, book.latest());
    let mut trainings = Trainings::default();
    models.iter().for_each(|event| trainings.apply(event));
    let why = || {
        let ended = trainings.why_no_model(&book.latest().settings);
        ended.unwrap_or_else(|| "no model is in force: no training has started yet".to_owned())
    };
    let status = Status {
        run: run.id,
        through: closed.to_string(),
        no_model: rules.champion.is_none().then(why),
        rules,
        last: models.iter().rev().filter_map(fired).take(LAST).collect(),
    };
    show(config.output()?, &status, |status| print(config, status))?;
    Ok(Found::Nothing)
}

fn fired(event: &Event) -> Option<Fired> {
    let Body::Models(Models::RetrainTriggered(triggered)) = &event.body else { return None };
    Some(Fired {
        day: event.day.to_string(),
        version: triggered.version,
        rule: triggered.rule.clone(),
        evidence: triggered.evidence.clone(),
    })
}

fn print(config: &Config, status: &Status) {
    let of = &status.rules;
    line(format!("Run {} at the close of {}", status.run, status.through));
    let rows = of
        .triggers
        .iter()
        .map(|one| vec![one.rule.to_owned(), one.state.to_owned(), one.summary.clone()]);
    line(table(&["rule", "state", "progress"], rows));
    if let Some(why) = &status.no_model {
        line(why);
    }
    if let Some(watched) = &of.watching {
        line(format!(
            "v{} is being watched as a challenger, {} of {} days so far; until then no training starts and rules that fire stay pending",
            watched.version, watched.days, watched.of
        ));
    }
    if let Some(RowsAwaited { reason, until }) = &of.awaited {
        let until =
            until.map_or_else(String::new, |day| format!("; they are there by the close of {day}"));
        line(format!("No training begins yet: {reason}{until}. Rules that fire are kept."));
        if of.rows + of.samples < of.rows_needed {
            line(format!(
                "`{}` draws rows from the past",
                config.command_line("history generate", &status.run)
            ));
        }
    }
    if status.last.is_empty() {
        return line("No training has started yet.");
    }
    line("\nThe last trainings");
    let rows = status.last.iter().map(|one| {
        vec![one.day.clone(), format!("v{}", one.version), one.rule.clone(), one.evidence.clone()]
    });
    line(table(&["day", "version", "rule", "evidence"], rows));
}
