//! When each rule fires: once per episode, and kept while no training can begin.

use super::{end, learnt, matured, shadow_day, watching};
use crate::retrainer::Retrainer;
use crate::testkit::learning::promoted;
use crate::testkit::{Driven, day, features, marker, scanned, scored};
use schemas::events::{Alias, DayClosed, Models};
use schemas::role::Machine;
use schemas::{Body, Event, Topic};

/// A retrainer that needs no rows, and counts to a million.
pub(super) fn driven() -> Driven<Retrainer> {
    let mut driven = Driven::new(Retrainer::default());
    driven.controls.settings.min_training_rows = 0;
    driven.controls.settings.retrain_outcomes = 1_000_000;
    driven
}

/// The bars marker of day `n`, a day on which a ticker is scanned.
pub(super) fn scanning(n: i32, vix: f64) -> Event {
    let scan = vec!["A".to_owned()];
    marker(Topic::Bars, n, DayClosed { vix: Some(vix), scan, ..DayClosed::default() })
}

fn evidence(decided: &[Event]) -> Vec<String> {
    let of = |event: &Event| match &event.body {
        Body::Models(Models::RetrainTriggered(triggered)) => triggered.evidence.clone(),
        other => panic!("{other:?}"),
    };
    decided.iter().map(of).collect()
}

#[test]
fn a_months_first_trading_day_trains_what_has_matured_since() {
    let mut driven = driven();
    // Days 19 and 20 are 2015-01-30 and 2015-02-02; 39, 40 and 62 are the ends of the next two.
    for (n, outcome, expected) in [
        (0, false, ""),
        (19, true, ""),
        (20, false, "month v1"),
        (21, true, ""),
        (39, false, ""),
        (40, true, "month v2"),
        (41, false, ""),
        (61, true, ""),
        (62, false, "month v3"),
        (84, false, ""),
    ] {
        driven.take([scanning(n, 15.0)]);
        driven.take(outcome.then(|| learnt(n, "A", vec![0.5; 23])).into_iter().flatten());
        assert_eq!(end(&mut driven, n), expected, "day {n}");
    }
}

#[test]
fn without_retraining_no_rule_trains_and_a_request_does() {
    let mut driven = driven();
    driven.controls.settings.retraining = false;
    driven.controls.settings.retrain_outcomes = 0;
    for n in [0, 19, 20] {
        driven.take([scanning(n, 15.0)]);
        driven.take(learnt(n, "A", vec![0.5; 23]));
        assert_eq!(end(&mut driven, n), "", "day {n}");
    }
    let status = driven.machine.status(day(20), &driven.controls);
    let states: Vec<_> = status.triggers.iter().map(|rule| rule.state).collect();
    assert_eq!(states, ["armed", "off", "off", "off", "off"]);
    driven.controls.training_requested = Some(9);
    driven.take([scanning(21, 15.0)]);
    assert_eq!(end(&mut driven, 21), "manual v1");
}

#[test]
fn a_month_of_the_warm_up_trains_nothing() {
    let mut driven = driven();
    driven.take(learnt(19, "A", vec![0.5; 23]));
    driven.take([marker(Topic::Bars, 20, DayClosed::default())]);
    assert_eq!(end(&mut driven, 20), "");
}

#[test]
fn a_rule_that_fires_under_a_watched_challenger_is_kept() {
    let mut driven = watching();
    driven.controls.settings.min_training_rows = 0;
    driven.controls.settings.shadow_days = 15;
    driven.take(learnt(71, "C", vec![0.5; 23]).into_iter().skip(1));
    for n in 71..85 {
        let vix = if n < 80 { 31.0 } else { 20.0 };
        driven.take([scanning(n, vix)]);
        assert_eq!(shadow_day(&mut driven, n, 1, 1), "", "day {n}");
    }
    driven.take([scanning(85, 20.0)]);
    assert!(shadow_day(&mut driven, 85, 1, 1).starts_with("Champion v2"));
    let due = evidence(&driven.decide_day(day(86)).events);
    assert!(due[0].starts_with("2015-05-01 is its month's first trading day; 1 new"), "{due:?}");
    assert!(due[1].starts_with("on 2015-04-20 the index had closed above 30"), "{due:?}");
    // One training answers both, and neither comes again.
    assert_eq!(end(&mut driven, 86), "month v3; vix v3");
    assert_eq!(end(&mut driven, 87), "");
}

#[test]
fn five_closes_above_thirty_fire_once_until_one_is_not_above() {
    let mut driven = driven();
    let up = |n: i32| (n, Some(35.0), "");
    let mut days: Vec<(i32, Option<f64>, &str)> = (0..4).map(up).collect();
    days.extend([(4, Some(30.0), "")]); // not above: from the beginning
    days.extend((5..9).map(up));
    days.extend([(9, None, ""), (10, Some(30.01), "vix v1")]); // a day without a close is no end
    days.extend((11..20).map(up));
    days.extend([(20, Some(12.0), "")]);
    days.extend((21..25).map(up));
    days.extend([(25, Some(80.0), "vix v2"), (26, Some(80.0), "")]);
    for (n, vix, expected) in days {
        // The marker comes on every partition and counts once.
        let closed = vix.map_or_else(
            || marker(Topic::Bars, n, DayClosed { scan: vec!["A".into()], ..DayClosed::default() }),
            |vix| scanning(n, vix),
        );
        driven.take([closed.clone(), closed]);
        assert_eq!(end(&mut driven, n), expected, "day {n}");
    }
}

