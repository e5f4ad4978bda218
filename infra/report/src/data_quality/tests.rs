//! Rows with one fault each fail the check for it; sound rows pass.

use super::*;
use crate::data_quality::Grade::{Found, Good, Noted};
use quant::FEATURE_RANGES;
use schemas::contract::{Class, FEATURES};
use store::rows::FoundRow;

/// Rows a day.
const A_DAY: i32 = 12;

/// Pseudo-random numbers from 0 to 1, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Sound rows of `days` days: uninformative features within their ranges, and a label.
fn rows(days: i32) -> FoundRows {
    let mut dice = Dice(5);
    let mut rows = Vec::new();
    for n in 0..days * A_DAY {
        let as_of = Day(17_000) + n / A_DAY;
        let values = FEATURE_RANGES.iter().map(|range| {
            let share = dice.next();
            let (low, high) =
                (range.start().max(-1.0), range.end().min(1.0).max(range.start() + 1.0));
            Some(low + share * (high.min(*range.end()) - low))
        });
        let values = values.collect();
        let roi = dice.next() - 0.5;
        rows.push(FoundRow {
            place: ("made".into(), n as usize + 1),
            ticker: format!("T{}", n % A_DAY),
            as_of: Some(as_of),
            evaluation_day: Some(as_of + 9),
            contract_version: Some(1),
            values,
            roi: Some(roi),
            class: Some(Class::of_roi(roi).index() as i32),
            weight: Some(1.0),
        });
    }
    FoundRows { rows, files: 1, open: Vec::new() }
}

/// Given sound rows changed by `change`, then the check `name` has this grade and its text
/// contains `words`.
fn check(
    change: impl Fn(usize, &mut FoundRow),
    name: &str,
    grade: Grade,
    words: &[&str],
) -> DataQuality {
    let mut found = rows(200);
    found.rows.iter_mut().enumerate().for_each(|(n, row)| change(n, row));
    let (quality, sound) = check_rows(&found, None);
    assert_eq!(quality.sound, sound.len());
    let check = quality.checks.iter().find(|check| check.name == name).unwrap();
    let message = format!("{} {}", check.message, check.examples.join(" "));
    assert_eq!(check.grade, grade, "{message}");
    words.iter().for_each(|word| assert!(message.contains(word), "{word}: {message}"));
    quality
}

#[test]
fn sound_rows_pass_every_check() {
    let quality = check(|_, _| (), "shape", Good, &["23 features"]);
    let found: Vec<_> = quality.checks.iter().filter(|check| check.grade == Found).collect();
    assert_eq!(quality.rows, quality.sound);
    assert!(found.iter().all(|check| check.name == "drift"), "{found:?}");
    let split = quality.split.unwrap();
    // The last 60 of 200 days are the test, the nine before them reach into it.
    assert_eq!((split.training, split.between, split.test), (131 * 12, 9 * 12, 60 * 12),);
    assert_eq!(quality.features.len(), FEATURES);
}

#[test]
fn a_bad_row_is_told_with_its_place_and_left_out() {
    let one = |n: usize| n == 30;
    let shape = |n: usize, row: &mut FoundRow| {
        if one(n) {
            row.values.pop();
        }
    };
    let quality = check(shape, "shape", Found, &["1 of 2400 rows", "made row 31", "22 features"]);
    assert_eq!(quality.sound, quality.rows - 1);
    let old = |n: usize, row: &mut FoundRow| {
        if one(n) {
            row.contract_version = Some(2);
        }
    };
    check(old, "shape", Found, &["contract 2, not 1", "draw it again"]);
    for (value, message) in [(None, "skew is missing"), (Some(f64::NAN), "skew is NaN")] {
        let change = |n: usize, row: &mut FoundRow| {
            if one(n) {
                row.values[9] = value;
            }
        };
        let quality = check(change, "numbers", Found, &[message, "1 of 2400"]);
        assert_eq!(quality.features[9].missing, 1);
    }
    let outside = |n: usize, row: &mut FoundRow| {
        if one(n) {
            row.values[17] = Some(1.2);
        }
    };
    check(outside, "ranges", Found, &["prob_profit is 1.2, outside 0 to 1"]);
}

#[test]
fn a_label_that_contradicts_itself_or_knows_a_later_future_is_found() {
    type Change = fn(&mut FoundRow);
    let cases: [(Change, &str); 6] = [
        (|row| row.class = Some(4), "class 4 is not one of 0 to 3"),
        (|row| (row.roi, row.class) = (Some(-1.5), Some(0)), "more than the capital at risk"),
        (|row| (row.roi, row.class) = (Some(0.3), Some(0)), "which is class 3"),
        (|row| row.weight = Some(0.0), "weight 0 is not above 0"),
        (|row| row.evaluation_day = row.as_of, "not after its scan"),
        (|row| row.evaluation_day = row.as_of.map(|day| day + 90), "had ended by"),
    ];
    for (change, message) in cases {
        let one = |n: usize, row: &mut FoundRow| {
            if n == 7 {
                change(row);
            }
        };
        check(one, "labels", Found, &[message, "row 8"]);
    }
}

#[test]
fn a_row_that_is_there_twice_is_found_also_under_another_day() {
    let again = |n: usize, row: &mut FoundRow| {
        if n == 1 {
            row.ticker = "T0".to_owned();
        }
    };
    check(again, "duplicates", Found, &["1 rows", "made row 2", "is also made row 1"]);
    let copied = |n: usize, row: &mut FoundRow| {
        if n == 13 || n == 40 {
            row.values = vec![Some(0.5); FEATURES];
        }
    };
    check(copied, "duplicates", Found, &["has the numbers of made row 14"]);
}

