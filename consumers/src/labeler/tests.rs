//! When a candidate gets its label, and which, or why it has none.

mod splits;

use super::Labeler;
use crate::testkit::{Driven, bar, bars_closed, corrected, day, history, market, scanned, scored};
use schemas::events::{
    Alias, Bars, Execution, Fills, OrderIntent, Orders, Outcome, Outcomes, TickerMissing,
};
use schemas::role::Machine;
use schemas::{Body, Event, EventId};
use std::collections::BTreeMap;

/// Candidate A of day 70 is evaluated on day 89, a Friday, at a close of 101.
const EVALUATION: i32 = 89;

fn labeler() -> Driven<Labeler> {
    let mut driven = Driven::new(Labeler::default());
    driven.take(history(71, &["A", "B"]));
    driven.take([scanned(70, "A", 0.0)]);
    assert_eq!(driven.end(day(70)), []);
    driven
}

/// Days 71 to 90, each `change`d; all decided events.
fn mature(
    driven: &mut Driven<Labeler>,
    change: impl Fn(i32, Vec<Event>) -> Vec<Event>,
) -> Vec<Event> {
    let days = 71..=EVALUATION + 1;
    let decided = days.flat_map(|n| {
        driven.take(change(n, market(n, &["A", "B"])));
        driven.end(day(n))
    });
    decided.collect()
}

/// Given days changed like this, when the candidate matures, then this is its one outcome.
fn check(change: impl Fn(i32, Vec<Event>) -> Vec<Event>) -> Outcomes {
    let mut driven = labeler();
    let decided = mature(&mut driven, change);
    let [outcome] = &decided[..] else { panic!("{decided:?}") };
    assert_eq!(outcome.day, day(EVALUATION + 1));
    assert_eq!(
        (outcome.ticker.as_str(), outcome.correlation),
        ("A", Some(scanned(70, "A", 0.0).id))
    );
    // There is never a second one.
    driven.take(market(EVALUATION + 2, &["A", "B"]));
    assert_eq!(driven.end(day(EVALUATION + 2)), []);
    match &outcome.body {
        Body::Outcomes(outcome) => outcome.clone(),
        other => panic!("{other:?}"),
    }
}

fn matured(outcome: Outcomes) -> Outcome {
    match outcome {
        Outcomes::CandidateMatured(outcome) => outcome,
        other => panic!("{other:?}"),
    }
}

fn near(value: f64, by_hand: f64) {
    assert!((value - by_hand).abs() < 1e-12, "{value} is not {by_hand}");
}

#[test]
fn a_candidate_is_labelled_once_when_a_later_day_has_come() {
    let outcome = matured(check(|_, events| events));
    assert_eq!((outcome.scan_day, outcome.entry_day), (day(70), day(71)));
    assert_eq!((outcome.evaluation_day, outcome.class), (day(EVALUATION), 3));
    // By hand, in Python: entry at 101 with 31 days to go and σ 16 %, exit at 101 with 7 days.
    near(outcome.entry_debit, 6.197895994569001);
    near(outcome.entry_cost, 0.16023606758043918);
    near(outcome.exit_debit, 8.019555981023933);
    near(outcome.exit_cost, 0.09636351323693619);
    near(outcome.roi, 0.2461509748994533);
}

#[test]
fn a_candidate_without_a_label_says_why() {
    let without = |n: i32, events: Vec<Event>, ticker: &str| -> Vec<Event> {
        events.into_iter().filter(|event| n < 71 || event.ticker != ticker).collect()
    };
    let code = |outcome: Outcomes| match outcome {
        Outcomes::OutcomeMissing(missing) => (missing.code, missing.scan_day),
        other => panic!("{other:?}"),
    };
    let is = |code: &str| (code.to_owned(), day(70));
    assert_eq!(code(check(|n, events| without(n, events, "A"))), is("NO_BAR_AFTER"));
    let far = |n: i32, events: Vec<Event>| match n {
        71 => vec![bar(n, "A", 200.0, 101.0), bars_closed(n, Some(20.0))],
        _ => events,
    };
    assert_eq!(code(check(far)), is("NOT_TRADABLE"));
    let no_index = |n: i32, mut events: Vec<Event>| {
        if n == EVALUATION {
            events.pop();
            events.push(bars_closed(n, None));
        }
        events
    };
    assert_eq!(code(check(no_index)), is("NO_VIX_AT_EXIT"));
}

#[test]
fn without_a_bar_on_the_evaluation_date_the_last_one_before_it_is_marked() {
    let outcome = matured(check(|n, mut events| {
        events.retain(|event| n != EVALUATION || event.ticker != "A");
        events
    }));
    assert_eq!(outcome.evaluation_day, day(EVALUATION - 1));
}

/// The source's event that a ticker has no bar on day `n`.
fn missing(n: i32, ticker: &str) -> Event {
    let decided = TickerMissing { reason: "no row".to_owned() };
    Event::new(day(n), ticker, &[ticker, &day(n).to_string()], Bars::TickerMissing(decided))
}

#[test]
fn a_day_after_the_evaluation_date_is_waited_for_however_long_it_takes() {
    let mut driven = labeler();
    for n in 71..EVALUATION - 2 {
        driven.take(market(n, &["A", "B"]));
        assert_eq!(driven.end(day(n)), []);
    }
    // No trading for three weeks: no marker, no label.
    let after = EVALUATION + 15;
    driven.take(market(after, &["A", "B"]));
    let decided = driven.end(day(after));
    let [Body::Outcomes(outcome)] =
        &decided.iter().map(|event| event.body.clone()).collect::<Vec<_>>()[..]
    else {
        panic!("{decided:?}")
    };
    assert_eq!(matured(outcome.clone()).evaluation_day, day(EVALUATION - 3));
}

