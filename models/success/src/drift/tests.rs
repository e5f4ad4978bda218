//! Drift of more of the same, of a shift, and of the index.

use super::*;
use statistics::{SeededRng, Stream};

const NAMES: [&str; FEATURES] = {
    let mut names = ["x"; FEATURES];
    names[3] = "three";
    names[VIX_LEVEL] = "vix_level";
    names
};

/// `days` of 30 rows from `first`; `shift` is added to feature 3, `vix` is the index.
fn rows(first: i32, days: i32, shift: f64, vix: f64) -> Vec<DriftRow> {
    let mut rng = SeededRng::new(first.unsigned_abs().into(), Stream::Labels);
    let mut rows = Vec::new();
    for row in 0..days * 30 {
        let scan_day = first + row / 30;
        let mut features: [f64; FEATURES] = std::array::from_fn(|_| rng.unit());
        features[3] += shift;
        features[VIX_LEVEL] = vix + 0.01 * f64::from(scan_day % 10);
        rows.push(DriftRow { scan_day, features, weight: 1.0 });
    }
    rows
}

fn drifted(reference: &DriftReference, rows: &[DriftRow]) -> Vec<String> {
    let drift = reference.drift(rows).unwrap_or_default();
    assert_eq!(drift.len(), FEATURES);
    drift.into_iter().filter(Drift::drifted).map(|drift| drift.feature).collect()
}

#[test]
fn more_of_the_same_is_no_drift_and_a_shift_is() {
    let reference = DriftReference::of(&rows(0, 200, 0.0, 0.15), &NAMES).expect("enough days");
    assert_eq!(reference.blocks, 181);
    let (same, moved) = (rows(1_000, 25, 0.0, 0.15), rows(1_000, 20, 0.3, 0.15));
    assert!(drifted(&reference, &same).len() <= 2, "{:?}", reference.drift(&same));
    assert!(drifted(&reference, &moved).contains(&"three".to_owned()));
    assert!(drifted(&reference, &rows(1_000, 20, 0.0, 0.35)).contains(&"vix_level".to_owned()));
    // Only the last 20 days count, and fewer give no answer.
    let healed = [rows(900, 30, 0.3, 0.35), same].concat();
    assert!(!drifted(&reference, &healed).contains(&"three".to_owned()));
    assert_eq!(reference.drift(&rows(1_000, 19, 0.0, 0.15)), None);
    assert_eq!(DriftReference::of(&rows(0, 39, 0.0, 0.15), &NAMES), None);
}

#[test]
fn the_index_counts_days_however_many_rows_each_has() {
    let training = rows(0, 100, 0.0, 0.15);
    let reference = DriftReference::of(&training, &NAMES).expect("enough days");
    let mut recent = rows(1_000, 20, 0.0, 0.15);
    let crowd: Vec<DriftRow> = recent.iter().filter(|row| row.scan_day == 1_009).copied().collect();
    let plain = reference.drift(&recent).expect("20 days")[VIX_LEVEL].clone();
    (0..9).for_each(|_| recent.extend(&crowd));
    assert_eq!(reference.drift(&recent).expect("20 days")[VIX_LEVEL], plain);
}

#[test]
fn weights_decide_the_deciles_and_the_reference_survives_json() {
    let points = vec![(1.0, 1.0), (2.0, 8.0), (3.0, 1.0)];
    assert_eq!(deciles(points), [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    let reference = DriftReference::of(&rows(0, 60, 0.0, 0.15), &NAMES).expect("enough days");
    let json = serde_json::to_string(&reference).expect("JSON");
    assert!(json.len() < 12_000, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<DriftReference>(&json).expect("read"), reference);
}

#[test]
fn a_value_lies_between_the_shares_of_the_deciles_next_to_it() {
    let reference = DriftReference::of(&rows(0, 200, 0.0, 0.15), &NAMES).expect("enough days");
    let around = |value: f64| {
        let features = [value; FEATURES];
        reference.shares_around(&features).next().expect("the first feature")
    };
    assert_eq!((around(-1.0).0, around(2.0).1), (0.0, 1.0));
    let (below, upto) = around(0.55);
    assert!((below - 0.5).abs() < 0.02 && (upto - 0.6).abs() < 0.02, "{below} to {upto}");
    let third = f64::from(reference.deciles().next().expect("the first feature")[2]);
    assert!((around(third).1 - 0.3).abs() < 0.001, "a value at a decile is not above it");
}