#[test]
fn classes_that_are_one_or_absent_are_found_and_few_are_noted() {
    let all = |roi: f64| {
        move |_: usize, row: &mut FoundRow| {
            (row.roi, row.class) = (Some(roi), Some(Class::of_roi(roi).index() as i32));
        }
    };
    check(all(-0.4), "classes", Found, &["every row is Loss"]);
    let without = |_: usize, row: &mut FoundRow| {
        if row.class == Some(2) {
            (row.roi, row.class) = (Some(0.2), Some(3));
        }
    };
    check(without, "classes", Found, &["without Good no model"]);
    let few = |n: usize, row: &mut FoundRow| {
        if row.class == Some(1) && n > 100 {
            (row.roi, row.class) = (Some(0.2), Some(3));
        }
    };
    check(few, "classes", Noted, &["fewer than 30 rows of Minor"]);
}

#[test]
fn a_feature_that_stands_still_leaks_or_drifts_is_found() {
    let still = |_: usize, row: &mut FoundRow| row.values[5] = Some(0.2);
    check(still, "variance", Found, &["predicted_vol is always 0.2"]);
    let leak = |n: usize, row: &mut FoundRow| {
        row.values[18] = row.roi.map(|roi| roi * roi + 0.02 * (n as f64).sin());
    };
    let quality = check(leak, "leakage", Found, &["1 features alone", "momentum_7d separates"]);
    assert!(quality.features[18].alone.unwrap().auc > 0.8);
    let moved = |n: usize, row: &mut FoundRow| {
        if n >= 180 * 12 {
            row.values[3] = row.values[3].map(|value| value + 1.5);
        }
    };
    check(moved, "drift", Found, &["forecast_return: distance"]);
}

#[test]
fn rows_that_reach_into_a_test_are_noted_and_found_where_the_test_is_named() {
    let found = rows(200);
    let graded = |test_from: Option<Day>| {
        let (quality, _) = check_rows(&found, test_from);
        let check = quality.checks.iter().find(|check| check.name == "test").unwrap().clone();
        (check.grade, check.message)
    };
    let (grade, message) = graded(None);
    assert!(grade == Noted && message.contains("108 are scanned before it"), "{message}");
    let (grade, message) = graded(Some(Day(17_100)));
    assert!(
        grade == Found && message.contains("a model trained on them has seen the test"),
        "{message}"
    );
    assert_eq!(graded(Some(Day(17_300))).0, Good);
    let (quality, _) = check_rows(&rows(30), None);
    let notes: Vec<_> = quality.checks.iter().filter(|check| check.grade == Noted).collect();
    assert!(
        notes.iter().any(|check| check.message.contains("there are 30 scan days")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|check| check.name == "drift"), "{notes:?}");
}

/// Rows evaluated after nine days; of the last `days` days those with even numbers are still open.
fn open_of_the_last(days: i32) -> FoundRows {
    let mut found = rows(200);
    let last = Day(17_200) + -days;
    let open = |row: &FoundRow| row.as_of >= Some(last) && row.place.1.is_multiple_of(2);
    found.open = found.rows.iter().filter(|row| open(row)).filter_map(|row| row.as_of).collect();
    found.rows.retain(|row| !open(row));
    found
}

#[test]
fn days_of_which_a_candidate_is_open_are_left_out() {
    let mut found = open_of_the_last(15);
    // The rows of these days are unlike all others.
    for row in found.rows.iter_mut().filter(|row| row.as_of >= Some(Day(17_185))) {
        row.values[3] = row.values[3].map(|value| value + 1.5);
    }
    let (quality, sound) = check_rows(&found, None);
    assert_eq!((quality.rows, quality.sound, quality.open, quality.early), (2_310, 2_310, 90, 90));
    assert_eq!((sound.len(), quality.scan_days), (185 * 12, 185));
    let split = quality.split.unwrap();
    assert_eq!((split.training, split.between, split.test), (116 * 12, 9 * 12, 60 * 12));
    let of = |name: &str| quality.checks.iter().find(|check| check.name == name).unwrap();
    let maturity = of("maturity");
    assert!(maturity.grade == Noted && maturity.message.starts_with("90 rows"), "{maturity:?}");
    assert!(!of("drift").examples.iter().any(|one| one.starts_with("forecast_return")));

    // An overdue outcome keeps no day open.
    found.open = vec![Day(17_100); 3];
    let (quality, _) = check_rows(&found, None);
    assert_eq!((quality.open, quality.early, quality.scan_days), (3, 0, 200));
    let drift = quality.checks.iter().find(|check| check.name == "drift").unwrap();
    assert!(drift.examples[0].starts_with("forecast_return"), "{drift:?}");
}

#[test]
fn days_of_which_only_short_holdings_are_over_before_the_test_are_no_measure_of_drift() {
    // Odd numbers are held for 30 days and differ from the even ones, held for nine. Of the last
    // days before the test only even ones end in time.
    let mut found = rows(200);
    for row in found.rows.iter_mut().filter(|row| row.place.1 % 2 == 1) {
        row.evaluation_day = row.as_of.map(|day| day + 30);
        row.values[3] = row.values[3].map(|value| value + 1.5);
    }
    let (quality, _) = check_rows(&found, None);
    let split = quality.split.unwrap();
    assert_eq!((split.training, split.between), (110 * 12 + 21 * 6, 9 * 12 + 21 * 6));
    let drift = quality.features[3].drift.as_ref().unwrap();
    // Blocks with such days would differ from all rows by up to half of the rows.
    assert!(drift.limit < 0.15, "{drift:?}");
}

#[test]
fn no_rows_are_found_and_nothing_else_is_said() {
    let (quality, sound) = check_rows(&FoundRows::default(), None);
    assert!(quality.has_findings() && sound.is_empty() && quality.checks.len() == 1);
    assert!(quality.checks[0].message.contains("history generate"));
}
