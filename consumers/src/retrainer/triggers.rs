//! When a training starts: five rules, each once an episode.
//!
//! | rule | fires | and again |
//! |---|---|---|
//! | `manual` | a training is asked for on `controls` | when the next is asked for |
//! | `count` | more outcomes than the setting since the last training began | counted from 0 |
//! | `month` | a month's first trading day, if anything matured since the last training | next month |
//! | `accuracy` | see [`Accuracy`] | after the next promotion |
//! | `vix` | see [`Index`] | after a close that is not above the level |
//!
//! Invariants:
//! 1. A rule that fired waits, with its evidence, until a training begins: while a challenger is
//!    watched, and (`month`, `accuracy`, `vix`) while too few rows are known to train on.
//! 2. One training answers all that wait, with an event for each.
//! 3. Only events move it, and nothing fires before the first scan day.

use super::accuracy::Accuracy;
use super::rows::trainable;
use super::{Retrainer, State};
use schemas::Day;
use schemas::controls::ControlState;
use schemas::events::{DayClosed, RetrainTriggered};
use serde::{Deserialize, Serialize};

/// The index's close above which days are counted.
pub(super) const VIX_OVER: f64 = 30.0;
/// Trading days in a row.
pub(super) const VIX_DAYS: usize = 5;

/// The volatility index: five closes in a row above 30. A day without a close neither counts nor
/// ends the row.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// The last day counted: its marker comes on every partition.
    counted: Option<Day>,
    /// Closes above the level since the last one that was not, at most the first five.
    pub(super) above: Vec<f64>,
    /// Fired since then.
    pub(super) fired: bool,
    pub(super) waiting: Option<String>,
}

impl Index {
    fn close(&mut self, day: Day, close: f64) {
        if self.counted.is_some_and(|counted| day <= counted) {
            return;
        }
        self.counted = Some(day);
        if close > VIX_OVER {
            self.above.push(close);
            self.above.truncate(VIX_DAYS);
        } else {
            self.above.clear();
            self.fired = false;
        }
    }

    fn scanning(&mut self, day: Day) {
        if self.fired || self.waiting.is_some() || self.above.len() < VIX_DAYS {
            return;
        }
        let closes: Vec<String> = self.above.iter().map(|close| format!("{close:.2}")).collect();
        self.waiting = Some(format!(
            "on {day} the index had closed above {VIX_OVER} on {VIX_DAYS} trading days in a row: {}",
            closes.join(", ")
        ));
    }
}

/// What the rules remember.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Triggers {
    /// A month's first trading day that no training has answered.
    pub(super) month: Option<Day>,
    pub(super) index: Index,
    pub(super) accuracy: Accuracy,
    /// Rows of `samples` that the last training saw, at most.
    pub(super) drawn: i64,
}

impl Triggers {
    /// Takes in a marker of `bars`; `new_outcomes` are those since the last training began.
    pub(super) fn bars_closed(&mut self, day: Day, marker: &DayClosed, new_outcomes: i64) {
        if let Some(close) = marker.vix {
            self.index.close(day, close);
        }
        if marker.scan.is_empty() {
            return;
        }
        self.index.scanning(day);
        let month = |day: Day| (day.ymd().0, day.ymd().1);
        if month(day) != month(marker.previous_day) && new_outcomes > 0 {
            self.month = Some(day);
        }
    }

    /// Takes in that a training begins.
    pub(super) fn begun(&mut self, triggered: &RetrainTriggered) {
        self.drawn = self.drawn.max(triggered.samples_end.iter().sum());
        match triggered.rule.as_str() {
            "month" => self.month = None,
            "accuracy" => self.accuracy.answered(),
            "vix" => {
                self.index.waiting = None;
                // While it waited the index may have come down, which armed it again.
                self.index.fired = self.index.above.len() >= VIX_DAYS;
            }
            _ => {}
        }
    }
}

/// Whether a training could have enough rows, as far as events have told. Of `samples` only the
/// number is known before they are read; all are from before the run, so that none is held out
/// once the run's own days suffice for that. Until then some are, and none of the run's own rows
/// is trained on.
pub(super) fn enough_rows(state: &State, least: i64) -> bool {
    state.triggers.drawn + trainable(&state.rows, &state.open_days()) as i64 >= least
}

/// A rule that is due, and the figures that fired it.
pub(super) type Due = (&'static str, String);

/// The rules that a training on this day would answer.
pub(super) fn due(machine: &Retrainer, controls: &ControlState) -> Vec<Due> {
    let state = &machine.0;
    let mut due: Vec<Due> = Vec::new();
    let asked = controls.training_requested.filter(|offset| *offset > state.training_answered);
    due.extend(asked.map(|offset| ("manual", format!("asked for at controls offset {offset}"))));
    let (new, over) = (state.new_outcomes, controls.settings.retrain_outcomes);
    if new > over {
        due.push(("count", format!("{new} new outcomes, more than {over}")));
    }
    due.extend(waiting(state).into_iter().filter(|_| {
        // Asked last: it goes through the rows.
        enough_rows(state, controls.settings.min_training_rows)
    }));
    due
}

/// The rules that have fired and need rows.
pub(super) fn waiting(state: &State) -> Vec<Due> {
    let triggers = &state.triggers;
    let month = triggers.month.map(|first| {
        let new = state.new_outcomes;
        format!("{first} is its month's first trading day; {new} new outcomes")
    });
    [
        ("month", month),
        ("accuracy", triggers.accuracy.evidence()),
        ("vix", triggers.index.waiting.clone()),
    ]
    .into_iter()
    .filter_map(|(rule, evidence)| Some((rule, evidence?)))
    .collect()
}
