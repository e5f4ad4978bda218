//! Whether labelled rows are fit to be trained on. Each check says what it looked at in one
//! sentence, also when all is well, and names the first rows that it found.
//!
//! 1. A row that is not sound (its shape, a number, its label) is told and left out of what
//!    follows: one bad row hides no other finding.
//! 2. A scan day of which a candidate is still open shows its shortest holdings alone. Nobody is
//!    judged on it or trained on it, and it is left out of what follows the checks of single rows.
//! 3. What a training here mends by itself (rows between training and test) or only makes weaker
//!    (few rows, few days) is noted; what it would learn wrongly from, or refuse, is found.

mod features;
mod rows;
#[cfg(test)]
mod tests;

pub use features::FeatureReport;

use consumers::retrainer::embargo;
use quant::Term;
use schemas::Day;
use schemas::contract::{CLASS_NAMES, CLASSES};
use schemas::evaluation::HELD_OUT_DAYS;
use serde::Serialize;
use std::collections::BTreeSet;
use store::rows::FoundRows;
use success::LabelledRow;

/// Rows that are shown of what a check found.
const EXAMPLES: usize = 3;
/// Training rows that a model needs, as `settings.min_training_rows` has it at first.
const FEWEST_ROWS: usize = 1_000;
/// Rows of a class without which its share says little.
const FEWEST_OF_A_CLASS: usize = 30;

/// What a check came to.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nothing.
    Good,
    /// Worth knowing.
    Noted,
    /// Something is wrong.
    Found,
}

/// One check.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// What it came to.
    pub grade: Grade,
    /// A sentence.
    pub said: String,
    /// The first of what was found: file, row and what is wrong there.
    pub examples: Vec<String>,
}

impl Check {
    fn new(name: &'static str, grade: Grade, said: impl Into<String>) -> Check {
        Check { name, grade, said: said.into(), examples: Vec::new() }
    }

    fn with(mut self, examples: impl IntoIterator<Item = String>) -> Check {
        self.examples = examples.into_iter().take(EXAMPLES).collect();
        self
    }
}

/// One class.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct ClassShare {
    /// Its name.
    pub class: &'static str,
    /// Its rows.
    pub rows: usize,
    /// Their share.
    pub share: f64,
    /// Their share of the weight.
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

/// What was found out.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Audit {
    /// Rows read.
    pub rows: usize,
    /// Of these, sound.
    pub sound: usize,
    /// Candidates of a lake without an outcome, which are no rows (yet).
    pub open: usize,
    /// Sound rows of the scan days of such candidates, left out of all below.
    pub early: usize,
    /// Distinct scan days.
    pub scan_days: usize,
    /// First and last scan day.
    pub span: Option<(Day, Day)>,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// Loss, Minor, Good, Excellent.
    pub classes: Vec<ClassShare>,
    /// In the contract's order; none without sound rows.
    pub features: Vec<FeatureReport>,
    /// None without sound rows.
    pub split: Option<SplitRows>,
}

impl Audit {
    /// Whether any check found something.
    pub fn found(&self) -> bool {
        self.checks.iter().any(|check| check.grade == Grade::Found)
    }
}

/// Looks at rows; gives the account and the sound ones of matured scan days. With `test_from` the rows before that day
/// are to be trained on as they are.
pub fn audit(found: &FoundRows, test_from: Option<Day>) -> (Audit, Vec<LabelledRow>) {
    let (mut checks, mut sound) = rows::look(&found.rows);
    let (all, open) = (sound.len(), open_days(found));
    sound.retain(|row| !open.contains(&Day(row.scan_day)));
    let early = all - sound.len();
    if !found.rows.is_empty() {
        checks.push(maturity(early, open.len()));
    }
    let days: BTreeSet<i32> = sound.iter().map(|row| row.scan_day).collect();
    let span = days.first().zip(days.last()).map(|(first, last)| (Day(*first), Day(*last)));
    let mut audit = Audit {
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
        checks.push(classes(&audit.classes));
        checks.push(reach(&split, test_from.is_some(), days.len()));
        let (features, more) = features::look(&found.rows, &sound, &training);
        checks.extend(more);
        audit.features = features;
        audit.split = Some(split);
    }
    audit.checks = checks;
    (audit, sound)
}

