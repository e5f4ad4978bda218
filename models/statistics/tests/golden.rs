//! Holds the statistics against overfitting against numpy and scipy, by the golden values of
//! `tests/golden/statistics_reference.py`. What Rust draws is held against what is exact there.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use statistics::{
    ReturnsMatrix, ScoredCandidate, SelectionRule, WalkForwardSplit, normal, permutation_test,
    probability_of_overfitting, sharpe_inference, walk_forward,
};

/// Where the same sums are made, and where those of long formulas are.
const EXACT: f64 = 1e-12;
const LONG: f64 = 1e-9;
const SEED: u64 = 7;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/statistics_golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

fn near(name: &str, ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = number(theirs);
    let limit = tolerance * theirs.abs().max(1.0);
    assert!((ours - theirs).abs() <= limit, "{name}: {ours} here, {theirs} there");
}

/// Compares every number of `theirs` with the one of its name in `ours`, which has it as `Serialize` writes it;
/// whole numbers, texts and none must be equal.
fn same(name: &str, ours: &Value, theirs: &Value, tolerance: f64) {
    match theirs {
        Value::Object(fields) => {
            for (field, theirs) in fields {
                same(&format!("{name}.{field}"), &ours[field], theirs, tolerance);
            }
        }
        Value::Array(items) => {
            assert_eq!(list(ours).len(), items.len(), "{name}");
            for (at, theirs) in items.iter().enumerate() {
                same(&format!("{name}[{at}]"), &ours[at], theirs, tolerance);
            }
        }
        Value::Number(theirs) if theirs.is_f64() => {
            near(name, number(ours), &json!(theirs), tolerance);
        }
        _ => assert_eq!(ours, theirs, "{name}"),
    }
}

/// `of` without the fields that are inputs, or compared apart.
fn without(of: &Value, fields: &[&str]) -> Value {
    let mut of = of.clone();
    fields.iter().for_each(|field| assert!(of.as_object_mut().unwrap().remove(*field).is_some()));
    of
}

fn matrix(golden: &Value) -> ReturnsMatrix {
    ReturnsMatrix::new(list(&golden["matrix"]).iter().map(numbers).collect()).unwrap()
}

#[test]
fn the_normal_distribution_is_that_of_scipy() {
    let golden = golden();
    for pair in list(&golden["normal"]["quantiles"]) {
        near("quantile", normal::inverse_cdf(number(&pair[0])), &pair[1], EXACT);
    }
    for pair in list(&golden["normal"]["cdf"]) {
        let (ours, theirs) = (normal::cdf(number(&pair[0])), number(&pair[1]));
        assert!((ours / theirs - 1.0).abs() < EXACT, "{pair}: {ours}");
    }
}

#[test]
fn sharpe_ratios_prove_what_the_formulas_say() {
    let golden = golden();
    assert_eq!(list(&golden["sharpe"]).len(), 4);
    for case in list(&golden["sharpe"]) {
        let name = case["name"].as_str().unwrap();
        let block = case["block"].as_u64().unwrap() as usize;
        let found = sharpe_inference(&numbers(&case["returns"]), block, SEED).unwrap();
        let trials: Vec<Option<f64>> = list(&case["trials"]).iter().map(Value::as_f64).collect();
        let deflated = found.deflated(&trials).unwrap();
        let plain = without(case, &["name", "returns", "trials"]);
        let of_trials = ["trials_sd", "expected_maximum_daily", "expected_maximum_annual"];
        for field in of_trials {
            near(field, number(&json!(deflated)[field]), &case[field], EXACT);
        }
        let plain = without(&plain, &of_trials);
        let drawn = ["effective_days", "probabilistic", "minimum_days"];
        if block == 1 {
            near(name, deflated.deflated, &case["deflated"], LONG);
            same(name, &json!(found), &without(&plain, &["deflated"]), LONG);
        } else {
            // The error of the mean has 10,000 draws here, and is exact there.
            same(name, &json!(found), &without(&without(&plain, &["deflated"]), &drawn), LONG);
            for field in drawn {
                near(field, number(&json!(found)[field]), &case[field], 0.04);
            }
            near(name, deflated.deflated, &case["deflated"], 0.02);
        }
    }
}

#[test]
fn overfitting_is_as_probable_as_in_the_reference() {
    let golden = golden();
    let mut found = probability_of_overfitting(&matrix(&golden)).unwrap();
    assert_eq!((found.given, found.configurations, found.days), (15, 13, 163));
    found.splits.sort_by(|a, b| a.in_sample_blocks.cmp(&b.in_sample_blocks));
    same("cscv", &json!(found), &golden["cscv"], LONG);
    let ranks = found.splits.iter().map(|split| split.rank);
    assert!(ranks.into_iter().any(|rank| rank.fract() == 0.5), "no rank is shared");
}

#[test]
fn a_walk_goes_as_in_the_reference() {
    let golden = golden();
    let length = |pair: &Value| WalkForwardSplit {
        in_sample: pair[0].as_u64().unwrap() as usize,
        out_of_sample: pair[1].as_u64().unwrap() as usize,
    };
    let splits: Vec<WalkForwardSplit> =
        list(&golden["walk"]["lengths"]).iter().map(length).collect();
    let found = walk_forward(&matrix(&golden), &splits).unwrap();
    same("walk", &json!(found), &without(&golden["walk"], &["lengths"]), LONG);
}

#[test]
fn shuffles_have_the_exact_distribution() {
    for case in list(&golden()["permutation"]) {
        let candidate =
            |pair: &Value| ScoredCandidate { score: number(&pair[0]), roi: number(&pair[1]) };
        let day = |day: &Value| list(day).iter().map(candidate).collect();
        let days: Vec<Vec<ScoredCandidate>> = list(&case["days"]).iter().map(day).collect();
        let threshold = number(&case["threshold"]);
        let rule = SelectionRule { threshold, at_most: case["at_most"].as_u64().unwrap() as usize };
        let found = permutation_test(&days, rule, 3, SEED).unwrap();
        assert_eq!(json!(found.traded_days), case["traded_days"]);
        assert_eq!(json!(found.days_with_a_choice), case["days_with_a_choice"]);
        near("observed", found.observed, &case["observed"], EXACT);
        near("excess", found.excess.unwrap().mean, &case["mean_excess"], EXACT);
        let (draws, sd) = (f64::from(found.draws), number(&case["null_sd"]));
        let off = (found.null_mean - number(&case["null_mean"])).abs();
        assert!(off < 4.0 * sd / draws.sqrt(), "null mean off by {off}, sd {sd}");
        let p = number(&case["p"]);
        let error = 4.0 * (p * (1.0 - p) / draws).sqrt() + 1.0 / draws;
        assert!((found.p_value - p).abs() < error, "p {} here, {p} there", found.p_value);
        let range = numbers(&case["null_range"]);
        for (ours, theirs) in [(found.null_range.0, range[0]), (found.null_range.1, range[1])] {
            assert!(
                (ours - theirs).abs() < 0.15 * sd,
                "bound {ours} here, {theirs} there, sd {sd}"
            );
        }
    }
}
