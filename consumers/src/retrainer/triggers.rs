//! When a training starts: five rules, each of which fires once per episode.
//!
//! | rule | fires | fires again |
//! |---|---|---|
//! | `manual` | a training is requested on `controls` | at the next request |
//! | `count` | more outcomes than the setting since the last training began | after as many again |
//! | `month` | a month's first trading day, if anything matured since the last training | next month |
//! | `accuracy` | see [`Accuracy`] | after the next promotion |
//! | `vix` | see [`IndexRule`] | after a close that is not above the level |
//!
//! Invariants:
//! 1. A rule that fired waits, with its evidence, until a training begins: while a challenger is
//!    watched, and (`month`, `accuracy`, `vix`) while too few training rows are known.
//! 2. One training answers all waiting rules, with an event for each.
//! 3. Only events change the rules' state, and no rule fires before the first scan day.

use super::accuracy::Accuracy;
use schemas::Day;
use schemas::events::{DayClosed, RetrainTriggered};
use serde::{Deserialize, Serialize};

/// Close of the index above which days count.
pub(super) const VIX_OVER: f64 = 30.0;
/// Consecutive trading days.
pub(super) const VIX_DAYS: usize = 5;

/// The rule of the volatility index: five consecutive closes above 30. A day without a close is
/// skipped.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct IndexRule {
    /// The last day counted; its marker comes once per partition.
    counted: Option<Day>,
    /// Consecutive closes above the level, at most the first five.
    pub(super) above: Vec<f64>,
    /// Whether the rule fired during these.
    pub(super) fired: bool,
    pub(super) waiting: Option<String>,
}

impl IndexRule {
    fn apply_close(&mut self, day: Day, close: f64) {
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

    fn apply_scan_day(&mut self, day: Day) {
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

/// The rules' state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Triggers {
    /// A month's first trading day that no training has answered.
    pub(super) month: Option<Day>,
    pub(super) index: IndexRule,
    pub(super) accuracy: Accuracy,
    /// Upper bound of the `samples` rows that the last training read.
    pub(super) drawn: i64,
}

impl Triggers {
    /// Applies a marker of `bars`; `new_outcomes` are those since the last training began.
    pub(super) fn bars_closed(&mut self, day: Day, marker: &DayClosed, new_outcomes: i64) {
        if let Some(close) = marker.vix {
            self.index.apply_close(day, close);
        }
        if marker.scan.is_empty() {
            return;
        }
        self.index.apply_scan_day(day);
        let month = |day: Day| (day.ymd().0, day.ymd().1);
        if month(day) != month(marker.previous_day) && new_outcomes > 0 {
            self.month = Some(day);
        }
    }

    /// Applies the beginning of a training.
    pub(super) fn training_begins(&mut self, triggered: &RetrainTriggered) {
        self.drawn = self.drawn.max(triggered.samples_end.iter().sum());
        match triggered.rule.as_str() {
            "month" => self.month = None,
            "accuracy" => self.accuracy.answered(),
            "vix" => {
                self.index.waiting = None;
                // The index may have fallen while the rule waited, which armed the rule again.
                self.index.fired = self.index.above.len() >= VIX_DAYS;
            }
            _ => {}
        }
    }
}
