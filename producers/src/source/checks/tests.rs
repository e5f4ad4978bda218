//! What the checks find in small series, and what they leave alone.

use super::*;

/// Bars that trade, on consecutive days from day 0.
fn bars(closes: &[f64]) -> Vec<Bar> {
    let bar = |(day, close): (i32, &f64)| {
        let (open, close) = (close * 1.001, *close);
        let (high, low) = (open, close);
        Bar { bar_day: Day(day), open, high, low, close, volume: 1e6 }
    };
    (0..).zip(closes).map(bar).collect()
}

fn words(found: &[Finding]) -> Vec<(FindingKind, Option<i32>, f64)> {
    let word = |one: &Finding| (one.kind, one.day.map(|day| day.0), one.size.round());
    found.iter().map(word).collect()
}

#[test]
fn sound_bars_and_a_sound_index_have_no_findings() {
    assert_eq!(check_bars("A", &bars(&[100.0, 101.0, 60.0, 61.0])), []);
    assert_eq!(check_bars("A", &[]), []);
    assert_eq!(check_index("^VIX", &[(Day(1), 12.0), (Day(2), 80.0)]), []);
    assert_eq!(check_index("^VIX", &[]), []);
}

#[test]
fn a_split_and_a_price_in_cents_are_found_on_their_day() {
    use FindingKind::{HundredfoldPrice, SuspectedSplit};
    let found = |closes: &[f64]| words(&check_bars("A", &bars(closes)));
    assert_eq!(found(&[100.0, 25.0, 25.0]), [(SuspectedSplit, Some(1), 1.0)]);
    assert_eq!(found(&[1.0, 1.1, 60.0, 1.0]), [(HundredfoldPrice, Some(2), 4.0)]);
    assert_eq!(found(&[90.0, 0.9, 90.0]), [(HundredfoldPrice, Some(1), 5.0)]);
    assert_eq!(found(&[90.0, 0.91, 0.9]), [(HundredfoldPrice, Some(1), 5.0)]);
    assert_eq!(found(&[0.9, 0.91, 91.5, 92.0]), [(HundredfoldPrice, Some(2), 5.0)]);
    assert_eq!(found(&[1.0, 60.0, 60.0]), []);
}

#[test]
fn a_day_filled_forward_and_an_adjusted_close_are_counted() {
    let mut filled = bars(&[10.0, 11.0, 11.0, 11.0, 12.0, 12.0]);
    for at in [2, 3, 5] {
        let Bar { bar_day, close, .. } = filled[at];
        filled[at] = Bar { bar_day, open: close, high: close, low: close, close, volume: 0.0 };
    }
    let found = check_bars("A", &filled);
    let stale = FindingKind::StalePrices;
    assert_eq!(words(&found), [(stale, Some(2), 2.0), (stale, Some(5), 1.0)]);
    let mut adjusted = bars(&[10.0, 11.0, 11.5]);
    (adjusted[1].close, adjusted[2].close) = (10.9, 11.4);
    let found = check_bars("A", &adjusted);
    assert_eq!(words(&found), [(FindingKind::CloseOutsideRange, Some(1), 2.0)]);
    assert!(found[0].what.starts_with("2 of 3 closes lie outside"), "{found:?}");
}

#[test]
fn an_index_in_the_wrong_unit_is_one_finding() {
    let found = check_index("^VIX", &[(Day(1), 0.16), (Day(2), 0.2)]);
    assert_eq!(words(&found), [(FindingKind::IndexAsFraction, None, 2.0)]);
    let found = check_index("^VIX", &[(Day(1), 16.0), (Day(2), 0.2), (Day(3), 200.0)]);
    assert_eq!(words(&found), [(FindingKind::IndexOutsideRange, Some(2), 2.0)]);
}
