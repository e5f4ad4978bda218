//! An operator's request is answered once, and a displaced challenger is refused on the log.

use super::{end, named, shadow_day, watching};
use crate::retrainer::Retrainer;
use crate::testkit::Driven;
use crate::testkit::day;
use crate::testkit::learning::{model, trained};
use schemas::Body;
use schemas::controls::{Promotion, Rollback};
use schemas::events::Models;

/// Version 2 in force, version 1 before it.
fn promoted() -> Driven<Retrainer> {
    let mut driven = watching();
    for n in 71..76 {
        shadow_day(&mut driven, n, 1, 1);
    }
    assert_eq!(named(&driven), (Some(2), None));
    driven
}

fn rollback(driven: &mut Driven<Retrainer>, version: i64, offset: i64) {
    driven.controls.rollback = Some(Rollback { version, offset });
    driven.controls.offset = offset;
}

fn promote(driven: &mut Driven<Retrainer>, version: i64, offset: i64) {
    driven.controls.promotion = Some(Promotion { version, offset });
    driven.controls.offset = offset;
}

#[test]
fn a_rollback_is_answered_once_and_the_marker_names_it() {
    let mut driven = promoted();
    rollback(&mut driven, 1, 4);
    driven.controls.offset = 6;
    assert_eq!(end(&mut driven, 77), "Champion v1: rolled back at controls offset 4");
    assert_eq!(named(&driven), (Some(1), None));
    assert_eq!(end(&mut driven, 78), "");
    rollback(&mut driven, 2, 7);
    assert_eq!(end(&mut driven, 79), "Champion v2: rolled back at controls offset 7");
}

#[test]
fn a_promotion_is_answered_once_and_takes_effect_by_the_marker() {
    let mut driven = promoted();
    promote(&mut driven, 1, 3);
    assert_eq!(end(&mut driven, 76), "Champion v1: promoted by an operator at controls offset 3");
    assert_eq!(named(&driven), (Some(1), None));
    assert_eq!(end(&mut driven, 77), "");
}

#[test]
fn the_later_word_of_a_day_stands() {
    let mut driven = promoted();
    promote(&mut driven, 1, 3);
    rollback(&mut driven, 2, 5);
    assert_eq!(
        end(&mut driven, 76),
        "Champion v1: promoted by an operator at controls offset 3; \
         Champion v2: rolled back at controls offset 5"
    );
    assert_eq!(named(&driven), (Some(2), None));
    assert_eq!(end(&mut driven, 77), "");
}

#[test]
fn a_version_that_is_not_there_or_did_not_pass_is_refused_with_an_event_once() {
    let mut driven = promoted();
    let mut failed = trained(day(75), 3, model().onnx.clone(), &model().sha256);
    if let Body::Models(Models::ModelTrained(model)) = &mut failed.body {
        model.passed = false;
    }
    driven.take([failed]);
    for (offset, version, n) in [(3, 9, 76), (4, 3, 77)] {
        rollback(&mut driven, version, offset);
        let decided = end(&mut driven, n);
        let begins = format!(
            "refused v{version}: not rolled back at controls offset {offset}: v{version} is not \
             among the versions that passed their gate (v1, v2 have)"
        );
        assert!(
            decided.starts_with(&begins) && decided.contains("butterquant model list"),
            "{decided}"
        );
        assert_eq!(named(&driven), (Some(2), None));
    }
    promote(&mut driven, 9, 5);
    let decided = end(&mut driven, 78);
    assert!(decided.starts_with("refused v9: not promoted at controls offset 5"), "{decided}");
    assert_eq!(end(&mut driven, 79), "");
    assert_eq!(named(&driven), (Some(2), None));
}

#[test]
fn a_damaged_version_is_refused() {
    let mut driven = promoted();
    let cut = &model().onnx[..500];
    driven.take([trained(day(75), 3, cut.to_vec(), &schemas::id::sha256_hex(cut))]);
    promote(&mut driven, 3, 5);
    let decided = end(&mut driven, 76);
    assert!(
        decided.starts_with("refused v3: not promoted") && decided.contains("seal"),
        "{decided}"
    );
    assert_eq!(named(&driven), (Some(2), None));
}

#[test]
fn a_challenger_that_is_displaced_falls_with_an_event() {
    let mut driven = watching();
    shadow_day(&mut driven, 71, 1, 1);
    rollback(&mut driven, 1, 4);
    let decided = shadow_day(&mut driven, 72, 1, 1);
    assert!(
        decided.starts_with("refused v2: model v1 was put in force by an operator"),
        "{decided}"
    );
    assert!(decided.contains("butterquant model promote 2"), "{decided}");
    assert!(decided.ends_with("Champion v1: rolled back at controls offset 4"), "{decided}");
    assert_eq!(named(&driven), (Some(1), None));

    // The challenger itself may be put in force: then nothing falls.
    let mut driven = watching();
    promote(&mut driven, 2, 4);
    assert_eq!(
        shadow_day(&mut driven, 71, 1, 1),
        "Champion v2: promoted by an operator at controls offset 4"
    );
    assert_eq!(named(&driven), (Some(2), None));
}

#[test]
fn a_word_that_is_refused_disturbs_no_shadow() {
    let mut driven = watching();
    rollback(&mut driven, 9, 4);
    let decided = shadow_day(&mut driven, 71, 1, 1);
    assert!(decided.starts_with("refused v9"), "{decided}");
    for n in 72..75 {
        assert_eq!(shadow_day(&mut driven, n, 1, 1), "");
    }
    let decided = shadow_day(&mut driven, 75, 1, 1);
    assert_eq!(decided, "Champion v2: scored every candidate of 5 days");
}
