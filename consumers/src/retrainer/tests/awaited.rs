//! A training begins when it would have rows enough, and others than the last one: until then, whatever
//! asks for one is told the day.

use super::training::manifest;
use super::triggers::{driven, scanning};
use super::{end, learnt, line, matured};
use crate::retrainer::Retrainer;
use crate::testkit::learning::{rows, sample};
use crate::testkit::{Driven, Held, day, features, scanned};
use schemas::events::{Models, RetrainTriggered, TrainingDeferred};
use schemas::role::Machine;
use schemas::{Body, Day, Event};

fn deferred(decided: &[Event]) -> &TrainingDeferred {
    match decided {
        [Event { body: Body::Models(Models::TrainingDeferred(deferred)), .. }] => deferred,
        _ => panic!("{}", line(decided)),
    }
}

#[test]
fn a_month_with_too_few_rows_is_told_to_wait_and_begins_when_they_are_there() {
    let mut driven = driven();
    driven.controls.settings.min_training_rows = 13;
    let history = RetrainTriggered {
        version: 1,
        rule: "history".to_owned(),
        samples_end: vec![4, 6],
        ..RetrainTriggered::default()
    };
    driven.take([Event::new(day(0), "", &["1"], Models::RetrainTriggered(history))]);
    driven.take(learnt(19, "A", vec![0.5; 23]));
    driven.take([scanning(20, 15.0)]);
    let told = driven.decide_day(day(20)).events;
    let TrainingDeferred { rule, evidence, reason, until, .. } = deferred(&told);
    assert_eq!((rule.as_str(), &evidence[..10]), ("month", "2015-02-02"));
    assert!(reason.starts_with("10 rows are from days that ended before the last 60"), "{reason}");
    assert!(reason.ends_with("13 are needed"), "{reason}");
    assert_eq!(end(&mut driven, 20), "month waits");
    let status = driven.machine.status(day(20), &driven.controls);
    assert_eq!((status.rows, status.samples), (1, 10));
    assert_eq!(status.awaited.map(|awaited| awaited.until), Some(*until));
    assert_eq!((status.triggers[2].rule, status.triggers[2].state), ("month", "due"));
    // Of a row a day, held for four days, the last 60 are held out and the four before them are
    // evaluated too late. The three that are needed beside the history come before these.
    for n in 20..85 {
        driven.take(learnt(n, "A", vec![0.5; 23]));
        assert_eq!(end(&mut driven, n), "", "day {n}");
    }
    // The 67th day has another candidate, which is still open.
    let other = scanned(80, "B", 0.0);
    driven.take([features(80, "B", other.id, vec![0.5; 23])]);
    driven.take(learnt(85, "A", vec![0.5; 23]));
    assert_eq!(end(&mut driven, 85), "");
    driven.take([matured(86, &other, 0.1, 2)]);
    assert_eq!(line(&driven.decide_day(day(86)).events), "month v2");
    // The day told is that of butterflies as long as any; these were shorter.
    assert!(until.is_some_and(|until| until > day(86) && until < day(86 + 70)), "{until:?}");
}

/// A retrainer that knows the first `count` of 150 days of ten candidates, each held for three days.
fn knowing(count: i32) -> Driven<Retrainer> {
    let mut driven = driven();
    driven.controls.settings.training_epochs = 3;
    more(&mut driven, 0..count);
    driven
}

/// Scan days mature.
fn more(driven: &mut Driven<Retrainer>, days: std::ops::Range<i32>) {
    for mut row in rows(150, 10) {
        if days.contains(&row.scan_day) {
            let n = row.scan_day;
            (row.scan_day, row.evaluation_day) = (day(n).0, day(n + 3).0);
            driven.machine.0.rows.push(row);
        }
    }
}

fn ask(driven: &mut Driven<Retrainer>, offset: i64) {
    (driven.controls.training_requested, driven.controls.offset) = (Some(offset), offset);
}

