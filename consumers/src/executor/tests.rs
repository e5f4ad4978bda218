//! What the executor chooses and refuses, day by day, on artificial candidates.

mod books;
mod cash;
mod laws;
mod splits;

use super::Executor;
use crate::testkit::{Driven, closed, day, history, market, scanned, scored, unscored};
use schemas::events::{
    Action, Alias, Execution, Fills, OrderEnded, OrderIntent, Orders, Settings, Track, TrackMarked,
};
use schemas::{Body, Event, Money, Topic};

/// A ticker, its technical score and the champion's expected ROI.
type Candidate<'a> = (&'a str, f64, Option<f64>);

/// Everything that closes day `n` for the executor: bars, scans, predictions, their marker.
fn today(n: i32, candidates: &[Candidate<'_>]) -> Vec<Event> {
    let tickers: Vec<&str> = candidates.iter().map(|(ticker, ..)| *ticker).collect();
    let scans: Vec<Event> =
        candidates.iter().map(|(ticker, score, _)| scanned(n, ticker, *score)).collect();
    let predictions: Vec<Event> = scans
        .iter()
        .zip(candidates)
        .map(|(scan, (_, _, roi))| match roi {
            Some(roi) => scored(scan, Alias::Champion, *roi),
            None => unscored(scan, Alias::Champion, "no model is in force"),
        })
        .collect();
    let marker = closed(Topic::Predictions, n);
    market(n, &tickers).into_iter().chain(scans).chain(predictions).chain([marker]).collect()
}

fn short(track: Track) -> &'static str {
    if track == Track::ButterAI { "AI" } else { "Base" }
}

/// The orders and refusals as one line, in the order of decision.
fn line(decided: &[Event]) -> String {
    let words = decided.iter().filter_map(|event| match &event.body {
        Body::Orders(Orders::OrderIntended(intent)) => {
            let does = if intent.action == Action::Open { "opens" } else { "closes" };
            Some(format!("{} {does} {}", short(intent.track), event.ticker))
        }
        Body::Orders(Orders::OrderRefused(refused)) => {
            Some(format!("{} {} {}", short(refused.track), refused.code, event.ticker))
        }
        _ => None,
    });
    words.collect::<Vec<_>>().join("; ")
}

fn intents(decided: &[Event]) -> Vec<(Event, OrderIntent)> {
    let intent = |event: &Event| match &event.body {
        Body::Orders(Orders::OrderIntended(intent)) => Some((event.clone(), intent.clone())),
        _ => None,
    };
    decided.iter().filter_map(intent).collect()
}

fn marks(decided: &[Event]) -> Vec<TrackMarked> {
    let mark = |event: &Event| match &event.body {
        Body::Orders(Orders::TrackMarked(mark)) => Some(mark.clone()),
        _ => None,
    };
    decided.iter().filter_map(mark).collect()
}

/// The broker's executions on day `n` of the intents in `decided`, in millionths of a dollar.
fn filled(n: i32, decided: &[Event], price: i64, fees: i64) -> Vec<Event> {
    let execution = |(event, intent): (Event, OrderIntent)| {
        let done = Execution {
            broker_order_id: intent.broker_order_id,
            track: intent.track,
            action: intent.action,
            candidate: intent.candidate,
            structure: intent.structure,
            quantity: intent.quantity,
            price: Money(price),
            fees: Money(fees),
            sigma: intent.sigma,
            pricing: intent.pricing,
            ..Execution::default()
        };
        let id = event.id.to_string();
        Event::new(day(n), &event.ticker, &[&id], Fills::OrderExecuted(done))
    };
    intents(decided).into_iter().map(execution).collect()
}

/// The same orders, ended without a trade.
fn ended(n: i32, decided: &[Event], kind: fn(OrderEnded) -> Fills) -> Vec<Event> {
    let ended = |(event, intent): (Event, OrderIntent)| {
        let ended = OrderEnded {
            broker_order_id: intent.broker_order_id,
            track: intent.track,
            action: intent.action,
            candidate: intent.candidate,
            ..OrderEnded::default()
        };
        Event::new(day(n), &event.ticker, &[&event.id.to_string()], kind(ended))
    };
    intents(decided).into_iter().map(ended).collect()
}

/// An executor that knows 70 days of these tickers.
fn executor(tickers: &[&str]) -> Driven<Executor> {
    let mut driven = Driven::new(Executor::default());
    driven.take(history(70, tickers));
    driven
}

