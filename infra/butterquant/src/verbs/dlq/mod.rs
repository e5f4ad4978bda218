//! `dlq`: looking at dead letters and settling them.

mod list;
mod show;

use super::Found;
use crate::cli::{DlqVerb, LetterState};
use crate::config::Config;
use crate::home::{self, RunDir};
use crate::out;
use anyhow::Result;
use schemas::Topic;
use schemas::events::{Fate, LetterSettled};
use serde::Serialize;
use shell::redrive::{Instruction, Selection, settle};
use std::collections::BTreeSet;

/// Carries out one of them.
pub fn dlq(config: &Config, verb: DlqVerb) -> Result<Found> {
    match verb {
        DlqVerb::List(args) => list::list(config, &args),
        DlqVerb::Show(args) => show::show(config, &args),
        DlqVerb::Redrive(args) => {
            let which = match args.ids.is_empty() {
                true => Selection::Open(args.reason),
                false => Selection::Ids(args.ids.into_iter().collect()),
            };
            settled(config, &which, Fate::Redriven, args.why)
        }
        DlqVerb::Drop(args) => {
            let which = Selection::Ids(args.ids.into_iter().collect());
            settled(config, &which, Fate::Dropped, args.why)
        }
    }
}

#[derive(Serialize)]
struct Done {
    run: String,
    fate: Fate,
    letters: BTreeSet<u64>,
    /// Open and left alone: not kept whole, they cannot be put back.
    too_large: BTreeSet<u64>,
}

fn settled(config: &Config, which: &Selection, fate: Fate, why: String) -> Result<Found> {
    let run = RunDir::of(config, config.run())?;
    let opened = home::reach(config, &run)?;
    let by = std::env::var("USER").unwrap_or_else(|_| "operator".to_owned());
    let done = settle(&*opened.log, which, &Instruction { fate, why, by })?;
    let done = Done { run: run.id, fate, letters: done.settled, too_large: done.too_large };
    out::show(config.output()?, &done, |done| {
        let (letters, what) = (counted(done.letters.len()), said(state(Some(fate))));
        out::line(format!("{letters} {what} in run {}", done.run));
        if !done.too_large.is_empty() {
            let left = counted(done.too_large.len());
            out::line(format!(
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

fn state_of(settled: Option<&LetterSettled>) -> LetterState {
    state(settled.map(|settled| settled.fate))
}

fn said(state: LetterState) -> &'static str {
    match state {
        LetterState::Open => "open",
        LetterState::Redriven => "redriven",
        LetterState::Dropped => "dropped",
    }
}

/// The short name of a topic that a letter names.
fn dataset(topic: &str) -> &str {
    match topic.parse::<Topic>() {
        Ok(known) => known.dataset(),
        Err(_) => topic,
    }
}
