//! A training from rows to events: which rows it uses and needs, and what its verdict leads to.

use super::line;
use crate::retrainer::{
    AcceptanceReport, AcceptanceTest, HeldOutDays, Judgement, NoAcceptanceTest, Retrainer,
    TrainRequest, TrainingKeeper, train_and_judge, train_from_history,
};
use crate::testkit::learning::{model, rows, sample};
use crate::testkit::{Driven, Held, day};
use schemas::events::{ModelTrained, Models, Settings};
use schemas::{Body, Day, Event};
use std::collections::BTreeSet;
use success::LabelledRow;

/// 3,000 rows of 150 scan days; the last 60 begin on day 90.
fn enough() -> Vec<LabelledRow> {
    rows(150, 20)
}

pub(super) fn request(rows: Vec<LabelledRow>, change: impl FnOnce(&mut Settings)) -> TrainRequest {
    let mut settings = Settings { training_epochs: 3, ..Settings::default() };
    change(&mut settings);
    TrainRequest {
        version: 4,
        day: Day(200),
        known_by: Day(200),
        rows,
        open: BTreeSet::new(),
        champion: None,
        judged: Vec::new(),
        settings,
        keeper: TrainingKeeper::default(),
    }
}

pub(super) fn judge(request: TrainRequest, samples: &[Event]) -> Vec<Event> {
    train_and_judge(request, samples, &NoAcceptanceTest, &mut |_, _| {})
}

pub(super) fn trained(decided: &[Event]) -> &ModelTrained {
    match &decided[0].body {
        Body::Models(Models::ModelTrained(model)) => model,
        _ => panic!("{}", line(decided)),
    }
}

pub(super) fn manifest(decided: &[Event]) -> serde_json::Value {
    serde_json::from_str(&trained(decided).manifest).unwrap()
}

#[test]
fn too_few_rows_are_refused_with_the_number_there_is_and_the_number_needed() {
    for (rows, words) in [
        (vec![], ["0 matured scan days", "60 out"]),
        (rows(59, 30), ["59 matured scan days", "60 out"]),
        (rows(60, 30), ["0 rows are from days that ended", "1000"]),
        (rows(110, 20), ["940 rows are from days that ended", "1000"]), // days 0 to 46
    ] {
        let decided = judge(request(rows, |_| {}), &[]);
        let decided = line(&decided);
        assert!(
            decided.starts_with("refused v4: ") && words.iter().all(|word| decided.contains(word)),
            "{decided}"
        );
        assert!(
            decided.contains("draw more history with `butterquant history generate`"),
            "{decided}"
        );
    }
}

#[test]
fn the_settings_say_how_many_rows_are_enough() {
    let decided = judge(request(rows(110, 20), |settings| settings.min_training_rows = 940), &[]);
    assert_eq!(trained(&decided).version, 4);
    assert_eq!(manifest(&decided)["model"]["rows"], 940);
}

#[test]
fn a_row_evaluated_on_or_after_the_first_held_out_day_is_not_trained_on() {
    let decided = judge(request(enough(), |_| {}), &[]);
    let model = &manifest(&decided)["model"];
    // Scanned on days 0 to 86: evaluated before day 90. The rows held out are judged too.
    let held_out = &manifest(&decided)["held_out_metrics"];
    assert_eq!((&held_out["days"], &held_out["rows"]), (&60.into(), &(60 * 20).into()));
    for rival in ["model", "class_prior", "technical_score", "logistic", "network"] {
        let log_loss = &held_out[rival]["log_loss"];
        assert!(log_loss["low"].as_f64() < log_loss["value"].as_f64(), "{rival}: {log_loss}");
        let (error, ends) =
            (&held_out[rival]["calibration_error"], &held_out[rival]["calibration_interval"]);
        assert!(ends[0].as_f64() <= error.as_f64() && error.as_f64() < ends[1].as_f64(), "{ends}");
    }
    assert_eq!((&model["rows"], &model["last_evaluation_day"]), (&(87 * 20).into(), &89.into()));
    assert_eq!(
        HeldOutDays::of(&trained(&decided).manifest),
        Some(HeldOutDays { first: Day(90), last: Day(149) })
    );

    // Such a row does not change one byte of the model; another row does.
    let with = |scan_day: i32| {
        let mut rows = enough();
        let changed = rows.iter_mut().filter(|row| row.scan_day == scan_day);
        changed.for_each(|row| (row.class, row.roi) = (3 - row.class, -row.roi));
        trained(&judge(request(rows, |_| {}), &[])).sha256.clone()
    };
    let (plain, embargoed) = (&trained(&decided).sha256, [with(87), with(89), with(120)]);
    assert!(embargoed.iter().all(|sha256| sha256 == plain));
    assert_ne!(&with(86), plain);
}