#[test]
fn a_high_index_before_the_first_scan_day_fires_on_that_day() {
    let mut driven = driven();
    for n in 0..9 {
        let warm_up = DayClosed { vix: Some(40.0), ..DayClosed::default() };
        driven.take([marker(Topic::Bars, n, warm_up)]);
        assert_eq!(end(&mut driven, n), "", "day {n}");
    }
    driven.take([scanning(9, 40.0)]);
    assert_eq!(end(&mut driven, 9), "vix v1");
}

/// Day `n`: the champion predicts class 0 for two candidates; those of day `n - 5` mature as class 0
/// where `hits` is true, else as class 3.
fn judged_day(driven: &mut Driven<Retrainer>, n: i32, hits: impl Fn(i32) -> [bool; 2]) -> String {
    for ticker in ["A", "B"] {
        let scan = scanned(n, ticker, 0.0);
        driven.take([
            features(n, ticker, scan.id, vec![0.5; 23]),
            scored(&scan, Alias::Champion, 0.1),
        ]);
    }
    for (ticker, hit) in ["A", "B"].into_iter().zip(hits(n - 5)).filter(|_| n >= 5) {
        let scan = scanned(n - 5, ticker, 0.0);
        driven.take([matured(n, &scan, 0.1, if hit { 0 } else { 3 })]);
    }
    end(driven, n)
}

#[test]
fn sixty_matured_days_of_low_accuracy_fire_until_the_next_promotion() {
    let mut driven = driven();
    let never = |_: i32| [false; 2];
    // The 60th scan day is day 59, matured on day 64.
    for n in 0..90 {
        let expected = if n == 64 { "accuracy v1" } else { "" };
        assert_eq!(judged_day(&mut driven, n, never), expected, "day {n}");
    }
    driven.take([promoted(day(90), 1, Alias::Champion)]);
    // Armed again for what is scored from then on: 60 days more, and five to mature.
    for n in 90..160 {
        let expected = if n == 154 { "accuracy v2" } else { "" };
        assert_eq!(judged_day(&mut driven, n, never), expected, "day {n}");
    }
}

#[test]
fn accuracy_that_may_be_low_by_chance_fires_nothing() {
    // A third of the days right altogether: 33 %, and 56 % with its error.
    let thirds = |n: i32| [n % 3 == 0; 2];
    let mut driven = driven();
    for n in 0..80 {
        assert_eq!(judged_day(&mut driven, n, thirds), "", "day {n}");
    }
    let status = driven.machine.status(day(79), &driven.controls);
    let of = &status.triggers[3];
    assert_eq!((of.rule, of.state, &of.figures["days"]), ("accuracy", "armed", &60.into()));
    let (mean, bound) = (of.figures["accuracy"].as_f64(), of.figures["bound"].as_f64());
    assert!((mean.unwrap() - 1.0 / 3.0).abs() < 0.01 && bound.unwrap() > 0.5, "{of:?}");
    assert!(of.summary.starts_with("60 scan days; 33."), "{}", of.summary);
    // A day with a candidate that has no outcome yet is not matured.
    assert!(driven.machine.0.triggers.accuracy.recent().is_some_and(|recent| recent.days == 60));
}

#[test]
fn one_training_answers_every_rule_that_is_due() {
    let mut driven = driven();
    driven.controls.settings.retrain_outcomes = 1;
    driven.controls.training_requested = Some(0);
    driven.controls.offset = 0;
    driven.take(learnt(19, "A", vec![0.5; 23]).into_iter().chain(learnt(19, "B", vec![0.5; 23])));
    driven.take([scanning(20, 15.0)]);
    let decision = driven.decide_day(day(20));
    assert!(decision.effect.is_some());
    let mut ids: Vec<_> = decision.events.iter().map(|event| event.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(end(&mut driven, 20), "manual v1; count v1; month v1");
    assert_eq!(end(&mut driven, 21), "");
    let json = serde_json::to_value(driven.machine.status(day(21), &driven.controls)).unwrap();
    assert_eq!(json["triggers"][1]["figures"], serde_json::json!({ "outcomes": 0, "over": 1 }));
    assert!(json["triggers"][2]["said"].as_str().unwrap().contains("2015-03-01"));
}

#[test]
fn state_of_another_shape_names_the_remedy() {
    let saved = Retrainer::default().save();
    let mut driven = driven();
    let error = driven.machine.restore(&saved[..saved.len() - 1]).unwrap_err().to_string();
    assert!(error.contains("`butterquant rebuild --all` makes it again"), "{error}");
}
