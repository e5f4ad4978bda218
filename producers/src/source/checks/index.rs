//! Faults of the volatility index's closes.

use super::super::finding::{Finding, FindingKind};
use schemas::{Day, Figure};

/// Closes of an index that are all below this are fractions, not points.
const FRACTION: f64 = 1.5;
/// What a close of the volatility index can be, points.
const RANGE: std::ops::RangeInclusive<f64> = 5.0..=150.0;
/// A close this many times both of its neighbours, or the inverse, is wrong: the furthest of 2015 to 2019 was 1.24.
const SPIKE: f64 = 1.5;
/// The closes on either side of it differ by at most this share of it, in logarithms.
const AGREE: f64 = 0.5;
/// Equal closes in a row that are none of the index's: no three were equal from 2015 to 2019.
const STUCK: usize = 4;
/// What the index does not rise by in a day: its largest rise since 1990, of 2018-02-05, was 2.16.
const RISE: f64 = 2.3;
/// What it does not fall by in a day: its largest fall, of 2025-04-09, was by a factor of 1.6.
const FALL: f64 = 1.8;

/// The faults of the volatility index's closes, which ascend by day; points.
pub fn check_index(ticker: &str, closes: &[(Day, f64)]) -> Vec<Finding> {
    let rows = closes.len();
    if rows > 0 && closes.iter().all(|(_, close)| *close < FRACTION) {
        let what = format!("all {rows} closes are below {FRACTION}: fractions instead of points");
        let (remedy, ticker) = ("multiply them by 100".to_owned(), ticker.to_owned());
        let (day, kind) = (None, FindingKind::IndexAsFraction);
        return vec![Finding { ticker, day, kind, size: rows as f64, what, remedy }];
    }
    let stuck = stuck(ticker, closes);
    outside(ticker, closes).into_iter().chain(jumps(ticker, closes)).chain(stuck).collect()
}

/// Closes in a row that are all the same.
fn stuck(ticker: &str, closes: &[(Day, f64)]) -> Vec<Finding> {
    let runs = closes.chunk_by(|before, close| before.1 == close.1);
    let finding = |run: &[(Day, f64)]| {
        let ((first, close), last, rows) = (run[0], run[run.len() - 1].0, run.len());
        Finding {
            ticker: ticker.to_owned(),
            day: Some(first),
            kind: FindingKind::StalePrices,
            size: rows as f64,
            what: format!("{rows} closes from {first} to {last} are all {}", Figure(close)),
            remedy: "load the closes of these days, or delete the rows".to_owned(),
        }
    };
    runs.filter(|run| run.len() >= STUCK).map(finding).collect()
}

fn outside(ticker: &str, closes: &[(Day, f64)]) -> Option<Finding> {
    let outside = || closes.iter().filter(|(_, close)| !RANGE.contains(close));
    let (day, close) = outside().next()?;
    let (low, high, count) = (RANGE.start(), RANGE.end(), outside().count());
    Some(Finding {
        ticker: ticker.to_owned(),
        day: Some(*day),
        kind: FindingKind::IndexOutsideRange,
        size: count as f64,
        what: format!(
            "{count} of {} closes lie outside {low} to {high}, the first is {} on {day}",
            closes.len(),
            Figure(*close)
        ),
        remedy: "correct these rows or delete them; they are not used".to_owned(),
    })
}

fn jumps(ticker: &str, closes: &[(Day, f64)]) -> Vec<Finding> {
    let finding = |(day, size): (Day, f64), what: String| Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: FindingKind::IndexJump,
        size: size.abs(),
        what,
        remedy: format!(
            "correct the rows that are wrong: every stock's volatility is scaled by {ticker}"
        ),
    };
    let mut found = Vec::new();
    let mut at = 1;
    while let Some((day, close)) = closes.get(at).copied() {
        let (day_before, before) = closes[at - 1];
        let step = (close / before).ln();
        let told = Figure::rounded(close / before);
        let back = closes.get(at + 1).map(|(_, after)| (close / after).ln());
        let least = |back: f64| if step * back > 0.0 { step.abs().min(back.abs()) } else { 0.0 };
        let spike = back.is_some_and(|back| {
            least(back) > SPIKE.ln() && (step - back).abs() <= AGREE * least(back)
        });
        if spike {
            let what = format!(
                "its close of {close} on {day} is {told} times the one before and that after"
            );
            found.push(finding((day, step), what));
            // The way back is no move of its own.
            at += 1;
        } else if step > RISE.ln() || step < -FALL.ln() {
            let what = format!(
                "its close went from {before} on {day_before} to {close} on {day}, {told} times as much in a day"
            );
            found.push(finding((day, step), what));
        }
        at += 1;
    }
    found
}
