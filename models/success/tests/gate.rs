//! The gate promotes what is better by more than chance, and says every reason otherwise.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test says what it expects")]

mod testkit;

use success::{GateSettings, HeldOut, Verdict, gate};
use testkit::TestRng;

const PRIOR: [f64; 4] = [0.5, 0.06, 0.05, 0.39];

/// `days` of 20 rows whose true probabilities lean by a hidden sign; a model sees `sight` of
/// that lean (1 all of it, 0 nothing, negative the wrong way).
fn rows(days: i32, sight: f32, seed: u64) -> Vec<HeldOut> {
    let mut rng = TestRng::new(seed);
    let mut rows = Vec::new();
    for row in 0..days * 20 {
        let lean = if rng.unit() < 0.5 { 0.3 } else { -0.3 };
        let truth = [0.5 + lean, 0.06, 0.05, 0.39 - lean].map(|p: f64| p as f32);
        let mut place = rng.unit() as f32;
        let class = truth.iter().position(|p| {
            place -= p;
            place < 0.0
        });
        let lean = lean as f32 * sight;
        let probabilities = [0.5 + lean, 0.06, 0.05, 0.39 - lean];
        let class = class.unwrap_or(3) as u8;
        rows.push(HeldOut { scan_day: row / 20, class, weight: 1.0, probabilities });
    }
    rows
}

fn settings() -> GateSettings {
    GateSettings { block: 10, class_prior: PRIOR, draws: 2_000, ..GateSettings::default() }
}

fn refused(verdict: &Verdict, words: &[&str]) {
    let text = verdict.reasons.join("; ");
    assert!(!verdict.promote && words.iter().all(|word| text.contains(word)), "{verdict:#?}");
}

#[test]
fn a_model_that_sees_is_promoted_over_the_prior_and_over_a_blind_champion() {
    let first = gate(&rows(60, 0.9, 1), None, &settings());
    assert!(first.promote && first.reasons.is_empty() && first.baseline_is_prior, "{first:#?}");
    assert!(first.p_value < 0.01 && first.log_loss < first.baseline_log_loss);
    assert!((first.days, first.rows) == (60, 1_200) && first.days_needed.is_none());
    let second = gate(&rows(60, 0.9, 1), Some(&rows(60, 0.0, 1)), &settings());
    assert!(second.promote && !second.baseline_is_prior, "{second:#?}");
}

#[test]
fn what_is_not_better_is_refused() {
    let worse = gate(&rows(60, 0.2, 2), Some(&rows(60, 0.9, 2)), &settings());
    refused(&worse, &["not below that of the champion"]);
    assert_eq!(worse.days_needed, None, "no number of days proves what is not there");
    let same = gate(&rows(60, 0.9, 2), Some(&rows(60, 0.9, 2)), &settings());
    refused(&same, &["not below"]);
}

/// Against a champion that sees 0.4: better on the first sixteen days, worse on `worse` days from day 30 on. A gain in
/// the mean, which chance may give.
fn uneven(worse: i32) -> Verdict {
    let mut challenger = rows(60, 0.4, 3);
    for (row, (more, less)) in
        challenger.iter_mut().zip(rows(60, 0.9, 3).into_iter().zip(rows(60, 0.1, 3)))
    {
        if row.scan_day < 16 {
            *row = more;
        } else if (30..30 + worse).contains(&row.scan_day) {
            *row = less;
        }
    }
    gate(&challenger, Some(&rows(60, 0.4, 3)), &settings())
}

#[test]
fn a_small_gain_is_not_proven_and_the_days_are_named() {
    let verdict = uneven(3);
    assert!(verdict.log_loss < verdict.baseline_log_loss, "{verdict:#?}");
    let words =
        ["not proven better than the champion", "chance alone may give", "more held-out days"];
    refused(&verdict, &words);
    assert!((10..=252).contains(&verdict.days_needed.expect("a number")));
}

#[test]
fn a_proof_that_would_take_years_is_not_waited_for() {
    let verdict = uneven(8);
    assert!(verdict.log_loss < verdict.baseline_log_loss, "{verdict:#?}");
    refused(&verdict, &["more than a year of held-out days"]);
    assert_eq!(verdict.days_needed, None);
}

#[test]
fn each_challenger_judged_on_the_same_days_makes_proof_dearer() {
    let judge = |judged_before| {
        let settings = GateSettings { judged_before, ..settings() };
        gate(&rows(60, 0.9, 1), None, &settings)
    };
    let (first, later) = (judge(0), judge(9_999));
    assert_eq!(first.p_value.to_bits(), later.p_value.to_bits());
    assert!(first.promote);
    refused(&later, &["× 10000 challengers", "not proven better than the class prior"]);
}

#[test]
fn too_few_days_are_refused_with_the_days_to_wait() {
    refused(&gate(&rows(45, 0.9, 1), None, &settings()), &["only 45 of 60", "wait for 15 more"]);
    refused(&gate(&rows(14, 0.9, 1), None, &settings()), &["14 days are fewer than one and"]);
    refused(&gate(&[], None, &settings()), &["no held-out row has matured"]);
}

/// Gives a class `more` probability at the cost of another.
fn shift(rows: &mut [HeldOut], to: usize, from: usize, more: f32) {
    for row in rows {
        row.probabilities[to] += more;
        row.probabilities[from] -= more;
    }
}

