//! Shared by the `dlq` verbs: the state of a dead letter, the name of its topic, and settling.

use crate::exit::Found;
use crate::operator::operator_name;
use crate::printer;
use anyhow::Result;
use run::config::Config;
use run::data_dir;
use schemas::Topic;
use schemas::events::{Fate, LetterSettled};
use serde::Serialize;
use shell::redrive::{Instruction, Selection, settle};
use std::collections::BTreeSet;

/// The state of a dead letter.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeadLetterState {
    /// Neither redriven nor dropped.
    Open,
    /// Put back on its topic.
    Redriven,
    /// Dropped.
    Dropped,
}

#[derive(Serialize)]
struct Done {
    run: String,
    fate: Fate,
    letters: BTreeSet<u64>,
    /// Left open: too large to be kept whole, they cannot be put back.
    too_large: BTreeSet<u64>,
}

/// Settles the dead letters and prints how many.
pub(crate) fn settled(
    config: &Config,
    which: &Selection,
    fate: Fate,
    why: String,
    by: Option<&String>,
) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let by = operator_name(by);
    let done = settle(&*opened.log, which, &Instruction { fate, why, by })?;
    let done = Done { run: run.id, fate, letters: done.settled, too_large: done.too_large };
    printer::show(config.output()?, &done, |done| {
        let (letters, what) = (counted(done.letters.len()), state_name(state(Some(fate))));
        printer::line(format!("{letters} {what} in run {}", done.run));
        if !done.too_large.is_empty() {
            let left = counted(done.too_large.len());
            printer::line(format!(
                "{left} left open: too large to be kept whole; drop them with `{}`",
                config.command_line("dlq drop", &done.run)
            ));
        }
    })?;
    Ok(Found::Nothing)
}

fn counted(letters: usize) -> String {
    if letters == 1 { "1 dead letter".to_owned() } else { format!("{letters} dead letters") }
}

fn state(fate: Option<Fate>) -> DeadLetterState {
    match fate {
        None => DeadLetterState::Open,
        Some(Fate::Redriven) => DeadLetterState::Redriven,
        Some(Fate::Dropped) => DeadLetterState::Dropped,
    }
}

/// The state of a dead letter.
pub(crate) fn state_of(settled: Option<&LetterSettled>) -> DeadLetterState {
    state(settled.map(|settled| settled.fate))
}

/// The name of a state.
pub(crate) fn state_name(state: DeadLetterState) -> &'static str {
    match state {
        DeadLetterState::Open => "open",
        DeadLetterState::Redriven => "redriven",
        DeadLetterState::Dropped => "dropped",
    }
}

/// The short name of a dead letter's topic.
pub(crate) fn dataset(topic: &str) -> &str {
    match topic.parse::<Topic>() {
        Ok(known) => known.dataset(),
        Err(_) => topic,
    }
}
