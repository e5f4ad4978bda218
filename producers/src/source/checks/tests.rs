//! What the checks find in small series, and what they leave alone.

use super::super::finding::FindingKind;
use super::*;
use schemas::{Day, TradingCalendar};
use std::collections::BTreeSet;

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

/// Makes it a bar of one price at which nothing traded.
fn idle(bar: &mut Bar) {
    let Bar { bar_day, close, .. } = *bar;
    *bar = Bar { bar_day, open: close, high: close, low: close, close, volume: 0.0 };
}

#[test]
fn sound_bars_and_a_sound_index_have_no_findings() {
    assert_eq!(check_bars("A", &bars(&[100.0, 101.0, 77.0, 78.0])), []);
    // AMD's fall of 24 % on 2017-05-02, and what came after.
    assert_eq!(check_bars("A", &bars(&[13.62, 10.32, 10.2, 10.4, 10.9, 11.7, 11.6])), []);
    assert_eq!(check_bars("A", &[]), []);
    // The index on the days around 2018-02-05.
    let closes = [13.47, 17.31, 37.32, 29.98, 27.73, 33.46, 29.06];
    let closes: Vec<(Day, f64)> = (0..).map(Day).zip(closes).collect();
    assert_eq!(check_index("^VIX", &closes), []);
    assert_eq!(check_index("^VIX", &[]), []);
}

#[test]
fn a_split_and_a_price_in_cents_are_found_on_their_day() {
    use FindingKind::{HundredfoldPrice, SuspectedSplit};
    let found = |closes: &[f64]| words(&check_bars("A", &bars(closes)));
    assert_eq!(found(&[100.0, 25.0, 25.1]), [(SuspectedSplit, Some(1), 1.0)]);
    assert_eq!(found(&[1.0, 1.1, 60.0, 1.0]), [(HundredfoldPrice, Some(2), 4.0)]);
    assert_eq!(found(&[90.0, 0.9, 90.0]), [(HundredfoldPrice, Some(1), 5.0)]);
    assert_eq!(found(&[90.0, 0.91, 0.9]), [(HundredfoldPrice, Some(1), 5.0)]);
    assert_eq!(found(&[0.9, 0.91, 91.5, 92.0]), [(HundredfoldPrice, Some(2), 5.0)]);
}

#[test]
fn a_close_that_comes_straight_back_is_a_spike_whatever_its_factor() {
    for factor in [1.25, 1.45, 1.6, 2.6, 6.0, 13.0, 45.0] {
        for factor in [factor, 1.0 / factor] {
            let closes = [100.0, 101.0, 101.0 * factor, 99.0, 100.0];
            let found = check_bars("A", &bars(&closes));
            let kinds: Vec<_> = found.iter().map(|one| (one.kind, one.day)).collect();
            assert_eq!(kinds, [(FindingKind::PriceSpike, Some(Day(2)))], "{factor}: {found:?}");
            assert!(found[0].remedy.contains("market confirm A 1970-01-03 move"), "{found:?}");
        }
    }
    let found = check_bars("A", &bars(&[100.0, 160.0, 163.0, 158.0, 101.0, 100.0]));
    assert_eq!(words(&found).len(), 1, "three rows, told once: {found:?}");
    assert!(found[0].what.starts_with("its 3 closes from 1970-01-02 to 1970-01-04"), "{found:?}");
    // One that looks like a split each way refuses its ticker, so both words are asked for.
    let found = check_bars("A", &bars(&[100.0, 101.0, 202.0, 100.0, 101.0]));
    let days = |kind| -> Vec<i32> {
        found.iter().filter(|one| one.kind == kind).map(|one| one.day.unwrap().0).collect()
    };
    assert_eq!(days(FindingKind::SuspectedSplit), [2, 3]);
    assert_eq!(days(FindingKind::PriceSpike), [2]);
}

#[test]
fn a_cliff_that_is_no_split_is_a_level() {
    for factor in [2.5, 6.0, 9.0, 12.0, 30.0, 1_000.0] {
        for factor in [factor, 1.0 / factor] {
            let closes = [100.0, 101.0, 100.0 * factor, 102.0 * factor, 101.0 * factor];
            let found = check_bars("A", &bars(&closes));
            let kinds: Vec<_> = found.iter().map(|one| (one.kind, one.day)).collect();
            assert_eq!(kinds, [(FindingKind::PriceLevel, Some(Day(2)))], "{factor}: {found:?}");
        }
    }
    // Nothing after the last close says whether it is right.
    let found = check_bars("A", &bars(&[100.0, 101.0, 160.0]));
    assert_eq!(words(&found), [(FindingKind::PriceLevel, Some(2), 0.0)]);
    let found = check_bars("A", &bars(&[100.0, 101.0, 1e300, 1e300]));
    let told =
        "its close went from 101 on 1970-01-02 to 1e300 on 1970-01-03, 9.901e297 times as much";
    assert!(found[0].what.starts_with(told), "{found:?}");
}