#[test]
fn what_the_rival_shares_is_no_fault_and_what_it_does_not_is() {
    // Off by six points, as the champion is: it ranks better, so it is promoted.
    let (mut shifted, mut champion) = (rows(60, 0.9, 1), rows(60, 0.3, 1));
    shift(&mut shifted, 3, 0, 0.06);
    shift(&mut champion, 3, 0, 0.06);
    let alike = gate(&shifted, Some(&champion), &settings());
    let off = |of: &[f64; 4]| (of[3] - alike.frequency[3]).abs();
    assert!(off(&alike.mean_probability) > 0.03 && off(&alike.rival_mean_probability) > 0.03);
    assert!(alike.promote, "{alike:#?}");

    // The same against a champion that is right on average.
    let right = rows(60, 0.3, 1);
    refused(&gate(&shifted, Some(&right), &settings()), &["that of the champion", "points worse"]);
    // A deviation to the other side is as far.
    let mut under = rows(60, 0.3, 1);
    shift(&mut under, 0, 3, 0.06);
    let verdict = gate(&shifted, Some(&under), &settings());
    assert!(verdict.reasons.iter().all(|reason| !reason.starts_with("class")), "{verdict:#?}");
}

#[test]
fn probabilities_that_are_off_are_refused_though_they_rank_well() {
    let mut shifted = rows(60, 0.9, 1);
    shift(&mut shifted, 3, 0, 0.06);
    let verdict = gate(&shifted, None, &settings());
    refused(&verdict, &["class Loss: ", "class Excellent: ", "the class prior, "]);

    let sharp = |row: &mut HeldOut| {
        let down = row.probabilities[0] < 0.5;
        row.probabilities =
            if down { [0.005, 0.06, 0.05, 0.885] } else { [0.885, 0.06, 0.05, 0.005] };
    };
    let mut certain = rows(60, 1.0, 1);
    certain.iter_mut().for_each(sharp);
    let verdict = gate(&certain, None, &settings());
    refused(&verdict, &["calibration error"]);
    assert!(verdict.calibration_error > verdict.calibration_limit);
    let of = [verdict.rival_calibration_error, verdict.calibration_by_chance];
    assert_eq!(verdict.calibration_limit, of[0].max(of[1]) + 0.03);
    // As sharp a champion is no better calibrated.
    let alike = gate(&certain, Some(&certain), &settings());
    assert!(!alike.reasons.iter().any(|reason| reason.contains("calibration")), "{alike:#?}");
}

#[test]
fn rows_that_cannot_be_compared_are_refused() {
    let good = rows(60, 0.9, 1);
    refused(&gate(&good, Some(&good[1..]), &settings()), &["not asked about the same rows"]);
    refused(&gate(&good, Some(&rows(60, 0.9, 9)), &settings()), &["not asked about the same rows"]);
    type Change = fn(&mut HeldOut);
    let cases: [(Change, &str); 3] = [
        (|row| row.probabilities[1] = f32::NAN, "row 4 is not sound (probability NaN is not"),
        (|row| row.weight = 0.0, "row 4 is not sound (weight 0 is not above 0)"),
        (|row| row.class = 4, "row 4 is not sound (class 4 is not one of 0 to 3)"),
    ];
    for (change, said) in cases {
        let mut bad = good.clone();
        change(&mut bad[4]);
        let remedy = "`butterquant train` asks for another model";
        refused(&gate(&bad, None, &settings()), &["of the challenger", said, remedy]);
    }
    let mut bad = good.clone();
    bad[4].probabilities[0] = -0.1;
    let words = ["of the champion", "probability -0.1", "`butterquant model rollback`"];
    refused(&gate(&good, Some(&bad), &settings()), &words);
    let none = GateSettings { block: 0, ..settings() };
    refused(&gate(&good, None, &none), &["the longest holding is 0 days"]);
}

#[test]
fn the_same_rows_give_the_same_verdict() {
    let judge = |seed| gate(&rows(60, 0.3, 5), None, &GateSettings { seed, ..settings() });
    assert_eq!(judge(1), judge(1));
    assert_ne!(judge(1).calibration_by_chance, judge(2).calibration_by_chance);
}

#[test]
fn a_blind_model_is_seldom_promoted() {
    let promoted = (0..60)
        .filter(|seed| {
            let mut rng = TestRng::new(1_000 + seed);
            let mut blind = rows(60, 0.0, *seed);
            for row in &mut blind {
                let lean = 0.02 * (rng.unit() as f32 - 0.5);
                row.probabilities[0] += lean;
                row.probabilities[3] -= lean;
            }
            gate(&blind, None, &GateSettings { draws: 500, ..settings() }).promote
        })
        .count();
    println!("{promoted} of 60 blind models were promoted");
    assert!(promoted <= 12);
}

#[test]
fn a_model_that_says_one_class_of_every_row_is_refused() {
    let mut rows = rows(60, 0.9, 5);
    rows.iter_mut().for_each(|row| row.probabilities = [0.97, 0.01, 0.01, 0.01]);
    refused(
        &gate(&rows, None, &settings()),
        &["class Loss", "more than 3 points worse", "training"],
    );
}