#[test]
fn a_bar_declared_missing_is_not_waited_for_and_counts_once_it_comes() {
    // It never trades again after its entry, so it is marked at that close.
    let gone = |n: i32, events: Vec<Event>| match n {
        71 => events,
        _ => vec![missing(n, "A"), bars_closed(n, Some(20.0))],
    };
    let outcome = matured(check(gone));
    assert_eq!((outcome.entry_day, outcome.evaluation_day), (day(71), day(71)));
    // A correction brings a bar of such a day before the label is due: it is the last one known then.
    let late = |n: i32, events: Vec<Event>| {
        let mut events = gone(n, events);
        if n == 80 {
            events.insert(0, corrected(n, "A", 75, 140.0));
        }
        events
    };
    let outcome = matured(check(late));
    assert_eq!((outcome.entry_day, outcome.evaluation_day), (day(71), day(75)));
}

#[test]
fn whatever_bars_are_missing_every_candidate_has_one_word_in_the_end() {
    let tickers = ["A", "B", "C", "D"];
    let mut driven = Driven::new(Labeler::default());
    driven.take(history(70, &tickers));
    let mut scans = BTreeMap::new();
    let mut decided: BTreeMap<EventId, Vec<&str>> = BTreeMap::new();
    for n in 70..140 {
        // A always trades, B on every third day, C not from day 75 on, D never again.
        let trades = |ticker: &str| match ticker {
            "B" => n % 3 == 0,
            "C" => n < 75,
            "D" => n == 70,
            _ => true,
        };
        let without = |event: &Event| event.ticker.is_empty() || trades(&event.ticker);
        driven.take(market(n, &tickers).into_iter().filter(without));
        if n < 90 {
            for scan in tickers.iter().filter(|ticker| trades(ticker)).map(|t| scanned(n, t, 0.0)) {
                scans.insert(scan.id, scan.ticker.clone());
                driven.take([scan]);
            }
        }
        for event in driven.end(day(n)) {
            let candidate = event.correlation.unwrap();
            assert_eq!(scans.get(&candidate), Some(&event.ticker));
            decided.entry(candidate).or_default().push(event.body.kind());
        }
    }
    assert_eq!(decided.len(), scans.len());
    assert!(decided.values().all(|words| words.len() == 1), "{decided:?}");
    let of = |ticker: &str| -> Vec<&str> {
        decided.iter().filter(|(id, _)| scans[id] == ticker).map(|(_, words)| words[0]).collect()
    };
    assert!(of("A").len() == 20 && of("A").iter().all(|kind| *kind == "CANDIDATE_MATURED"));
    // The candidate of C's last day has no bar to be opened at; D's only one neither.
    assert_eq!(of("C").iter().filter(|kind| **kind == "OUTCOME_MISSING").count(), 1);
    assert_eq!(of("D"), ["OUTCOME_MISSING"]);
}

#[test]
fn a_correction_changes_the_label_until_it_is_said_and_only_up_to_the_evaluation_date() {
    let plain = matured(check(|_, events| events));
    let with = |at: i32, of: i32, close: f64| {
        matured(check(move |n, mut events| {
            if n == at {
                events.insert(0, corrected(n, "A", of, close));
            }
            events
        }))
    };
    near(with(80, 71, 97.0).entry_debit, 5.809738596706643);
    let late = with(EVALUATION + 1, EVALUATION, 103.0);
    assert!(late.exit_debit < plain.exit_debit && late.entry_debit == plain.entry_debit);
    assert_eq!(with(EVALUATION + 1, EVALUATION + 1, 150.0), plain);
}

#[test]
fn whether_it_was_traded_or_scored_changes_nothing() {
    let mut driven = labeler();
    let before = driven.machine.save();
    let scan = scanned(70, "A", 0.0);
    let intent = OrderIntent { candidate: scan.id, ..OrderIntent::default() };
    let done = Execution { candidate: scan.id, ..Execution::default() };
    driven.take([
        scored(&scan, Alias::Champion, 0.5),
        Event::new(day(70), "A", &["1"], Orders::OrderIntended(intent)),
        Event::new(day(71), "A", &["1"], Fills::OrderExecuted(done)),
    ]);
    assert_eq!(driven.machine.save(), before);
}

#[test]
fn many_mature_in_one_order_and_a_restart_on_any_day_changes_nothing() {
    let run = |restart: bool, tickers: [&str; 3]| {
        let mut driven = Driven::new(Labeler::default());
        driven.take(history(70, &tickers));
        let mut decided = Vec::new();
        for n in 70..100 {
            driven.take(market(n, &tickers));
            if n < 74 {
                driven.take(tickers.map(|ticker| scanned(n, ticker, 0.0)));
            }
            if restart {
                driven.restart(Labeler::default());
            }
            decided.extend(driven.end(day(n)));
        }
        (decided, driven.machine.save())
    };
    let plain = run(false, ["A", "B", "C"]);
    let place = |event: &Event| match &event.body {
        Body::Outcomes(Outcomes::CandidateMatured(of)) => {
            (event.day, of.scan_day, event.ticker.clone())
        }
        other => panic!("{other:?}"),
    };
    let outcomes: Vec<_> = plain.0.iter().map(place).collect();
    assert!(outcomes.len() == 12 && outcomes.is_sorted(), "{outcomes:?}");
    assert_eq!(run(true, ["C", "B", "A"]), plain);
}
