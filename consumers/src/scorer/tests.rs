//! Which model scores a candidate, and the refusal if none can.

use super::{Loader, Scorer};
use crate::testkit::learning::{model, rows, trained};
use crate::testkit::{Driven, day, features, marker, scanned};
use schemas::controls::Rollback;
use schemas::events::{DayClosed, ModelRef, Predictions};
use schemas::role::{Cause, Machine};
use schemas::{Body, Event, Topic};
use std::sync::Arc;
use success::Engine;

fn loader() -> Arc<Loader> {
    Arc::new(Loader::new(Engine::candle()))
}

fn values() -> Vec<f64> {
    rows(1, 1)[0].features.to_vec()
}

/// The `models` marker of day `n`, decided under a `controls` offset.
fn named(n: i32, champion: Option<i64>, challenger: Option<i64>, offset: i64) -> Event {
    let reference = |version| ModelRef { version, sha256: model().sha256.clone() };
    let named = DayClosed {
        champion: champion.map(reference),
        challenger: challenger.map(reference),
        ..DayClosed::default()
    };
    let mut marker = marker(Topic::Models, n, named);
    marker.control_offset = Some(offset);
    marker
}

/// A scorer of day 71 that has read versions 1 and 2 of the model.
fn scorer(champion: Option<i64>, challenger: Option<i64>) -> Driven<Scorer> {
    let mut driven = Driven::new(Scorer::new(loader()));
    for version in [1, 2] {
        driven.take([trained(day(69), version, model().onnx.clone(), &model().sha256)]);
    }
    driven.take([named(70, champion, challenger, 10)]);
    driven
}

/// The predictions for one candidate with these features: versions or reasons.
fn says(driven: &mut Driven<Scorer>, values: Vec<f64>) -> String {
    let candidate = scanned(71, "A", 0.0).id;
    says_of(driven, &features(71, "A", candidate, values))
}

