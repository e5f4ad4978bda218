//! What the scanner decides at a day's end, on a simulated market and on damaged copies of it.

mod refusals;

use super::Scanner;
use crate::source::simulated::{SimulatedMarket, SimulationPlan};
use crate::source::{BarChange, Market, MarketDay, MarketNews, TickerNews, day_events};
use schemas::events::{Bars, Features, Pricing, RunOpened, Scans};
use schemas::role::Machine;
use schemas::testkit::Driven;
use schemas::{Body, Event};
use std::sync::OnceLock;

/// The last of the days below; 260 bars are known there.
const LAST: usize = 259;

/// 263 days of three stocks.
fn days() -> Vec<MarketDay> {
    static DAYS: OnceLock<Vec<MarketDay>> = OnceLock::new();
    let made = || {
        let plan = SimulationPlan { stocks: 3, days: LAST + 4, ..SimulationPlan::default() };
        let mut market = SimulatedMarket::open(plan, None).unwrap();
        let mut days: Vec<MarketDay> = Vec::new();
        while let Some(day) = market.next_day(days.last().map(|day| day.day)).unwrap() {
            days.push(day);
        }
        days
    };
    DAYS.get_or_init(made).clone()
}

/// The events of `day` on the one partition of a run that scans from its opening's day on.
fn events(driven: &Driven<Scanner>, day: &MarketDay) -> Vec<Event> {
    let scan_from = driven.controls.opened.as_ref().map(|run| run.scan_from);
    day_events(day, &MarketNews::default(), driven.previous, Some(day.day) >= scan_from, 1)
}

/// A whole day; what was decided at its end.
fn pass(driven: &mut Driven<Scanner>, day: &MarketDay) -> Vec<Event> {
    let events = events(driven, day);
    driven.take(events);
    driven.end(day.day)
}

/// A scanner before day `LAST`, the first that is scanned.
fn ready(days: &[MarketDay]) -> Driven<Scanner> {
    let mut driven = Driven::new(Scanner::default());
    let opened = RunOpened { scan_from: days[LAST].day, ..RunOpened::default() };
    driven.controls.opened = Some(opened);
    driven.previous = days[0].day + -3;
    for day in &days[..LAST] {
        assert_eq!(pass(&mut driven, day), []);
    }
    driven
}

/// Each ticker and its result: `candidate`, or the refusal's code.
fn words(decided: &[Event]) -> Vec<(String, String)> {
    let word = |event: &Event| match &event.body {
        Body::Scans(Scans::CandidateScanned(_)) => Some("candidate".to_owned()),
        Body::Scans(Scans::CandidateRefused(refused)) => {
            assert!(!refused.reason.is_empty());
            Some(refused.code.clone())
        }
        _ => None,
    };
    decided.iter().filter_map(|event| Some((event.ticker.clone(), word(event)?))).collect()
}

/// Given days damaged for SIM002, when day `LAST` is scanned, then SIM002 has this result and the
/// others are candidates.
fn check(damage: impl Fn(usize, &mut MarketDay), expected: &str) {
    let mut days = days();
    days.iter_mut().enumerate().for_each(|(n, day)| damage(n, day));
    let decided = pass(&mut ready(&days), &days[LAST]);
    let expected: Vec<(String, String)> =
        [("SIM001", "candidate"), ("SIM002", expected), ("SIM003", "candidate")]
            .map(|(ticker, word)| (ticker.to_owned(), word.to_owned()))
            .into();
    assert_eq!(words(&decided), expected);
}

/// SIM002's bar of a day, to be damaged.
fn bar(day: &mut MarketDay) -> &mut schemas::events::Bar {
    &mut day.bars.iter_mut().find(|(ticker, _)| ticker == "SIM002").unwrap().1
}

fn set_price(day: &mut MarketDay, price: f64) {
    let bar = bar(day);
    (bar.open, bar.high, bar.low, bar.close) = (price, price, price, price);
}

/// The day as a source gives it if SIM002 has no row.
fn miss(day: &mut MarketDay) {
    day.bars.retain(|(ticker, _)| ticker != "SIM002");
    day.missing.push(("SIM002".to_owned(), "no row".to_owned()));
}

#[test]
fn a_ticker_is_a_candidate_or_a_refusal_with_its_code() {
    check(|_, _| {}, "candidate");
    check(
        |n, day| {
            if n == LAST {
                miss(day)
            }
        },
        "NO_BAR",
    );
    check(|_, day| miss(day), "NO_BAR");
    check(
        |n, day| {
            if n < 9 {
                miss(day)
            }
        },
        "TOO_FEW_BARS",
    );
    check(
        |n, day| {
            if n < 8 {
                miss(day)
            }
        },
        "candidate",
    );
    check(|_, day| set_price(day, 100.0), "VOLATILITY_OUT_OF_RANGE");
    check(
        |n, day| set_price(day, 20.0 + 0.1 * (n + n % 2) as f64 + 0.01 * n as f64),
        "ONE_SIDED_RETURNS",
    );
    check(
        |n, day| {
            if n > LAST - 5 {
                bar(day).volume = 0.0
            }
        },
        "NO_VOLUME",
    );
}

