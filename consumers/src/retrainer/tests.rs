//! When a training starts and how long a challenger is watched, day by day.

mod awaited;
mod matured;
mod operator;
mod training;
mod triggers;

use super::Retrainer;
use crate::testkit::learning::{model, promoted, sample, trained};
use crate::testkit::{Driven, day, features, scanned, scored, unscored};
use schemas::events::{Alias, DayClosed, Models, Outcome, OutcomeMissing, Outcomes};
use schemas::role::Machine;
use schemas::{Body, Event};

fn matured(n: i32, scan: &Event, roi: f64, class: i32) -> Event {
    let outcome = Outcome {
        candidate: scan.id,
        scan_day: scan.day,
        evaluation_day: day(n - 1),
        roi,
        class,
        ..Outcome::default()
    };
    Event::new(day(n), &scan.ticker, &[&scan.id.to_string()], Outcomes::CandidateMatured(outcome))
}

/// A candidate of day `n - 5` with its features, and its outcome on day `n`.
fn learnt(n: i32, ticker: &str, values: Vec<f64>) -> [Event; 2] {
    let scan = scanned(n - 5, ticker, 0.0);
    [features(n - 5, ticker, scan.id, values), matured(n, &scan, 0.1, 2)]
}

/// The events on `models` as one line.
fn line(decided: &[Event]) -> String {
    let word = |event: &Event| match &event.body {
        Body::Models(Models::RetrainTriggered(of)) => format!("{} v{}", of.rule, of.version),
        Body::Models(Models::TrainingDeferred(of)) => format!("{} waits", of.rule),
        Body::Models(Models::ModelTrained(of)) => format!("trained v{}", of.version),
        Body::Models(Models::ModelRefused(of)) => {
            format!("refused v{}: {}", of.version, of.reasons.join(", "))
        }
        Body::Models(Models::ModelPromoted(of)) => {
            format!("{:?} v{}: {}", of.alias, of.version, of.reason)
        }
        other => panic!("{other:?}"),
    };
    decided.iter().map(word).collect::<Vec<_>>().join("; ")
}

/// The versions that the day's marker names.
fn named(driven: &Driven<Retrainer>) -> (Option<i64>, Option<i64>) {
    let mut marker = DayClosed::default();
    driven.machine.note(&mut marker);
    (marker.champion.map(|model| model.version), marker.challenger.map(|model| model.version))
}

/// Ends the day and comes back after a restart.
fn end(driven: &mut Driven<Retrainer>, n: i32) -> String {
    let decided = line(&driven.end(day(n)));
    driven.restart(Retrainer::default());
    decided
}

#[test]
fn features_and_outcomes_become_rows_where_a_training_can_take_them() {
    let mut driven = Driven::new(Retrainer::default());
    let mut bad = vec![0.5; 23];
    bad[3] = f64::INFINITY;
    driven.take(learnt(75, "A", (0..23).map(f64::from).collect()));
    driven.take(learnt(75, "B", bad));
    driven.take(learnt(75, "C", vec![0.5; 22]));
    let [mut other, outcome] = learnt(75, "D", vec![0.5; 23]);
    if let Body::Features(schemas::events::Features::FeaturesExtracted(vector)) = &mut other.body {
        vector.contract_version = 2;
    }
    driven.take([other, outcome]);
    // Outcomes without known features, or without a usable value.
    let scan = scanned(70, "E", 0.0);
    driven.take([matured(75, &scan, 0.1, 2), features(70, "E", scan.id, vec![0.5; 23])]);
    driven.take([matured(75, &scan, f64::NAN, 2)]);
    let scan = scanned(70, "F", 0.0);
    driven.take([features(70, "F", scan.id, vec![0.5; 23]), matured(75, &scan, 0.1, 4)]);
    let missing =
        OutcomeMissing { candidate: scanned(70, "G", 0.0).id, ..OutcomeMissing::default() };
    driven.take([features(70, "G", missing.candidate, vec![0.5; 23])]);
    driven.take([Event::new(day(75), "G", &["G"], Outcomes::OutcomeMissing(missing))]);

    let state = &driven.machine.0;
    let [row] = state.rows.scanned_before(i32::MAX)[..] else { panic!("{:?}", state.rows) };
    assert_eq!((row.features[22], row.roi, row.class, row.weight), (22.0, 0.1, 2, 1.0));
    assert_eq!((row.scan_day, row.evaluation_day), (day(70).0, day(74).0));
    assert_eq!((state.new_outcomes, state.waiting.len()), (7, 0));
}

