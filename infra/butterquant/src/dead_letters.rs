//! Shared by the `dlq` verbs: the states of dead letters by name, and settling.

use crate::exit::Found;
use crate::operator::operator_name;
use crate::printer;
use anyhow::Result;
use api::dead_letters::DeadLetterState;
use run::config::Config;
use run::data_dir;
use schemas::events::Fate;
use serde::Serialize;
use shell::redrive::{Instruction, Selection, settle};
use std::collections::BTreeSet;

/// The state of a dead letter, as named on the command line.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub(crate) enum StateName {
    /// Neither redriven nor dropped.
    Open,
    /// Put back on its topic.
    Redriven,
    /// Dropped.
    Dropped,
}

impl From<StateName> for DeadLetterState {
    fn from(name: StateName) -> DeadLetterState {
        match name {
            StateName::Open => DeadLetterState::Open,
            StateName::Redriven => DeadLetterState::Redriven,
            StateName::Dropped => DeadLetterState::Dropped,
        }
    }
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
        let (letters, what) = (counted(done.letters.len()), DeadLetterState::of(Some(fate)).name());
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