#[test]
fn the_settings_in_force_price_the_candidate_and_are_recorded() {
    let days = days();
    for (pricing, expected) in [
        (Pricing { rate: 0.02, ..Pricing::default() }, "candidate"),
        (Pricing { strike_step: Some(5_000.0), ..Pricing::default() }, "CENTRE_BELOW_WING"),
        (Pricing { min_half_spread: 99.0, ..Pricing::default() }, "MAX_LOSS_OUT_OF_RANGE"),
    ] {
        let mut driven = ready(&days);
        driven.controls.settings.pricing = pricing;
        let decided = pass(&mut driven, &days[LAST]);
        assert!(words(&decided).iter().all(|(_, word)| word == expected), "{:?}", words(&decided));
        for event in decided {
            if let Body::Scans(Scans::CandidateScanned(scan)) = event.body {
                assert_eq!(scan.pricing, pricing);
            }
        }
    }
}

#[test]
fn a_candidate_and_its_features_are_said_together() {
    let days = days();
    let decided = pass(&mut ready(&days), &days[LAST]);
    assert_eq!(decided.len(), 6);
    for pair in decided.chunks(2) {
        let [scan, features] = pair else { panic!("{pair:?}") };
        assert!(matches!(&scan.body, Body::Scans(Scans::CandidateScanned(_))));
        let Body::Features(Features::FeaturesExtracted(vector)) = &features.body else {
            panic!("{features:?}")
        };
        assert_eq!(
            (vector.candidate, vector.values.len(), vector.contract_version),
            (scan.id, 23, 1)
        );
        assert_eq!((&scan.ticker, scan.day), (&features.ticker, features.day));
        assert_eq!((scan.correlation, features.correlation), (Some(scan.id), Some(scan.id)));
        assert!(vector.values.iter().all(|value| value.is_finite()));
    }
    assert!(decided.is_sorted_by_key(|event| event.ticker.clone()));
}

#[test]
fn warm_up_days_scan_nothing_and_a_missing_ticker_is_refused_on_scan_days_only() {
    let mut days = days();
    days[LAST - 1].missing.push(("GONE".to_owned(), "no row".to_owned()));
    days[LAST].missing.push(("GONE".to_owned(), "no row".to_owned()));
    let mut driven = ready(&days); // asserts that nothing is decided before
    let decided = words(&pass(&mut driven, &days[LAST]));
    assert_eq!(decided[0], ("GONE".to_owned(), "NO_BAR".to_owned()));
    assert_eq!(decided.len(), 4);
    // A day is scanned once, and only when its marker has named what to scan.
    assert_eq!(driven.decide_day(days[LAST].day).events, []);
    assert_eq!(driven.decide_day(days[LAST + 1].day).events, []);
    // Before the run is opened its scan days are unknown.
    driven.controls.opened = None;
    let events = events(&driven, &MarketDay { bars: Vec::new(), ..days[LAST + 1].clone() });
    driven.take(events);
    assert_eq!(driven.decide_day(days[LAST + 1].day).events, []);
}

#[test]
fn what_comes_later_changes_no_scan_and_an_earlier_day_is_never_rewritten() {
    let days = days();
    let plain = pass(&mut ready(&days), &days[LAST]);

    // A late row of another day changes nothing: the first row of a day stands.
    let mut driven = ready(&days);
    let today = events(&driven, &days[LAST]);
    driven.take(today);
    let mut wild = days[LAST - 1].clone();
    set_price(&mut wild, 9_999.0);
    let late: Vec<Event> =
        events(&driven, &wild).into_iter().filter(|e| e.body.marker().is_none()).collect();
    driven.take(late);
    assert_eq!(driven.end(days[LAST].day), plain);

    // A correction of yesterday counts from the day on which it is known.
    let mut driven = ready(&days);
    assert_eq!(pass(&mut driven, &days[LAST]), plain);
    let mut uncorrected = ready(&days);
    pass(&mut uncorrected, &days[LAST]);
    let bar = schemas::events::Bar {
        close: 1.03 * bar(&mut days[LAST].clone()).close,
        ..bar(&mut days[LAST].clone()).clone()
    };
    let change = BarChange { ticker: "SIM002".to_owned(), bar, revision: 1 };
    let corrected = TickerNews {
        ticker: "SIM002".to_owned(),
        corrections: vec![change],
        ..TickerNews::default()
    };
    let news = MarketNews { tickers: vec![corrected], ..MarketNews::default() };
    let nothing = MarketDay { day: days[LAST + 1].day, ..MarketDay::default() };
    let events = day_events(&nothing, &news, driven.previous, false, 1);
    driven.take(events.into_iter().filter(|event| event.body.marker().is_none()));
    let (with, without) =
        (pass(&mut driven, &days[LAST + 1]), pass(&mut uncorrected, &days[LAST + 1]));
    let of = |decided: &[Event], ticker: &str| {
        decided.iter().filter(|e| e.ticker == ticker).cloned().collect::<Vec<_>>()
    };
    assert_ne!(of(&with, "SIM002"), of(&without, "SIM002"));
    assert_eq!(of(&with, "SIM001"), of(&without, "SIM001"));
}

#[test]
fn other_tickers_order_and_a_restart_change_nothing() {
    let days = days();
    let (mut plain, mut other) = (ready(&days), ready(&days));
    for day in &days[LAST..] {
        let mut events = events(&other, day);
        let bars =
            events.iter().filter(|e| matches!(&e.body, Body::Bars(Bars::BarClosed(_)))).count();
        events[..bars].reverse();
        let (before, after) = events.split_at(bars / 2);
        other.take(before.to_vec());
        other.restart(Scanner::default());
        other.take(after.to_vec());
        assert_eq!(other.end(day.day), pass(&mut plain, day));
        assert_eq!(other.machine.save(), plain.machine.save());
    }
    assert!(Scanner::default().restore(&[255, 1, 2]).is_err());
}