#[test]
fn more_outcomes_than_the_setting_start_a_training_once_and_samples_do_not() {
    let mut driven = Driven::new(Retrainer::default());
    (driven.controls.settings.retrain_outcomes, driven.controls.settings.min_training_rows) =
        (3, 0);
    let before = driven.machine.save();
    driven.take(
        crate::testkit::learning::rows(2, 5).iter().enumerate().map(|(n, row)| sample(n, row)),
    );
    assert_eq!(driven.machine.save(), before);

    for (n, expected) in [
        (71, ""),
        (72, ""),
        (73, ""),
        (74, "count v1"),
        (75, ""),
        (76, ""),
        (77, ""),
        (78, "count v2"),
    ] {
        driven.take(learnt(n, "A", vec![0.5; 23]));
        assert_eq!(end(&mut driven, n), expected, "day {n}");
    }
}

#[test]
fn a_training_asked_for_is_answered_once() {
    let mut driven = Driven::new(Retrainer::default());
    driven.controls.settings.min_training_rows = 0;
    for (n, asked, expected) in [
        (71, None, ""),
        (72, Some(5), "manual v1"),
        (73, Some(5), ""),
        (74, Some(6), "manual v2"),
        (75, Some(6), ""),
    ] {
        driven.controls.training_requested = asked;
        driven.controls.offset = asked.unwrap_or(-1);
        let decision = driven.decide_day(day(n));
        assert_eq!(decision.effect.is_some(), !expected.is_empty());
        assert_eq!(end(&mut driven, n), expected, "day {n}");
    }
}

/// Version 1 in force, version 2 named challenger on day 70.
fn watching() -> Driven<Retrainer> {
    let mut driven = Driven::new(Retrainer::default());
    let (onnx, sha256) = (&model().onnx, &model().sha256);
    driven.take([trained(day(69), 1, onnx.clone(), sha256), promoted(day(69), 1, Alias::Champion)]);
    driven.machine.close_day(day(69));
    // On the day it is named it has scored nothing yet.
    driven.take([features(70, "A", scanned(70, "A", 0.0).id, vec![0.5; 23])]);
    assert_eq!(end(&mut driven, 70), "");
    driven
        .take([trained(day(70), 2, onnx.clone(), sha256), promoted(day(70), 2, Alias::Challenger)]);
    driven.machine.close_day(day(70));
    assert_eq!(named(&driven), (Some(1), Some(2)));
    driven
}

/// A day of `candidates`, of which the challenger scores `scored`; both are scored by the champion.
fn shadow_day(
    driven: &mut Driven<Retrainer>,
    n: i32,
    candidates: usize,
    by_challenger: usize,
) -> String {
    for (number, ticker) in ["A", "B", "C"].into_iter().take(candidates).enumerate() {
        let scan = scanned(n, ticker, 0.0);
        driven.take([
            features(n, ticker, scan.id, vec![0.5; 23]),
            scored(&scan, Alias::Champion, 0.1),
        ]);
        driven.take((number < by_challenger).then(|| scored(&scan, Alias::Challenger, 0.1)));
    }
    end(driven, n)
}

#[test]
fn a_challenger_that_scores_every_candidate_of_five_days_is_promoted() {
    let mut driven = watching();
    (driven.controls.settings.retrain_outcomes, driven.controls.settings.min_training_rows) =
        (0, 0);
    driven.take(learnt(71, "C", vec![0.5; 23]).into_iter().skip(1));
    // A day without candidates proves nothing; the count that would start a training waits.
    for (n, candidates) in [(71, 2), (72, 1), (73, 0), (74, 3), (75, 2), (76, 0)] {
        assert_eq!(shadow_day(&mut driven, n, candidates, candidates), "", "day {n}");
        assert_eq!(named(&driven), (Some(1), Some(2)));
    }
    let decided = shadow_day(&mut driven, 77, 1, 1);
    assert_eq!(decided, "Champion v2: scored every candidate of 5 days");
    assert_eq!(named(&driven), (Some(2), None));
    assert_eq!(end(&mut driven, 78), "count v3");
}

#[test]
fn a_challenger_that_misses_or_refuses_a_candidate_falls() {
    let mut driven = watching();
    assert_eq!(shadow_day(&mut driven, 71, 2, 2), "");
    assert_eq!(
        shadow_day(&mut driven, 72, 2, 1),
        "refused v2: as a shadow it scored 1 of 2 candidates; fix what kept it from scoring; the \
         next training produces another challenger"
    );
    assert_eq!(named(&driven), (Some(1), None));
    assert_eq!(end(&mut driven, 73), "");

    let mut driven = watching();
    let scan = scanned(71, "B", 0.0);
    driven.take([
        unscored(&scan, Alias::Champion, "not mine"),
        unscored(&scan, Alias::Challenger, "rsi is NaN"),
    ]);
    let decided = shadow_day(&mut driven, 71, 1, 1);
    assert!(decided.starts_with("refused v2: as a shadow it refused a candidate: rsi is NaN; fix"));
}
