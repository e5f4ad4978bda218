//! Whether labelled rows are fit for training. Each check states its result in one sentence, even
//! when all is well, and names the first rows it found.
//!
//! 1. An unsound row (shape, a number, label) is reported and left out of the later checks: one
//!    bad row hides no other finding.
//! 2. A scan day with a candidate still open shows only its shortest holdings. No model is judged
//!    or trained on it, and the checks after those of single rows leave it out.
//! 3. A fault that training corrects by itself (rows between training and test), or that only makes
//!    the model weaker (few rows, few days), is noted; one that it would refuse or learn wrongly
//!    from is found.

mod check;
mod features;
mod rows;
#[cfg(test)]
mod tests;

pub use check::{Check, Grade};
pub use features::FeatureReport;

use consumers::retrainer::embargo;
use quant::Term;
use schemas::contract::{CLASS_NAMES, CLASSES};
use schemas::evaluation::HELD_OUT_DAYS;
use schemas::events::Settings;
use schemas::{Day, TradingCalendar};
use serde::Serialize;
use std::collections::BTreeSet;
use store::rows::FoundRows;
use success::LabelledRow;

/// With fewer rows of a class its share says little.
const FEWEST_OF_A_CLASS: usize = 30;

/// One class among the rows.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct ClassShare {
    /// Its name.
    pub class: &'static str,
    /// Its rows.
    pub rows: usize,
    /// Their share of all rows.
    pub share: f64,
    /// Their share of the total weight.
    pub weighted: f64,
}

/// Rows by where they fall in time.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct SplitRows {
    /// First scan day of the test.
    pub test_from: Day,
    /// Rows evaluated before it.
    pub training: usize,
    /// Rows scanned before it and evaluated on it or later.
    pub between: usize,
    /// Rows scanned on it or later.
    pub test: usize,
}

/// The quality of labelled rows.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct DataQuality {
    /// Rows read.
    pub rows: usize,
    /// Sound rows among them.
    pub sound: usize,
    /// Candidates of a lake without an outcome, not rows (yet).
    pub open: usize,
    /// Sound rows of these candidates' scan days, left out of everything below.
    pub early: usize,
    /// Distinct scan days.
    pub scan_days: usize,
    /// First and last scan day.
    pub span: Option<(Day, Day)>,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// Loss, Minor, Good, Excellent.
    pub classes: Vec<ClassShare>,
    /// In the contract's order; empty without sound rows.
    pub features: Vec<FeatureReport>,
    /// None without sound rows.
    pub split: Option<SplitRows>,
}

impl DataQuality {
    /// Whether any check found something.
    pub fn has_findings(&self) -> bool {
        self.checks.iter().any(|check| check.grade == Grade::Found)
    }
}

/// Checks rows; returns their quality and the sound rows of matured scan days. With `test_from` the
/// rows before that day are meant for training as they are.
pub fn check_rows(found: &FoundRows, test_from: Option<Day>) -> (DataQuality, Vec<LabelledRow>) {
    let (mut checks, mut sound) = rows::check_each(&found.rows);
    let (all, open) = (sound.len(), open_days(found));
    sound.retain(|row| !open.contains(&Day(row.scan_day)));
    let early = all - sound.len();
    if !found.rows.is_empty() {
        checks.push(maturity(early, open.len()));
    }
    let days: BTreeSet<i32> = sound.iter().map(|row| row.scan_day).collect();
    let span = days.first().zip(days.last()).map(|(first, last)| (Day(*first), Day(*last)));
    let mut quality = DataQuality {
        rows: found.rows.len(),
        sound: all,
        open: found.open.len(),
        early,
        scan_days: days.len(),
        span,
        checks: Vec::new(),
        classes: shares(&sound),
        features: Vec::new(),
        split: None,
    };
    if !sound.is_empty() {
        let split = split(&sound, &days, test_from);
        let training = whole_days_before(&sound, split.test_from);
        checks.push(classes(&quality.classes));
        checks.push(reach(&split, test_from.is_some(), days.len()));
        let (features, more) = features::check_all(&found.rows, &sound, &training);
        checks.extend(more);
        quality.features = features;
        quality.split = Some(split);
    }
    quality.checks = checks;
    (quality, sound)
}

/// Scan days with a candidate whose outcome may still come. An outcome that was due before the last
/// day scanned will not come any more.
fn open_days(found: &FoundRows) -> BTreeSet<Day> {
    let scanned = found.rows.iter().filter_map(|row| row.as_of).chain(found.open.iter().copied());
    let last = scanned.max().unwrap_or_default();
    // A holiday only brings an evaluation forward, so weekdays bound every calendar's.
    let longest = |day: Day| Term::longest(day, TradingCalendar::None);
    found.open.iter().copied().filter(|day| longest(*day) >= last).collect()
}