#[test]
fn samples_are_rows_unless_of_another_contract_unsound_or_evaluated_after_the_day() {
    let all = enough();
    let samples: Vec<Event> = all.iter().enumerate().map(|(n, row)| sample(n, row)).collect();
    let plain = judge(request(all.clone(), |_| {}), &[]);
    let as_samples = judge(request(vec![], |_| {}), &samples);
    assert_eq!(trained(&as_samples).sha256, trained(&plain).sha256);

    let late = LabelledRow { scan_day: 190, evaluation_day: 201, ..all[0].clone() };
    let unsound = LabelledRow { class: 7, ..all[0].clone() };
    let missing = LabelledRow { roi: f64::NAN, ..all[0].clone() };
    let backwards = LabelledRow { evaluation_day: -1, ..all[0].clone() };
    let mut more: Vec<Event> = [late, unsound, missing, backwards]
        .iter()
        .zip(9_000..)
        .map(|(row, n)| sample(n, row))
        .collect();
    let mut other = sample(9_999, &all[0]);
    if let Body::Samples(schemas::events::Samples::SampleDrawn(sample)) = &mut other.body {
        sample.contract_version = 2;
    }
    more.push(other);
    assert_eq!(judge(request(all, |_| {}), &more), plain);
}

#[test]
fn the_order_of_rows_changes_nothing_and_the_seed_does() {
    let mut backwards = enough();
    backwards.reverse();
    let plain = judge(request(enough(), |_| {}), &[]);
    assert_eq!(judge(request(backwards, |_| {}), &[]), plain);
    let other = judge(request(enough(), |settings| settings.seed = 8), &[]);
    assert_ne!(trained(&other).sha256, trained(&plain).sha256);
}

#[test]
fn what_passes_the_gate_is_the_challenger_and_judged_days_count_against_the_next() {
    let deep = |settings: &mut Settings| settings.training_epochs = 25;
    let decided = judge(request(rows(200, 30), deep), &[]);
    assert_eq!(line(&decided), "trained v4; Challenger v4: passed the gate");
    assert!(
        trained(&decided).passed
            && trained(&decided).verdict[0].contains("the class prior on 60 days")
    );

    // One bootstrap gives the gate's figures and those shown beside them.
    let (gate, held_out) = (&manifest(&decided)["gate"], &manifest(&decided)["held_out_metrics"]);
    let prior = &held_out["class_prior"]["behind_model"];
    assert_eq!((&gate["p_value"], &gate["gain_above"]), (&prior["p_value"], &prior["low"]));
    assert!(gate["p_value"].as_f64() < Some(0.05) && gate["gain_above"].as_f64() > Some(0.0));

    // Against a weak champion, after two challengers judged on any of the days from 140 on.
    let of = |model: &str, first, last| Judgement {
        model: model.to_owned(),
        days: HeldOutDays { first: Day(first), last: Day(last) },
        rows: "some".to_owned(),
    };
    let (overlapping, before) = (of("a", 80, 140), of("a", 60, 139));
    let against = |champion: &[u8], judged: Vec<Judgement>| {
        let champion = Some(champion.to_vec());
        judge(TrainRequest { champion, judged, ..request(rows(200, 30), deep) }, &[])
    };
    let twice = vec![overlapping.clone(), before, overlapping, of("b", 80, 140)];
    let second = against(&model().onnx, twice);
    let gate = &manifest(&second)["gate"];
    let (p, adjusted) = (gate["p_value"].as_f64(), gate["adjusted_p_value"].as_f64());
    let (p, adjusted) = (p.unwrap(), adjusted.unwrap());
    assert!(p > 0.0 && (adjusted - 3.0 * p).abs() < 1e-12, "{p} {adjusted}");
    assert_eq!((&gate["baseline_is_prior"], trained(&second).passed), (&false.into(), true));

    // The same bytes on the same rows again are the same judgement, and nothing is spent.
    let own = Judgement::of(trained(&second)).unwrap();
    assert_eq!(own.rows.len(), 64);
    let elsewhere = Judgement { rows: "others".to_owned(), ..own.clone() };
    for (judged, tries) in [(vec![own.clone(); 3], 1.0), (vec![own, elsewhere], 2.0)] {
        let again = against(&model().onnx, judged);
        let adjusted = manifest(&again)["gate"]["adjusted_p_value"].as_f64().unwrap();
        assert!((adjusted - tries * p).abs() < 1e-12, "{p} {adjusted}");
    }

    // Against itself it is no better.
    let third = against(&trained(&decided).onnx, vec![]);
    assert!(!trained(&third).passed);
    assert!(line(&third).starts_with("trained v4; refused v4: "), "{}", line(&third));
}