/// Scan days with a candidate whose outcome may still come: none does that should have come before
/// the last day scanned.
fn open_days(found: &FoundRows) -> BTreeSet<Day> {
    let scanned = found.rows.iter().filter_map(|row| row.as_of).chain(found.open.iter().copied());
    let last = scanned.max().unwrap_or_default();
    let longest = |day: Day| Term::of(day, f64::INFINITY).evaluation_day;
    found.open.iter().copied().filter(|day| longest(*day) >= last).collect()
}

fn maturity(early: usize, open: usize) -> Check {
    if early == 0 {
        return Check::new("maturity", Grade::Good, "all rows are of scan days that have matured");
    }
    let said = format!(
        "{early} rows are left out below: other candidates of their {open} scan days have no outcome yet, and the first outcomes of a day are those of its shortest holdings"
    );
    Check::new("maturity", Grade::Noted, said)
}

/// The rows that a training would take.
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

/// A class that is not there cannot be learnt; a training refuses it too.
fn classes(shares: &[ClassShare]) -> Check {
    let said = shares.iter().map(|one| format!("{} {:.1} %", one.class, 100.0 * one.share));
    let said = said.collect::<Vec<_>>().join(", ");
    let named = |few: &dyn Fn(&ClassShare) -> bool| {
        let names: Vec<&str> = shares.iter().filter(|one| few(one)).map(|one| one.class).collect();
        names.join(", ")
    };
    let absent = named(&|one| one.rows == 0);
    let few = named(&|one| one.rows < FEWEST_OF_A_CLASS);
    if let Some(all) = shares.iter().find(|one| one.share == 1.0) {
        let said = format!(
            "every row is {}: nothing can be told apart; check where the label comes from, or draw a longer history",
            all.class
        );
        return Check::new("classes", Grade::Found, said);
    }
    if !absent.is_empty() {
        let said = format!("{said}; without {absent} no model can be trained: draw more history");
        return Check::new("classes", Grade::Found, said);
    }
    if !few.is_empty() {
        let said = format!("{said}; fewer than {FEWEST_OF_A_CLASS} rows of {few}");
        return Check::new("classes", Grade::Noted, said);
    }
    Check::new("classes", Grade::Good, said)
}

fn split(rows: &[LabelledRow], days: &BTreeSet<i32>, test_from: Option<Day>) -> SplitRows {
    let last_days = days.iter().rev().take(HELD_OUT_DAYS).next_back();
    let first = test_from.unwrap_or(Day(last_days.copied().unwrap_or_default()));
    let test = rows.iter().filter(|row| row.scan_day >= first.0).count();
    let training = rows.iter().filter(|row| row.evaluation_day < first.0).count();
    let between = rows.len() - test - training;
    SplitRows { test_from: first, training, between, test }
}

fn reach(split: &SplitRows, told: bool, days: usize) -> Check {
    let SplitRows { test_from, training, between, test } = split;
    let said = format!(
        "{training} rows are over before the test begins on {test_from}, {test} are scanned in it"
    );
    let check = |grade, more: String| Check::new("test", grade, said.clone() + &more);
    if told && *between > 0 {
        let more = format!(
            "; {between} are scanned before it and evaluated in it: a model trained on them has seen the test; leave them out, or draw history with --before {test_from}"
        );
        return check(Grade::Found, more);
    }
    let mut noted = String::new();
    if *between > 0 {
        noted += &format!(
            "; {between} are scanned before it and evaluated in it: every training here leaves them out, and so must any other"
        );
    }
    if !told && days <= HELD_OUT_DAYS {
        noted +=
            &format!("; there are {days} scan days, a model is judged on the last {HELD_OUT_DAYS}");
    }
    if *training < FEWEST_ROWS {
        noted += &format!("; fewer than {FEWEST_ROWS} rows to train on");
    }
    check(if noted.is_empty() { Grade::Good } else { Grade::Noted }, noted)
}
