//! Only matured scan days are held out: short butterflies mature weeks before long ones, and no
//! model is judged on a day that shows only these.

use super::end;
use super::training::{judge, manifest, request, trained};
use crate::retrainer::{HeldOutDays, Retrainer};
use crate::testkit::learning::{rows, sample};
use crate::testkit::{Driven, Held, day, features, scanned};
use schemas::Event;
use success::LabelledRow;

/// The day at whose end the trainings below begin; rows evaluated before it are known.
const NOW: i32 = 150;

/// Twenty candidates a day on days 0 to 149, in turn held for three days and for nine.
fn candidates() -> Vec<(i32, LabelledRow)> {
    let row = |(number, row): (usize, LabelledRow)| {
        let (n, held) = (row.scan_day, if number % 2 == 0 { 3 } else { 9 });
        (n, LabelledRow { scan_day: day(n).0, evaluation_day: day(n + held).0, ..row })
    };
    rows(NOW, 20).into_iter().enumerate().map(row).collect()
}

fn known(row: &LabelledRow) -> bool {
    row.evaluation_day < day(NOW).0
}

/// The events of a training that knows all features and the outcomes up to now.
fn trained_on(candidates: &[(i32, LabelledRow)]) -> Vec<Event> {
    let mut driven = Driven::new(Retrainer::default());
    driven.controls.training_requested = Some(0);
    driven.controls.settings.training_epochs = 3;
    for (number, (n, row)) in candidates.iter().enumerate() {
        if known(row) {
            driven.machine.0.rows.push(row.clone());
        } else {
            let ticker = number.to_string();
            let scan = scanned(*n, &ticker, 0.0).id;
            driven.take([features(*n, &ticker, scan, row.features.to_vec())]);
        }
    }
    let effect = driven.decide_day(day(NOW)).effect.unwrap();
    effect(&Held(Ok(Vec::new()))).unwrap()
}

#[test]
fn the_last_sixty_matured_days_are_held_out_and_days_still_open_have_no_part() {
    let plain = trained_on(&candidates());
    // Day 140 is the last whose nine-day holdings are over; days 141 to 146 show short ones alone.
    let days = HeldOutDays { first: day(81), last: day(140) };
    assert_eq!(HeldOutDays::of(&trained(&plain).manifest), Some(days));
    assert_eq!(manifest(&plain)["gate"]["rows"], 60 * 20);
    // Nor are days trained on that show, before day 81 begins, their short holdings alone.
    assert_eq!(manifest(&plain)["model"]["rows"], 72 * 20);

    let with = |changed: std::ops::Range<i32>| {
        let mut candidates = candidates();
        for (n, row) in candidates.iter_mut().filter(|(_, row)| known(row)) {
            if changed.contains(n) {
                (row.class, row.roi) = (3 - row.class, -row.roi);
            }
        }
        trained_on(&candidates)
    };
    assert_eq!(with(141..NOW), plain);
    assert_eq!(with(72..81), plain);
    assert_eq!(trained(&with(140..141)).sha256, trained(&plain).sha256);
    assert_ne!(with(140..141), plain);
    assert_ne!(trained(&with(71..72)).sha256, trained(&plain).sha256);
}

#[test]
fn a_day_of_history_that_is_known_in_part_is_open_as_well() {
    let all: Vec<LabelledRow> = candidates().into_iter().map(|(_, row)| row).collect();
    let samples: Vec<Event> = all.iter().enumerate().map(|(n, row)| sample(n, row)).collect();
    let mut early = request(Vec::new(), |_| {});
    early.known_by = day(NOW) + -1;
    let decided = judge(early, &samples);
    assert_eq!(manifest(&decided), manifest(&trained_on(&candidates())));
}

#[test]
fn an_outcome_that_never_comes_keeps_its_day_open_no_longer_than_a_butterfly_can_last() {
    let mut driven = Driven::new(Retrainer::default());
    driven.take([features(70, "A", scanned(70, "A", 0.0).id, vec![0.5; 23])]);
    // Day 70 is 2015-04-13, day 99 the Friday a week before the last expiry that it can choose.
    for n in 70..100 {
        end(&mut driven, n);
        assert_eq!(driven.machine.0.open_days(), [day(70).0].into(), "day {n}");
    }
    end(&mut driven, 100);
    assert!(driven.machine.0.open_days().is_empty());
}