fn says_of(driven: &mut Driven<Scorer>, asked: &Event) -> String {
    driven.take([asked.clone()]);
    let decided = driven.decide(Cause::Event(asked)).events;
    let word = |event: &Event| match &event.body {
        Body::Predictions(Predictions::CandidateScored(score)) => {
            assert_eq!(event.correlation, Some(score.candidate));
            assert!((score.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
            assert_eq!(
                (score.model_sha256.as_str(), score.provider.as_str()),
                (model().sha256.as_str(), "candle-cpu")
            );
            format!("{:?} v{}", score.alias, score.model_version)
        }
        Body::Predictions(Predictions::ScoringRefused(refused)) => {
            format!("{:?} refused: {}", refused.alias, refused.reason)
        }
        other => panic!("{other:?}"),
    };
    decided.iter().map(word).collect::<Vec<_>>().join("; ")
}

/// Given this event, when it is scored, then the refusal contains these words.
fn check_refused(driven: &mut Driven<Scorer>, asked: &Event, words: &[&str]) {
    let decided = says_of(driven, asked);
    assert!(
        decided.starts_with("Champion refused: ")
            && words.iter().all(|word| decided.contains(word)),
        "{decided}"
    );
}

#[test]
fn the_champion_scores_and_a_challenger_beside_it() {
    assert_eq!(says(&mut scorer(Some(1), None), values()), "Champion v1");
    assert_eq!(says(&mut scorer(Some(1), Some(2)), values()), "Champion v1; Challenger v2");
    let decided = says(&mut scorer(None, Some(2)), values());
    assert!(
        decided.starts_with("Champion refused: no model") && decided.ends_with("Challenger v2"),
        "{decided}"
    );
}

#[test]
fn scores_are_those_of_the_model_whatever_came_before() {
    let asked = features(71, "A", scanned(71, "A", 0.0).id, values());
    let mut driven = scorer(Some(1), Some(2));
    let first = driven.decide(Cause::Event(&asked)).events;
    let by_hand =
        Engine::candle().load(&model().onnx).unwrap().score(&[rows(1, 1)[0].features]).unwrap();
    let Body::Predictions(Predictions::CandidateScored(score)) = &first[0].body else {
        panic!("{first:?}")
    };
    assert_eq!(
        (score.expected_roi, score.class),
        (by_hand[0].expected_roi, i32::from(by_hand[0].class))
    );

    for other in ["B", "C"] {
        says_of(&mut driven, &features(71, other, scanned(71, other, 0.0).id, vec![1.0; 23]));
    }
    driven.restart(Scorer::new(loader()));
    assert_eq!(driven.decide(Cause::Event(&asked)).events, first);
}

#[test]
fn what_cannot_be_scored_is_refused_with_the_reason() {
    let of = |values: Vec<f64>| features(71, "A", scanned(71, "A", 0.0).id, values);
    let driven = || scorer(Some(1), None);
    check_refused(
        &mut driven(),
        &of(vec![0.5; 22]),
        &["22 features", "the contract has 23", "retrain (`butterquant train`)"],
    );
    let mut missing = values();
    missing[7] = f64::NAN;
    check_refused(&mut driven(), &of(missing), &[schemas::contract::FEATURE_NAMES[7]]);
    let mut other = of(values());
    if let Body::Features(schemas::events::Features::FeaturesExtracted(vector)) = &mut other.body {
        vector.contract_version = 2;
    }
    check_refused(
        &mut driven(),
        &other,
        &["contract 2", "contract 1", "retrain (`butterquant train`)"],
    );
    check_refused(&mut scorer(Some(3), None), &of(values()), &["v3", "not on the log"]);

    let mut none = scorer(None, None);
    none.controls.settings.min_training_rows = 321;
    check_refused(
        &mut none,
        &of(values()),
        &["no model is in force", "321", "--history N", "`butterquant train`"],
    );
}

/// ButterAI was idle because of 23 refusals, and was told that a model waits for rows.
#[test]
fn without_a_model_the_reason_is_what_came_of_the_trainings() {
    use schemas::events::{ModelRefused, Models, RetrainTriggered, RunOpened};
    let asked = features(71, "A", scanned(71, "A", 0.0).id, values());
    let mut driven = Driven::new(Scorer::new(loader()));
    let about = |body| Event::new(day(69), "", &["1"], body);
    let triggered = RetrainTriggered { version: 1, ..RetrainTriggered::default() };
    let mut failed = trained(day(69), 1, model().onnx.clone(), &model().sha256);
    if let Body::Models(Models::ModelTrained(model)) = &mut failed.body {
        model.passed = false;
    }
    let refused = ModelRefused { version: 1, reasons: vec!["not proven better".to_owned()] };
    driven.take([
        about(Models::RetrainTriggered(triggered)),
        failed,
        about(Models::ModelRefused(refused)),
        named(70, None, None, 10),
    ]);
    let opened = |code_version: &str| {
        Some(RunOpened { code_version: code_version.to_owned(), ..RunOpened::default() })
    };
    driven.controls.opened = opened("0.1.0");
    let words = &["the gate refused 1 model; the last, v1 on ", ": not proven better;"];
    check_refused(&mut driven, &asked, words);
    driven.restart(Scorer::new(loader()));
    check_refused(&mut driven, &asked, words);
    // A run from before keeps its sentence, and so replays.
    driven.controls.opened = opened("");
    check_refused(&mut driven, &asked, &["no model is in force; one is trained once"]);

    driven.controls.opened = opened("0.1.0");
    driven.take([named(71, None, Some(2), 10)]);
    let decided = says_of(&mut driven, &features(72, "A", scanned(72, "A", 0.0).id, values()));
    assert!(decided.contains("v2 has passed its gate and is being watched"), "{decided}");
}

#[test]
fn damaged_bytes_and_other_bytes_are_refused_and_do_not_stay_in_the_way() {
    let asked = features(71, "A", scanned(71, "A", 0.0).id, values());
    let (onnx, sha256) = (&model().onnx, &model().sha256);
    let mut damaged = onnx.clone();
    damaged[onnx.len() / 2] ^= 1;
    let of_damaged = schemas::id::sha256_hex(&damaged);
    let shared = loader();
    let with = |bytes: &[u8], sha256: &str| {
        let mut driven = Driven::new(Scorer::new(shared.clone()));
        driven.take([trained(day(69), 1, bytes.to_vec(), sha256), named(70, Some(1), None, 10)]);
        driven
    };
    check_refused(&mut with(&damaged, sha256), &asked, &["v1", "sha256", "model verify 1"]);
    check_refused(&mut with(&damaged, &of_damaged), &asked, &["v1"]);
    check_refused(&mut with(&onnx[..99], &schemas::id::sha256_hex(&onnx[..99])), &asked, &["v1"]);
    assert_eq!(says_of(&mut with(onnx, sha256), &asked), "Champion v1");
}

#[test]
fn a_model_that_did_not_pass_its_gate_is_not_there() {
    let mut driven = Driven::new(Scorer::new(loader()));
    let mut failed = trained(day(69), 1, model().onnx.clone(), &model().sha256);
    if let Body::Models(schemas::events::Models::ModelTrained(model)) = &mut failed.body {
        model.passed = false;
    }
    driven.take([failed, named(70, Some(1), None, 10)]);
    check_refused(
        &mut driven,
        &features(71, "A", scanned(71, "A", 0.0).id, values()),
        &["not on the log"],
    );
}

#[test]
fn a_rollback_after_the_marker_overrides_it_and_one_before_does_not() {
    for (offset, expected) in [(9, "Champion v1"), (10, "Champion v1"), (11, "Champion v2")] {
        let mut driven = scorer(Some(1), None);
        driven.controls.rollback = Some(Rollback { version: 2, offset });
        assert_eq!(says(&mut driven, values()), expected, "rolled back at {offset}");
        // The next day's marker, decided later, overrides it.
        driven.take([named(71, Some(1), None, 12)]);
        assert_eq!(says(&mut driven, values()), "Champion v1");
        driven.restart(Scorer::new(loader()));
        assert_eq!(says(&mut driven, values()), "Champion v1");
    }
}

#[test]
fn a_rollback_to_a_version_that_cannot_be_used_changes_nothing() {
    let mut driven = scorer(Some(1), None);
    driven.take([trained(day(69), 3, b"no model".to_vec(), &schemas::id::sha256_hex(b"no model"))]);
    for version in [3, 9] {
        driven.controls.rollback = Some(Rollback { version, offset: 11 });
        assert_eq!(says(&mut driven, values()), "Champion v1");
    }
}

#[test]
fn a_champion_that_cannot_be_used_is_not_put_in_force_and_the_one_before_goes_on() {
    let (onnx, sha256) = (&model().onnx, &model().sha256);
    let mut tampered = onnx.clone();
    tampered[onnx.len() / 3] ^= 4;
    let hash = |bytes: &[u8]| schemas::id::sha256_hex(bytes);
    for (bytes, named_as) in [
        (tampered.clone(), hash(&tampered)), // changed, and its hash with it
        (tampered, sha256.clone()),          // changed under the hash of another
        (onnx[..700].to_vec(), hash(&onnx[..700])), // cut short
        (b"PK no onnx".to_vec(), hash(b"PK no onnx")), // another file
        (onnx.clone(), hash(b"of other bytes")),
    ] {
        let mut driven = scorer(Some(1), None);
        driven.take([trained(day(70), 3, bytes, &named_as)]);
        let mut marker = named(71, Some(3), None, 12);
        if let Body::Models(schemas::events::Models::DayClosed(closed)) = &mut marker.body {
            closed.champion.as_mut().unwrap().sha256 = named_as;
        }
        driven.take([marker]);
        assert_eq!(says(&mut driven, values()), "Champion v1");
        driven.restart(Scorer::new(loader()));
        assert_eq!(says(&mut driven, values()), "Champion v1");
        driven.take([named(72, Some(2), None, 13)]);
        assert_eq!(says(&mut driven, values()), "Champion v2");
    }
}

#[test]
fn a_model_of_another_contract_is_never_in_force() {
    let mut names = schemas::contract::FEATURE_NAMES;
    names.swap(3, 4);
    let contract =
        schemas::contract::FeatureContract { names: &names, ..schemas::contract::CONTRACT };
    let quick = success::TrainSettings {
        epochs: 1,
        minimum_rows: 100,
        ..success::TrainSettings::default()
    };
    let other = success::train(&rows(40, 20), &contract, &quick, &mut |_, _| {}).unwrap();
    let mut driven = Driven::new(Scorer::new(loader()));
    driven.take([trained(day(69), 1, other.onnx, &other.sha256), named(70, Some(1), None, 10)]);
    let asked = features(71, "A", scanned(71, "A", 0.0).id, values());
    let decided = says_of(&mut driven, &asked);
    assert!(
        decided.starts_with("Champion refused: ") && decided.contains("sha256 differs"),
        "{decided}"
    );
    let mut marker = named(70, Some(1), None, 10);
    if let Body::Models(schemas::events::Models::DayClosed(closed)) = &mut marker.body {
        closed.champion.as_mut().unwrap().sha256 = other.sha256;
    }
    driven.take([marker]);
    check_refused(&mut driven, &asked, &["feature 3 of the model", "train a new model"]);
}

#[test]
fn events_looked_at_together_are_scored_as_they_are_alone() {
    let mut driven = scorer(Some(1), Some(2));
    let mut asked: Vec<Event> = rows(1, 40)
        .iter()
        .enumerate()
        .map(|(n, row)| {
            let ticker = format!("T{n}");
            features(71, &ticker, scanned(71, &ticker, 0.0).id, row.features.to_vec())
        })
        .collect();
    let mut bad = values();
    bad[2] = f64::NAN;
    asked.push(features(71, "NAN", scanned(71, "NAN", 0.0).id, bad));
    asked.push(features(71, "SHORT", scanned(71, "SHORT", 0.0).id, vec![0.5; 3]));
    let alone: Vec<_> =
        asked.iter().map(|event| driven.decide(Cause::Event(event)).events).collect();
    let before = driven.machine.save();
    let controls = driven.controls.clone();
    let context = schemas::role::Context { controls: &controls, samples_end: &[] };
    driven.machine.prepare(&asked.iter().collect::<Vec<_>>(), &context);
    assert_eq!(driven.machine.save(), before, "looking changes no state");
    assert_eq!(driven.machine.cache.len(), 80, "both models have scored the sound rows");
    let together: Vec<_> =
        asked.iter().map(|event| driven.decide(Cause::Event(event)).events).collect();
    assert_eq!(together, alone);

    // A score computed ahead for other values under the same id is not used.
    let changed = features(71, "T0", scanned(71, "T0", 0.0).id, values_but_one());
    let fresh = scorer(Some(1), Some(2)).decide(Cause::Event(&changed)).events;
    assert_eq!(driven.decide(Cause::Event(&changed)).events, fresh);
    assert_ne!(fresh, alone[0]);
}

fn values_but_one() -> Vec<f64> {
    let mut values = values();
    values[0] += 0.5;
    values
}

#[test]
fn only_features_are_decided_on() {
    let driven = scorer(Some(1), None);
    assert!(driven.decide_day(day(71)).events.is_empty());
    for topic in Topic::ALL {
        assert_eq!(driven.machine.decides_on(topic), topic == Topic::Features);
    }
}
