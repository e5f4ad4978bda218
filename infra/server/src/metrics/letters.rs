//! Dead letters, counted from their topic.

use super::samples::{Samples, labels};
use shell::redrive::DeadLetterTally;
use telemetry::metrics::Declared;

const LETTERS: Declared = Declared::gauge(
    "butterquant_dead_letters",
    &["topic", "reason", "state"],
    "Dead letters, by topic, reason and state: open, redriven or dropped.",
);
const ALL_LETTERS: Declared = Declared::counter(
    "butterquant_dead_letters_total",
    &["topic", "reason"],
    "Dead letters that were ever written, settled or not.",
);

/// Every metric of this file.
pub(super) const ALL: &[&Declared] = &[&LETTERS, &ALL_LETTERS];

/// The samples; names of topics begin with `prefix`.
pub(super) fn samples(tally: &DeadLetterTally, prefix: &str) -> Samples {
    let (mut by_state, mut all) = (Vec::new(), Vec::new());
    for ((topic, reason), count) in &tally.counts {
        let topic = format!("{prefix}{topic}");
        let states =
            [("open", count.open), ("redriven", count.redriven), ("dropped", count.dropped)];
        for (state, count) in states {
            by_state.push((labels([&topic, reason, state]), count as f64));
        }
        let sum: u64 = states.iter().map(|(_, count)| *count).sum();
        all.push((labels([&topic, reason]), sum as f64));
    }
    vec![(&LETTERS, by_state), (&ALL_LETTERS, all)]
}
