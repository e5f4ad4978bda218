//! Moves from close to close: those that look like splits, closes that leave their neighbours and come
//! back, and new levels that nothing explains. On 100 stocks and four years one move was beyond a factor of
//! 1.4 (AMD, +52 %), and no close was further than 12 % from both sides of it.

use super::super::finding::{Finding, FindingKind, confirm_move};
use quant::{PriceBar, SuspectedSplit, suspected_splits};
use schemas::events::Bar;
use schemas::{Day, Figure};
use std::collections::BTreeMap;

/// A close this many times both of its neighbours is a slip of the unit, not a move.
const UNIT: f64 = 50.0;
/// A spike is this many times its neighbours, or the inverse …
const SPIKE: f64 = 1.2;
/// … lasts this many rows at most …
const SPIKE_ROWS: usize = 3;
/// … and the closes on either side of it differ by at most this share of it, in logarithms.
const AGREE: f64 = 0.3;
/// A move beyond this factor is a new level.
const LEVEL: f64 = 1.4;
/// Smaller moves are one where the close lies this near to a share ratio of these, and the open nearly so: real moves
/// of that size, of 100 stocks in four years, either had another open or another size.
const SMALL_RATIOS: [(u32, u32); 2] = [(5, 4), (4, 3)];
const SMALL_WITHIN: f64 = 0.01;
const OPEN_WITHIN: f64 = 0.03;
/// A level in another unit is a hundred times the old one within this share.
const HUNDREDFOLD_WITHIN: f64 = 0.02;

/// All of them, ascending by day.
pub(super) fn moves(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let prices: Vec<PriceBar> = bars.iter().map(PriceBar::from).collect();
    let splits: BTreeMap<Day, SuspectedSplit> =
        suspected_splits(&prices).map(|found| (found.day, found)).collect();
    let mut found = Vec::new();
    let mut back = 0;
    for at in 1..bars.len() {
        let split = splits.get(&bars[at].bar_day);
        found.extend(split.map(|split| suspected(ticker, split)));
        // What belongs to a spike, its way back too, is no move of its own.
        if at <= back || !is_far(bars[at].close / bars[at - 1].close) {
            continue;
        }
        if let Some(after) = spike(bars, at) {
            found.push(of_spike(ticker, bars, at..after));
            back = after;
        } else if split.is_none() {
            found.extend(level(ticker, bars, at));
        }
    }
    found
}

/// Whether the first row of a spike, or of a new level, can be as far as this from the row before.
fn is_far(factor: f64) -> bool {
    !(1.0 / SPIKE..=SPIKE).contains(&factor)
}

/// The small share ratio, new to old, that explains a move from a close to the next open and close.
fn small_ratio(close: f64, open: f64) -> Option<(u32, u32)> {
    let explains = |(new, old): (u32, u32)| {
        let ratio = f64::from(new) / f64::from(old);
        let near = |move_: f64, within: f64| (move_ * ratio - 1.0).abs() <= within;
        near(close, SMALL_WITHIN) && near(open, OPEN_WITHIN)
    };
    SMALL_RATIOS.into_iter().flat_map(|(new, old)| [(new, old), (old, new)]).find(|r| explains(*r))
}

fn suspected(ticker: &str, found: &SuspectedSplit) -> Finding {
    let day = found.day;
    Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: FindingKind::SuspectedSplit,
        size: found.ratio.value().ln().abs(),
        what: found.to_string(),
        remedy: format!(
            "say which it is, with `butterquant market confirm {ticker} {day} split` or {}",
            confirm_move(ticker, day)
        ),
    }
}

/// The first row after the spike that begins `at`, if one does.
fn spike(bars: &[Bar], at: usize) -> Option<usize> {
    let before = bars[at - 1].close;
    (at + 1..bars.len().min(at + SPIKE_ROWS + 1)).find(|back| {
        let after = bars[*back].close;
        let far = |from: f64| {
            let steps = bars[at..*back].iter().map(move |bar| (bar.close / from).ln());
            (steps.clone().fold(f64::MAX, f64::min), steps.fold(f64::MIN, f64::max))
        };
        let ((low, high), (low_after, high_after)) = (far(before), far(after));
        let least = low.min(low_after).max(-high.max(high_after));
        least > SPIKE.ln() && (after / before).ln().abs() <= AGREE * least
    })
}

fn of_spike(ticker: &str, bars: &[Bar], rows: std::ops::Range<usize>) -> Finding {
    let Bar { bar_day: day, close, .. } = bars[rows.start];
    let (before, after) = (bars[rows.start - 1].close, bars[rows.end].close);
    let factor = close / before;
    let (what, which) = if rows.len() == 1 {
        let factor = Figure::rounded(factor);
        let close = Figure(close);
        (
            format!(
                "its close of {close} on {day} is {factor} times the one before and that after"
            ),
            "the row or delete it",
        )
    } else {
        let last = bars[rows.end - 1].bar_day;
        (
            format!(
                "its {} closes from {day} to {last} are far from those before and after: {} between {} and {}",
                rows.len(),
                Figure(close),
                Figure(before),
                Figure(after)
            ),
            "the rows or delete them",
        )
    };
    let unit = factor.ln().abs() >= UNIT.ln();
    Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: if unit { FindingKind::HundredfoldPrice } else { FindingKind::PriceSpike },
        size: factor.ln().abs(),
        what,
        remedy: remedy(ticker, day, &format!("correct {which}")),
    }
}

/// The move to the close `at`, if it is a new level.
fn level(ticker: &str, bars: &[Bar], at: usize) -> Option<Finding> {
    let (day, close) = (bars[at].bar_day, bars[at].close);
    let Bar { bar_day: day_before, close: before, .. } = bars[at - 1];
    let factor = close / before;
    let near = |level: f64| (factor / level - 1.0).abs() <= HUNDREDFOLD_WITHIN;
    let size = factor.ln().abs();
    let small = small_ratio(factor, bars[at].open / before);
    let (told, close, before) = (Figure::rounded(factor), Figure(close), Figure(before));
    let went = format!(
        "its close went from {before} on {day_before} to {close} on {day}, {told} times as much"
    );
    let (kind, what, first) = if near(100.0) || near(0.01) {
        let what = format!(
            "from {day} on its prices are {told} times those before: {close} after {before}"
        );
        (FindingKind::HundredfoldPrice, what, "bring all rows to one unit, dollars per share")
    } else if let Some((new, old)) = small {
        let what = format!("{went}, as a split of {new}:{old} makes it");
        (FindingKind::PriceLevel, what, "if it was one, load prices that contain it")
    } else if size > LEVEL.ln() {
        let what = format!("{went}, which no known split explains");
        (FindingKind::PriceLevel, what, "correct the rows that are wrong")
    } else {
        return None;
    };
    let split = format!(
        "; a split by an unusual ratio needs `butterquant market confirm {ticker} {day} split --ratio NEW:OLD`"
    );
    let remedy = remedy(ticker, day, first) + &split;
    Some(Finding { ticker: ticker.to_owned(), day: Some(day), kind, size, what, remedy })
}

fn remedy(ticker: &str, day: Day, first: &str) -> String {
    format!("{first}, or, if the price did move so, say it with {}", confirm_move(ticker, day))
}