#[test]
fn an_open_high_or_low_far_from_the_closes_is_found() {
    let mut odd = bars(&[100.0, 101.0, 99.0, 60.0, 100.0]);
    (odd[1].open, odd[1].high) = (10_100.0, 10_100.0);
    odd[2].low = 0.99;
    // A fall during the day: its open is near the close before.
    (odd[3].open, odd[3].high) = (98.0, 98.0);
    let found = check_bars("A", &odd);
    let far: Vec<_> =
        found.iter().filter(|one| one.kind == FindingKind::PriceFarFromClose).collect();
    assert_eq!(far.len(), 2, "{found:?}");
    assert_eq!(far[0].what, "its open of 10100 on 1970-01-02 is 100 times its close of 101");
    assert_eq!(far[1].what, "its low of 0.99 on 1970-01-03 is 0.01 times its close of 99");
    let mut cents = bars(&[10.0, 10.1, 10.2].repeat(10));
    cents.iter_mut().for_each(|bar| (bar.open, bar.high) = (1_000.0, 1_000.0));
    let found = check_bars("A", &cents);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.starts_with("30 of 30 rows"), "{found:?}");
}

#[test]
fn a_day_filled_forward_and_an_adjusted_close_are_counted() {
    let mut filled = bars(&[10.0, 11.0, 11.0, 11.0, 12.0, 12.0]);
    [2, 3, 5].into_iter().for_each(|at| idle(&mut filled[at]));
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
fn a_price_at_which_nothing_traded_is_found() {
    let mut given = bars(&[10.0, 10.2, 10.4]);
    idle(&mut given[2]);
    let found = check_bars("A", &given);
    assert_eq!(words(&found), [(FindingKind::UntradedPrice, Some(2), 1.0)]);
    assert!(found[0].what.contains("its price of 10.4 on 1970-01-03"), "{found:?}");
    idle(&mut given[1]);
    let found = check_bars("A", &given);
    assert!(found[0].what.starts_with("2 rows have a price"), "{found:?}");
}

#[test]
fn an_index_in_the_wrong_unit_is_one_finding() {
    let found = check_index("^VIX", &[(Day(1), 0.16), (Day(2), 0.2)]);
    assert_eq!(words(&found), [(FindingKind::IndexAsFraction, None, 2.0)]);
    let found = check_index("^VIX", &[(Day(1), 16.0), (Day(2), 2.0), (Day(3), 2.1)]);
    assert_eq!(words(&found)[0], (FindingKind::IndexOutsideRange, Some(2), 2.0));
}

#[test]
fn an_index_that_jumps_is_found_within_its_range() {
    let found = |closes: &[f64]| {
        let closes: Vec<(Day, f64)> = (0..).map(Day).zip(closes.iter().copied()).collect();
        let found = check_index("^VIX", &closes);
        assert!(found.iter().all(|one| one.kind == FindingKind::IndexJump), "{found:?}");
        found.iter().map(|one| one.day.unwrap().0).collect::<Vec<i32>>()
    };
    assert_eq!(found(&[16.0, 16.2, 61.0, 16.1, 16.0]), [2]);
    assert_eq!(found(&[16.0, 16.2, 9.0, 16.1, 16.0]), [2]);
    assert_eq!(found(&[16.0, 16.2, 45.0, 45.5, 44.0]), [2]);
    assert_eq!(found(&[36.0, 36.2, 16.0, 16.5, 16.2]), [2]);
}

#[test]
fn days_that_one_ticker_lacks_are_told_once() {
    let day = |text: &str| -> Day { text.parse().unwrap() };
    let (from, to) = (day("2018-05-01"), day("2018-06-29"));
    let sessions: Vec<Day> =
        (from.0..=to.0).map(Day).filter(|day| TradingCalendar::Nyse.requires(*day)).collect();
    let without = |lacks: &[Day]| -> Vec<Day> {
        sessions.iter().copied().filter(|day| !lacks.contains(day)).collect()
    };
    let halted = [day("2018-06-05"), day("2018-06-06")];
    let own = |ticker: &str, days: Vec<Day>| OwnDays { ticker: ticker.into(), days };
    let mut stocks = vec![
        own("HALT", without(&halted)),
        own("NEW", sessions[20..].to_vec()),
        own("OLD", sessions[..20].to_vec()),
    ];
    stocks.extend((0..9).map(|n| own(&format!("S{n}"), sessions.clone())));
    // A weekend row of one ticker is a day that nobody else lacks.
    stocks.push(own("SEVEN", (from.0..=to.0).map(Day).collect()));
    let told_elsewhere: BTreeSet<Day> = [day("2018-05-17")].into();
    let index = own("^VIX", without(&[day("2018-05-16"), day("2018-05-17")]));
    let has_row = |_: &str, day: Day| told_elsewhere.contains(&day);
    let found = missing_days(&stocks, &index, TradingCalendar::Nyse, &has_row);
    let told: Vec<(&str, &str)> =
        found.iter().map(|one| (one.ticker.as_str(), one.what.as_str())).collect();
    let halt = "2 trading days between 2018-05-01 and 2018-06-29 have no row, the first 2018-06-05";
    let gap = "the trading day 2018-05-16 has no row, between 2018-05-01 and 2018-06-29";
    assert_eq!(told, [("HALT", halt), ("^VIX", gap)]);
    // Nobody else tells whether a single stock was halted.
    let index = own("^VIX", sessions.clone());
    assert_eq!(missing_days(&stocks[..1], &index, TradingCalendar::Nyse, &has_row), []);
}

#[test]
fn a_small_split_is_told_where_open_and_close_show_it_and_a_real_move_is_not() {
    let of = |open: f64, close: f64| {
        let mut rows = bars(&[101.0, 100.0, close, close * 1.01]);
        rows[2].open = open;
        (rows[2].high, rows[2].low) = (open.max(close), open.min(close));
        check_bars("A", &rows)
    };
    for (ratio, told) in [(5.0 / 4.0, "5:4"), (4.0 / 3.0, "4:3"), (3.0 / 4.0, "3:4")] {
        let found = of(101.0 / ratio, 100.5 / ratio);
        assert_eq!(words(&found), [(FindingKind::PriceLevel, Some(2), 0.0)], "{found:?}");
        assert!(found[0].what.contains(&format!("as a split of {told} makes it")), "{found:?}");
    }
    // The open is no split's, or the size is none.
    assert_eq!(of(99.8, 79.7), []);
    assert_eq!(of(114.0, 124.4), []);
    assert_eq!(of(77.0, 77.5), []);
    // Beyond 1.4 nothing is needed.
    assert_eq!(words(&of(99.0, 60.0)).len(), 1);
}

#[test]
fn rows_filled_forward_are_stale_with_their_volume_too() {
    let mut rows = bars(&[100.0, 101.0, 102.0, 103.0, 104.0]);
    for at in [2, 3] {
        rows[at] = Bar { bar_day: rows[at].bar_day, ..rows[1].clone() };
    }
    let found = check_bars("A", &rows);
    assert_eq!(words(&found), [(FindingKind::StalePrices, Some(2), 2.0)], "{found:?}");
    assert!(
        found[0]
            .what
            .contains("2 rows from 1970-01-03 to 1970-01-04 repeat the prices of 1970-01-02")
    );
    let index = |closes: &[f64]| {
        let closes: Vec<(Day, f64)> = (0..).map(Day).zip(closes.iter().copied()).collect();
        words(&check_index("^VIX", &closes))
    };
    assert_eq!(
        index(&[16.0, 15.0, 15.0, 15.0, 15.0, 16.0]),
        [(FindingKind::StalePrices, Some(1), 4.0)]
    );
    assert_eq!(index(&[16.0, 15.0, 15.0, 15.0, 16.0]), []);
}

#[test]
fn a_ticker_with_the_closes_of_another_is_told_whatever_else_its_rows_hold() {
    let own = |from: f64| bars(&(0..120).map(|day| from + f64::from(day % 7)).collect::<Vec<_>>());
    let mut copy = own(50.0);
    copy.iter_mut().for_each(|bar| bar.volume += 1.0);
    copy.truncate(115);
    let all = [("A", own(50.0)), ("B", own(51.0)), ("C", copy), ("D", own(50.0)[110..].to_vec())];
    let closes: Vec<Closes> =
        all.iter().filter_map(|(ticker, bars)| Closes::of(ticker, bars, Day(119))).collect();
    let found = same_prices(&closes);
    assert_eq!(words(&found), [(FindingKind::SamePrices, None, 1.0)]);
    assert!(found[0].to_string().starts_with("C: its closes are those of A"), "{found:?}");
}