#[test]
fn what_passes_before_the_first_day_is_the_champion_at_once() {
    let samples: Vec<Event> =
        rows(200, 30).iter().enumerate().map(|(n, row)| sample(n, row)).collect();
    let settings = Settings { training_epochs: 25, ..Settings::default() };
    let made = train_from_history(
        Day(210),
        Day(211),
        &samples,
        vec![6_000],
        &settings,
        &NoAcceptanceTest,
        &mut |_, _| {},
    );
    assert_eq!(
        line(&made.events),
        "history v1; trained v1; Champion v1: passed the gate before the first day"
    );
    assert!(
        made.events.iter().all(|event| event.control_offset == Some(0) && event.day == Day(210))
    );
    assert_eq!(
        made.champion.map(|model| model.sha256),
        Some(trained(&made.events[1..]).sha256.clone())
    );

    let none = train_from_history(
        Day(210),
        Day(211),
        &samples[..50],
        vec![50],
        &settings,
        &NoAcceptanceTest,
        &mut |_, _| {},
    );
    assert!(none.champion.is_none() && line(&none.events).starts_with("history v1; refused v1: "));
}

/// An engine on which everything is wrong.
struct Wrong;

impl AcceptanceTest for Wrong {
    fn run(&self, onnx: &[u8]) -> AcceptanceReport {
        assert_eq!(success::test_vectors(onnx).unwrap().len(), 16);
        AcceptanceReport {
            summary: "tried".to_owned(),
            problems: vec!["too slow: buy a new one".to_owned()],
        }
    }
}

#[test]
fn what_fails_its_trial_is_refused_however_good_it_is() {
    let deep = request(rows(200, 30), |settings| settings.training_epochs = 25);
    let decided = train_and_judge(deep, &[], &Wrong, &mut |_, _| {});
    assert_eq!(line(&decided), "trained v4; refused v4: too slow: buy a new one");
    assert!(!trained(&decided).passed);
    assert_eq!(manifest(&decided)["trial"], "tried");
}

#[test]
fn the_training_that_was_triggered_sees_rows_and_samples_or_publishes_nothing() {
    let start = || {
        let mut driven = Driven::new(Retrainer::default());
        driven.controls.training_requested = Some(0);
        driven.controls.settings.training_epochs = 3;
        driven.controls.settings.min_training_rows = 0;
        rows(1, 20).into_iter().for_each(|row| driven.machine.0.rows.push(row));
        driven.decide_day(day(200)).effect.unwrap()
    };
    // Days 1 to 149 come from samples, day 0 from the retrainer's own rows.
    let samples = enough().iter().enumerate().skip(20).map(|(n, row)| sample(n, row)).collect();
    let decided = start()(&Held(Ok(samples))).unwrap();
    assert_eq!(manifest(&decided)["model"]["rows"], 87 * 20);
    assert_eq!(start()(&Held(Err("the log is gone".into()))).unwrap_err().what, "the log is gone");

    let mut watching = Driven::new(Retrainer::default());
    watching.take(decided);
    let [judged] = &watching.machine.0.judged[..] else { panic!("one judgement") };
    assert_eq!(judged.days, HeldOutDays { first: Day(90), last: Day(149) });
    let challenger = watching.machine.0.watched.is_some();
    assert_eq!(challenger, watching.machine.0.models.contains_key(&1));
}
