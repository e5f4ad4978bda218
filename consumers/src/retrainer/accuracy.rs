//! The champion's accuracy by scan day, and when it is too low.
//!
//! A scan day is matured when each of its candidates that a champion scored has an outcome or
//! can have none; its accuracy is the share whose likeliest class came. The rule fires when the
//! mean over the last 60 matured scan days plus 1.645 standard errors (sd of the days × √(H/60),
//! H the longest holding in trading days) is below 40 %: when it is that low by more than chance.
//! The next promotion arms it again, and then only days scored after it count: what another
//! champion did is no evidence against this one.

use schemas::{Day, EventId};
use serde::{Deserialize, Serialize};
use statistics::{mean_by_days, trading_days};
use std::collections::BTreeMap;

/// Matured scan days that are judged.
pub(super) const DAYS: usize = 60;
/// The accuracy that must not be doubted.
pub const LEAST: f64 = 0.40;
/// Of the standard normal distribution at 95 %.
const Z: f64 = 1.645;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct ScanDay {
    /// Scored, and no outcome yet.
    open: u32,
    judged: u32,
    hits: u32,
    /// Calendar days to the latest evaluation.
    longest: i32,
}

/// The champion's predictions and what came of them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Accuracy {
    open: BTreeMap<EventId, (Day, i32)>,
    days: BTreeMap<Day, ScanDay>,
    pub(super) fired: bool,
    /// Evidence that no training has answered, from a day on which none could begin.
    kept: Option<String>,
}

/// The accuracy of the last matured scan days.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Now {
    /// How many they are, at most [`DAYS`].
    pub(super) days: usize,
    /// Mean of the days.
    pub(super) mean: f64,
    /// Mean + 1.645 standard errors; none of a single day.
    pub(super) bound: Option<f64>,
}

impl Accuracy {
    /// The champion said `class` of a candidate.
    pub(super) fn said(&mut self, candidate: EventId, scan_day: Day, class: i32) {
        if self.open.insert(candidate, (scan_day, class)).is_none() {
            self.days.entry(scan_day).or_default().open += 1;
        }
    }

    /// A candidate has an outcome (its class and evaluation day), or can have none.
    pub(super) fn came(&mut self, candidate: EventId, outcome: Option<(i32, Day)>) {
        let Some((scan_day, said)) = self.open.remove(&candidate) else { return };
        let Some(day) = self.days.get_mut(&scan_day) else { return };
        day.open -= 1;
        if let Some((class, evaluated)) = outcome {
            day.judged += 1;
            day.hits += u32::from(class == said);
            day.longest = day.longest.max(evaluated - scan_day);
        }
    }

    /// A version became champion.
    pub(super) fn promoted(&mut self) {
        if self.fired {
            self.fired = false;
            self.open.clear();
            self.days.clear();
        }
    }

    /// A training begins for its sake.
    pub(super) fn answered(&mut self) {
        self.fired = true;
        self.kept = None;
    }

    /// The day ends: what is due and was not answered is kept, older days are let go.
    pub(super) fn close_day(&mut self) {
        self.kept = self.evidence();
        let matured: Vec<Day> = self.matured().map(|(day, _)| day).collect();
        if let Some(first) = matured.len().checked_sub(DAYS).map(|from| matured[from]) {
            self.days.retain(|day, scan_day| *day >= first || scan_day.open > 0);
        }
    }

    fn matured(&self) -> impl DoubleEndedIterator<Item = (Day, &ScanDay)> {
        let days = self.days.iter().map(|(day, scan_day)| (*day, scan_day));
        days.filter(|(_, scan_day)| scan_day.open == 0 && scan_day.judged > 0)
    }

    /// What the last matured scan days show; none before the first.
    pub(super) fn now(&self) -> Option<Now> {
        let last: Vec<&ScanDay> = self.matured().rev().take(DAYS).map(|(_, day)| day).collect();
        let longest = last.iter().map(|day| day.longest).max()?;
        let share = |day: &&ScanDay| f64::from(day.hits) / f64::from(day.judged);
        let daily: Vec<f64> = last.iter().map(share).collect();
        let (mean, error) = mean_by_days(&daily, trading_days(longest));
        Some(Now { days: last.len(), mean, bound: error.map(|error| mean + Z * error) })
    }

    /// Why a training is due, if one is.
    pub(super) fn evidence(&self) -> Option<String> {
        if self.fired || self.kept.is_some() {
            return self.kept.clone();
        }
        let now = self.now().filter(|now| now.days == DAYS)?;
        let bound = now.bound.filter(|bound| *bound < LEAST)?;
        Some(format!(
            "accuracy {:.1} % over the last {DAYS} matured scan days, with 1.645 standard errors \
             {:.1} %: below {:.0} %",
            100.0 * now.mean,
            100.0 * bound,
            100.0 * LEAST
        ))
    }
}