fn maturity(early: usize, open: usize) -> Check {
    if early == 0 {
        return Check::new("maturity", Grade::Good, "every row's scan day has matured");
    }
    let message = format!(
        "{early} rows are left out below: other candidates of their {open} scan days have no outcome yet, and the first outcomes of a day are those of its shortest holdings"
    );
    Check::new("maturity", Grade::Noted, message)
}

/// The rows that training would use.
fn whole_days_before(rows: &[LabelledRow], test_from: Day) -> Vec<LabelledRow> {
    let end = embargo(rows, test_from);
    rows.iter().filter(|row| row.scan_day < end).cloned().collect()
}

fn shares(rows: &[LabelledRow]) -> Vec<ClassShare> {
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    (0..CLASSES)
        .map(|class| {
            let of = || rows.iter().filter(|row| usize::from(row.class) == class);
            let (count, weight) = (of().count(), of().map(|row| row.weight).sum::<f64>());
            ClassShare {
                class: CLASS_NAMES[class],
                rows: count,
                share: count as f64 / rows.len().max(1) as f64,
                weighted: if total > 0.0 { weight / total } else { 0.0 },
            }
        })
        .collect()
}

/// An absent class cannot be learnt; training refuses such rows too.
fn classes(shares: &[ClassShare]) -> Check {
    let message = shares.iter().map(|one| format!("{} {:.1} %", one.class, 100.0 * one.share));
    let message = message.collect::<Vec<_>>().join(", ");
    let named = |few: &dyn Fn(&ClassShare) -> bool| {
        let names: Vec<&str> = shares.iter().filter(|one| few(one)).map(|one| one.class).collect();
        names.join(", ")
    };
    let absent = named(&|one| one.rows == 0);
    let few = named(&|one| one.rows < FEWEST_OF_A_CLASS);
    if let Some(all) = shares.iter().find(|one| one.share == 1.0) {
        let message = format!(
            "every row is {}: there is nothing to distinguish; check where the label comes from, or draw a longer history",
            all.class
        );
        return Check::new("classes", Grade::Found, message);
    }
    if !absent.is_empty() {
        let message =
            format!("{message}; without {absent} no model can be trained: draw more history");
        return Check::new("classes", Grade::Found, message);
    }
    if !few.is_empty() {
        let message = format!("{message}; fewer than {FEWEST_OF_A_CLASS} rows of {few}");
        return Check::new("classes", Grade::Noted, message);
    }
    Check::new("classes", Grade::Good, message)
}

fn split(rows: &[LabelledRow], days: &BTreeSet<i32>, test_from: Option<Day>) -> SplitRows {
    let last_days = days.iter().rev().take(HELD_OUT_DAYS).next_back();
    let first = test_from.unwrap_or(Day(last_days.copied().unwrap_or_default()));
    let test = rows.iter().filter(|row| row.scan_day >= first.0).count();
    let training = rows.iter().filter(|row| row.evaluation_day < first.0).count();
    let between = rows.len() - test - training;
    SplitRows { test_from: first, training, between, test }
}

fn reach(split: &SplitRows, test_is_named: bool, days: usize) -> Check {
    let SplitRows { test_from, training, between, test } = split;
    let message = format!(
        "{training} rows end before the test begins on {test_from}, {test} are scanned during it"
    );
    let check = |grade, more: String| Check::new("test", grade, message.clone() + &more);
    if test_is_named && *between > 0 {
        let more = format!(
            "; {between} are scanned before it and evaluated during it: a model trained on them has seen the test; leave them out, or draw history with --before {test_from}"
        );
        return check(Grade::Found, more);
    }
    let mut noted = String::new();
    if *between > 0 {
        noted += &format!(
            "; {between} are scanned before it and evaluated during it: every training here leaves them out, and so must any other"
        );
    }
    if !test_is_named && days <= HELD_OUT_DAYS {
        noted += &format!(
            "; there are {days} scan days, and a model is judged on the last {HELD_OUT_DAYS}"
        );
    }
    let fewest = Settings::default().min_training_rows;
    if (*training as i64) < fewest {
        noted += &format!("; fewer than {fewest} rows to train on");
    }
    check(if noted.is_empty() { Grade::Good } else { Grade::Noted }, noted)
}
