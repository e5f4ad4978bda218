//! What the program's log says of decisions: noted when they are made, written once they are published. What is never
//! published was never decided, so nothing is said of it.
//!
//! Machines log nothing: their decisions are repeated by recovery and verification.

use crate::decision_text::{counted_as, sentence};
use schemas::events::DeadLetter;
use schemas::role::Role;
use schemas::{Day, Event};
use std::collections::BTreeMap;
use tracing::level_filters::LevelFilter;

/// Of one unit, since its last publish.
#[derive(Default)]
pub(crate) struct DecisionNotes {
    /// Counts of the day that is not closed yet.
    open: BTreeMap<String, u64>,
    closed: Vec<(Day, BTreeMap<String, u64>)>,
    sentences: Vec<String>,
    letters: Vec<String>,
}

impl DecisionNotes {
    /// `event` is decided.
    pub(crate) fn decided(&mut self, event: &Event) {
        if !wanted() {
            return;
        }
        *self.open.entry(counted_as(event)).or_default() += 1;
        self.sentences.extend(sentence(event));
    }

    /// A record became a dead letter.
    pub(crate) fn rejected(&mut self, letter: &DeadLetter) {
        let DeadLetter { topic, partition, offset, stage, message, .. } = letter;
        self.letters.push(format!("{topic}/{partition} offset {offset}, {stage}: {message}"));
    }

    /// A day is closed.
    pub(crate) fn closed(&mut self, day: Day) {
        if wanted() {
            self.closed.push((day, std::mem::take(&mut self.open)));
        }
    }
}

/// Formatting costs, and a backtest logs warnings alone. Not asked by `enabled!`: what it learns of the filters of several
/// layers stays behind in the thread, and the next event is lost to the layers that would not have this one.
fn wanted() -> bool {
    LevelFilter::current() >= LevelFilter::INFO
}

/// Writes what units of `role` have noted and published.
pub(crate) fn write(role: Role, units: impl Iterator<Item = DecisionNotes>) {
    let mut days: BTreeMap<Day, (u32, BTreeMap<String, u64>)> = BTreeMap::new();
    for notes in units {
        for said in &notes.sentences {
            tracing::info!(role = role.name(), "{said}");
        }
        if let Some(first) = notes.letters.first() {
            let more = match notes.letters.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            tracing::warn!(
                role = role.name(),
                "a record became a dead letter: {first}{more}; `butterquant dlq list` shows it"
            );
        }
        for (day, counts) in notes.closed {
            let (units, all) = days.entry(day).or_default();
            *units += 1;
            counts.into_iter().for_each(|(kind, count)| *all.entry(kind).or_default() += count);
        }
    }
    for (day, (units, counts)) in days {
        let counts: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let counts =
            if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        tracing::info!(role = role.name(), units, "closed {day}{counts}");
    }
}
