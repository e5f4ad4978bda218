//! What the `dlq` verbs share: the state of a dead letter, the name of its topic, and settling some.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use run::config::Config;
use run::data_dir;
use schemas::Topic;
use schemas::events::{Fate, LetterSettled};
use serde::Serialize;
use shell::redrive::{Instruction, Selection, settle};
use std::collections::BTreeSet;

/// What became of a letter.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LetterState {
    /// Nobody has dealt with it.
    Open,
    /// Put back.
    Redriven,
    /// Given up.
    Dropped,
}

#[derive(Serialize)]
struct Done {
    run: String,
    fate: Fate,
    letters: BTreeSet<u64>,
    /// Open and left alone: not kept whole, they cannot be put back.
    too_large: BTreeSet<u64>,
}

/// Settles the letters and prints how many.
pub(super) fn settled(
    config: &Config,
    which: &Selection,
    fate: Fate,
    why: String,
) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let by = std::env::var("USER").unwrap_or_else(|_| "operator".to_owned());
    let done = settle(&*opened.log, which, &Instruction { fate, why, by })?;
    let done = Done { run: run.id, fate, letters: done.settled, too_large: done.too_large };
    printer::show(config.output()?, &done, |done| {
        let (letters, what) = (counted(done.letters.len()), state_name(state(Some(fate))));
        printer::line(format!("{letters} {what} in run {}", done.run));
        if !done.too_large.is_empty() {
            let left = counted(done.too_large.len());
            printer::line(format!(
                "{left} left open: too large to be kept whole; `butterquant dlq drop` gives them up"
            ));
        }
    })?;
    Ok(Found::Nothing)
}

fn counted(letters: usize) -> String {
    if letters == 1 { "1 letter".to_owned() } else { format!("{letters} letters") }
}

fn state(fate: Option<Fate>) -> LetterState {
    match fate {
        None => LetterState::Open,
        Some(Fate::Redriven) => LetterState::Redriven,
        Some(Fate::Dropped) => LetterState::Dropped,
    }
}

/// What became of a letter.
pub(super) fn state_of(settled: Option<&LetterSettled>) -> LetterState {
    state(settled.map(|settled| settled.fate))
}

/// The name of a state.
pub(super) fn state_name(state: LetterState) -> &'static str {
    match state {
        LetterState::Open => "open",
        LetterState::Redriven => "redriven",
        LetterState::Dropped => "dropped",
    }
}

/// The short name of a topic that a letter names.
pub(super) fn dataset(topic: &str) -> &str {
    match topic.parse::<Topic>() {
        Ok(known) => known.dataset(),
        Err(_) => topic,
    }
}
