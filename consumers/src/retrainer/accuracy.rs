//! The champion's accuracy by scan day, and when it is too low.
//!
//! A scan day has matured when each of its candidates that a champion scored has an outcome or can
//! have none; its accuracy is the share whose predicted class was right. The rule fires when the
//! mean over the last 60 matured scan days plus 1.645 standard errors (sd of the days × √(H/60),
//! H the longest holding in trading days) is below 40 %: when chance alone does not explain it. The
//! next promotion arms the rule again, and then only days scored after it count: another
//! champion's results are no evidence against this one.

use schemas::evaluation::RECENT_DAYS;
use schemas::{Day, EventId};
use serde::{Deserialize, Serialize};
use statistics::{mean_by_days, trading_days};
use std::collections::BTreeMap;

/// The rule fires when accuracy is significantly below this.
pub const MIN_ACCURACY: f64 = 0.40;
/// 95 % quantile of the standard normal distribution.
const Z: f64 = 1.645;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct ScanDay {
    /// Scored candidates without an outcome.
    open: u32,
    judged: u32,
    hits: u32,
    /// Calendar days to the latest evaluation.
    longest: i32,
}

/// The champion's predictions and their outcomes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Accuracy {
    open: BTreeMap<EventId, (Day, i32)>,
    days: BTreeMap<Day, ScanDay>,
    pub(super) fired: bool,
    /// Evidence that no training has answered yet.
    kept: Option<String>,
}

/// The accuracy of the last matured scan days.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct RecentAccuracy {
    /// Their number, at most [`RECENT_DAYS`].
    pub(super) days: usize,
    /// Mean of the daily accuracies.
    pub(super) mean: f64,
    /// Mean + 1.645 standard errors; `None` for a single day.
    pub(super) bound: Option<f64>,
}

impl Accuracy {
    /// Applies the champion's prediction of `class`.
    pub(super) fn predicted(&mut self, candidate: EventId, scan_day: Day, class: i32) {
        if self.open.insert(candidate, (scan_day, class)).is_none() {
            self.days.entry(scan_day).or_default().open += 1;
        }
    }

    /// Applies a candidate's outcome (class and evaluation day), or `None` if it can have none.
    pub(super) fn matured(&mut self, candidate: EventId, outcome: Option<(i32, Day)>) {
        let Some((scan_day, predicted)) = self.open.remove(&candidate) else { return };
        let Some(day) = self.days.get_mut(&scan_day) else { return };
        day.open -= 1;
        if let Some((class, evaluated)) = outcome {
            day.judged += 1;
            day.hits += u32::from(class == predicted);
            day.longest = day.longest.max(evaluated - scan_day);
        }
    }

    /// Applies the promotion of a champion.
    pub(super) fn promoted(&mut self) {
        if self.fired {
            self.fired = false;
            self.open.clear();
            self.days.clear();
        }
    }

    /// Notes that a training begins by this rule.
    pub(super) fn answered(&mut self) {
        self.fired = true;
        self.kept = None;
    }

    /// Ends a day: keeps unanswered evidence and forgets older days.
    pub(super) fn close_day(&mut self) {
        self.kept = self.evidence();
        let matured: Vec<Day> = self.matured_days().map(|(day, _)| day).collect();
        if let Some(first) = matured.len().checked_sub(RECENT_DAYS).map(|from| matured[from]) {
            self.days.retain(|day, scan_day| *day >= first || scan_day.open > 0);
        }
    }

    fn matured_days(&self) -> impl DoubleEndedIterator<Item = (Day, &ScanDay)> {
        let days = self.days.iter().map(|(day, scan_day)| (*day, scan_day));
        days.filter(|(_, scan_day)| scan_day.open == 0 && scan_day.judged > 0)
    }

    /// The accuracy of the last matured scan days; `None` before the first.
    pub(super) fn recent(&self) -> Option<RecentAccuracy> {
        let last: Vec<&ScanDay> =
            self.matured_days().rev().take(RECENT_DAYS).map(|(_, day)| day).collect();
        let longest = last.iter().map(|day| day.longest).max()?;
        let share = |day: &&ScanDay| f64::from(day.hits) / f64::from(day.judged);
        let daily: Vec<f64> = last.iter().map(share).collect();
        let (mean, error) = mean_by_days(&daily, trading_days(longest));
        Some(RecentAccuracy { days: last.len(), mean, bound: error.map(|error| mean + Z * error) })
    }

    /// Why a training is due, if it is.
    pub(super) fn evidence(&self) -> Option<String> {
        if self.fired || self.kept.is_some() {
            return self.kept.clone();
        }
        let now = self.recent().filter(|now| now.days == RECENT_DAYS)?;
        let bound = now.bound.filter(|bound| *bound < MIN_ACCURACY)?;
        Some(format!(
            "accuracy {:.1} % over the last {RECENT_DAYS} matured scan days, with 1.645 standard errors \
             {:.1} %: below {:.0} %",
            100.0 * now.mean,
            100.0 * bound,
            100.0 * MIN_ACCURACY
        ))
    }
}