/// Trains at the end of day `n` with these rows of history; the manifest.
fn train(driven: &mut Driven<Retrainer>, n: i32, samples: Vec<Event>) -> serde_json::Value {
    let decision = driven.decide_day(day(n));
    let effect = decision.effect.unwrap_or_else(|| panic!("{}", line(&decision.events)));
    let made = effect(&Held(Ok(samples))).unwrap();
    driven.take(decision.events);
    driven.take(made.clone());
    driven.machine.close_day(day(n));
    driven.machine.0.watched = None;
    manifest(&made)
}

#[test]
fn the_same_rows_are_not_trained_on_again_and_the_next_day_s_are() {
    let mut driven = knowing(100);
    ask(&mut driven, 1);
    let first = train(&mut driven, 103, vec![]);
    assert_eq!((&first["model"]["rows"], &first["new_rows_after"]), (&370.into(), &1.into()));

    // Asked again before another scan day has matured: told once, by every request.
    ask(&mut driven, 2);
    let told = driven.decide_day(day(104)).events;
    let TrainingDeferred { rule, reason, until, .. } = deferred(&told);
    assert_eq!(rule, "manual");
    assert!(
        reason.starts_with("its rows would be those of the training of v1, and so its model: new ones come when 1 more"),
        "{reason}"
    );
    assert!(*until > Some(day(104)));
    assert_eq!(end(&mut driven, 104), "manual waits");
    assert_eq!(end(&mut driven, 105), "");
    ask(&mut driven, 3);
    assert_eq!(end(&mut driven, 106), "manual waits");

    more(&mut driven, 100..101);
    let second = train(&mut driven, 107, vec![]);
    assert_eq!(second["model"]["rows"], 380);
    assert_ne!(second["model"]["data_sha256"], first["model"]["data_sha256"]);
    assert_eq!(end(&mut driven, 108), "", "one training answers them all");
}

#[test]
fn what_a_training_says_of_its_rows_holds_for_history_too() {
    // Days 0 to 149 as history, of which the last 60 are held out; nothing of the run's own.
    let of = |(number, row): (usize, &success::LabelledRow)| {
        let (scan_day, evaluation_day) = (day(row.scan_day).0, day(row.scan_day + 3).0);
        sample(number, &success::LabelledRow { scan_day, evaluation_day, ..row.clone() })
    };
    let history: Vec<Event> = rows(150, 10).iter().enumerate().map(of).collect();
    let mut driven = driven();
    driven.controls.settings.training_epochs = 3;
    ask(&mut driven, 1);
    let first = train(&mut driven, 160, history.clone());
    assert_eq!(first["model"]["rows"], 87 * 10);
    // Outcomes come, but no scan day of the run has matured: the same rows, and so no training.
    driven.controls.settings.retrain_outcomes = 0;
    let open = scanned(155, "A", 0.0);
    driven.take([features(155, "A", open.id, vec![0.5; 23])]);
    driven.take(learnt(160, "B", vec![0.5; 23]));
    assert_eq!(end(&mut driven, 161), "count waits");
    driven.take([matured(162, &open, 0.1, 2)]);
    let second = train(&mut driven, 162, history);
    assert_eq!(second["model"]["rows"], 88 * 10);
}

#[test]
fn a_day_is_told_only_where_rows_are_known() {
    let mut driven = driven();
    driven.controls.settings.min_training_rows = 1_000;
    ask(&mut driven, 1);
    let told = driven.decide_day(day(104)).events;
    assert_eq!(deferred(&told).until, None);
    let days = |driven: &Driven<Retrainer>| deferred(&driven.decide_day(day(104)).events).until;
    // Ten rows a day: day 99 is the last that is needed; sixty days are held out behind its longest.
    let mut driven = knowing(60);
    driven.controls.settings.min_training_rows = 1_000;
    ask(&mut driven, 1);
    let until = days(&driven).unwrap();
    let least: Day = day(60 + 40 + 60);
    assert!(until > least && until - least < 200, "{until} {least}");
}