/// Given these candidates on one day, when the day ends, then this is decided.
fn check(change: impl FnOnce(&mut Settings), candidates: &[Candidate<'_>], expected: &str) {
    let tickers: Vec<&str> = candidates.iter().map(|(ticker, ..)| *ticker).collect();
    let mut driven = executor(&tickers);
    change(&mut driven.controls.settings);
    driven.take(today(70, candidates));
    assert_eq!(line(&driven.end(day(70))), expected);
}

#[test]
fn what_is_over_the_threshold_is_opened_highest_first_then_by_ticker() {
    let keep = |_: &mut Settings| {};
    check(keep, &[], "");
    check(keep, &[("A", 0.0, Some(0.15)), ("B", 0.0, Some(0.1501))], "AI opens B");
    check(
        keep,
        &[("A", 0.0, Some(0.2)), ("B", 0.0, Some(0.3)), ("C", 0.0, Some(0.2))],
        "AI opens B; AI opens A; AI opens C",
    );
    check(keep, &[("A", 60.0, Some(0.0)), ("B", 60.5, Some(-0.2)), ("C", 99.0, None)], {
        "Base opens C; Base opens B"
    });
    let lower = |settings: &mut Settings| settings.expected_roi_over = -0.5;
    check(lower, &[("A", 0.0, Some(-0.4)), ("B", 0.0, Some(-0.6))], "AI opens A");
}

#[test]
fn what_is_over_the_threshold_and_over_a_limit_is_refused_with_its_code() {
    let three = [("A", 0.0, Some(0.2)), ("GOOG", 0.0, Some(0.3)), ("GOOGL", 61.0, Some(0.4))];
    check(|_| {}, &three, "AI opens GOOGL; AI opens A; AI COMPANY_HELD GOOG; Base opens GOOGL");
    check(|s| s.share_classes.clear(), &three, {
        "AI opens GOOGL; AI opens GOOG; AI opens A; Base opens GOOGL"
    });
    check(|s| s.max_new_per_day = 1, &three, {
        "AI opens GOOGL; AI COMPANY_HELD GOOG; AI DAILY_LIMIT A; Base opens GOOGL"
    });
    check(|s| s.max_open = 1, &three, {
        "AI opens GOOGL; AI COMPANY_HELD GOOG; AI POSITION_LIMIT A; Base opens GOOGL"
    });
    // One contract risks 6.50 × 100 dollars.
    check(|s| s.risk_per_trade = Money(649_999_999), &three[..1], "AI TOO_LARGE A");
    check(|s| s.risk_per_trade = Money(650_000_000), &three[..1], "AI opens A");
}

#[test]
fn a_halted_track_refuses_by_naming_the_offset_and_the_other_goes_on() {
    let mut driven = executor(&["A"]);
    driven.controls.halted.insert(Track::ButterAI, 41);
    driven.take(today(70, &[("A", 61.0, Some(0.2))]));
    let decided = driven.end(day(70));
    assert_eq!(line(&decided), "AI HALTED A; Base opens A");
    let Body::Orders(Orders::OrderRefused(refused)) = &decided[0].body else {
        panic!("{decided:?}")
    };
    assert!(refused.reason.contains("controls offset 41"), "{}", refused.reason);
    assert_eq!(
        (decided[0].correlation, refused.candidate),
        (Some(refused.candidate), scanned(70, "A", 0.0).id)
    );
}

#[test]
fn a_shadow_is_never_traded_and_without_a_model_the_mark_says_so() {
    let mut driven = executor(&["A", "B"]);
    let scans = [scanned(70, "A", 0.0), scanned(70, "B", 0.0)];
    driven.take(market(70, &["A", "B"]));
    driven.take(scans.clone());
    for scan in scans.iter().rev() {
        let why = format!("no model for {}", scan.ticker);
        driven.take([scored(scan, Alias::Challenger, 9.0), unscored(scan, Alias::Champion, &why)]);
    }
    driven.take([closed(Topic::Predictions, 70)]);
    let decided = driven.end(day(70));
    assert_eq!(line(&decided), "");
    let [ai, base] = &marks(&decided)[..] else { panic!("{decided:?}") };
    assert_eq!((ai.candidates, ai.highest, ai.note.as_deref()), (0, None, Some("no model for A")));
    assert_eq!((base.candidates, base.highest, base.note.as_deref()), (2, Some(0.0), None));

    // One refused candidate among scored ones is no reason for trading nothing.
    driven.take(today(71, &[("A", 0.0, None), ("B", 0.0, Some(0.1))]));
    let mark = &marks(&driven.end(day(71)))[0];
    assert_eq!((mark.candidates, mark.highest, mark.note.as_deref()), (1, Some(0.1), None));
    // Nothing of yesterday's candidates is kept.
    let kept = &driven.machine.0;
    assert!(kept.scans.is_empty() && kept.scores.is_empty() && kept.unscored.is_empty());
    driven.take(today(72, &[]));
    assert_eq!(marks(&driven.end(day(72)))[0].candidates, 0);
}
