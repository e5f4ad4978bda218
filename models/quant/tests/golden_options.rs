//! Holds options and butterflies against vollib, QuantLib, optionlab and a simulation, by the
//! golden values of `tests/golden/options_reference.py`.
#![allow(clippy::unwrap_used)]

use quant::{
    Butterfly, ButterflyKind, OptionRight, PricingSettings, Terms, expected_payoff,
    implied_volatility, legs, mark, payoff, prob_between, quote,
};
use schemas::Day;
use serde_json::Value;

fn golden(part: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/options_golden.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    all[part].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn near(name: &str, ours: f64, theirs: f64, limit: f64) {
    assert!((ours - theirs).abs() <= limit, "{name}: {ours} here, {theirs} there");
}

#[test]
fn options_are_priced_to_ten_digits_and_prices_give_back_their_volatility() {
    let rows = golden("options");
    assert!(rows.len() > 600);
    let mut inverted = 0;
    for row in rows {
        let call = row[0].as_bool().unwrap();
        let right = if call { OptionRight::Call } else { OptionRight::Put };
        let at = |i: usize| number(&row[i]);
        let (strike, years, sigma, rate, dividend) = (at(1), at(2), at(3), at(4), at(5));
        let terms = Terms { spot: 100.0, strike, sigma, years, rate, dividend };
        let q = quote(right, &terms);
        let names = ["price", "delta", "gamma", "vega", "theta"];
        for (i, ours) in [q.price, q.delta, q.gamma, q.vega, q.theta].into_iter().enumerate() {
            near(&format!("{} {terms:?}", names[i]), ours, at(6 + i), 1e-10 * at(6 + i).abs());
        }
        if let Ok(found) = implied_volatility(right, at(6), &terms) {
            inverted += 1;
            near(&format!("implied volatility {terms:?}"), found, sigma, 1e-8);
        }
    }
    assert!(inverted > 500, "{inverted}");
}

#[test]
fn butterflies_are_their_legs_added_up_and_optionlab_s() {
    let rows = golden("butterflies");
    assert!(rows.len() >= 60);
    for row in rows {
        let at = |name: &str| number(&row[name]);
        let kind = match row["kind"].as_str().unwrap() {
            "Call" => ButterflyKind::Call,
            "Put" => ButterflyKind::Put,
            _ => ButterflyKind::Iron,
        };
        let dte = row["days"].as_i64().unwrap() as i32;
        let (centre, wing, spot) = (at("centre"), at("wing"), at("spot"));
        let (expiry, evaluation_day) = (Day(17_000 + dte), Day(17_000 + dte - 3));
        let fly = Butterfly { kind, centre, wing, expiry, evaluation_day, dte, horizon: 10 };
        let settings = PricingSettings::default();
        let held = mark(&fly, spot, at("sigma"), Day(17_000), &settings);
        near("debit", held.debit, at("debit"), 1e-13 * spot);
        near("cost", held.cost, at("cost"), 1e-13 * spot);
        let ours = [held.value, held.delta, held.gamma, held.vega, held.theta];
        for (i, (ours, theirs)) in
            ours.into_iter().zip(row["value"].as_array().unwrap()).enumerate()
        {
            // Rounding of the legs, which cancel.
            let legs = legs(&fly, spot, at("sigma"), Day(17_000), &settings);
            let part = |l: &quant::PricedLeg| [l.price, l.delta, l.gamma, l.vega, l.theta][i].abs();
            let scale: f64 = legs.iter().map(part).sum();
            near(&format!("greek {i}"), ours, number(theirs), 1e-13 * scale);
        }
        let risk = held.debit + held.cost;
        let most = payoff(&fly, centre) - risk;
        near("max profit", most, at("max_profit"), 1e-12 * spot);
        near("max loss", risk, at("max_loss"), 1e-12 * spot);
        let (low, high) = (centre - wing + risk, centre + wing - risk);
        // optionlab counts as profit what is at least 1e-8 dollars here.
        near("low break-even", low, number(&row["break_evens"][0]), 1.1e-8);
        near("high break-even", high, number(&row["break_evens"][1]), 1.1e-8);
        let variance = at("predicted") * at("predicted") * f64::from(dte) / 365.0;
        let chance = prob_between(spot, low, high, variance);
        let expected = expected_payoff(spot, centre, wing, variance) - risk;
        near("chance of profit", chance, at("chance"), 1e-6);
        near("expected value", expected, at("expected"), 1e-6);
        let simulated = |i: usize| number(&row["simulated"][i]);
        near("simulated chance", chance, simulated(0), 4.0 * simulated(1));
        near("simulated value", expected, simulated(2), 4.0 * simulated(3));
    }
}
