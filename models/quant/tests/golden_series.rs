//! Holds likelihoods, forecasts, maxima and spectra against statsmodels, arch, scipy and numpy on
//! real windows from calm to wild, by the golden values of `tests/golden/series_reference.py`.
#![allow(clippy::unwrap_used)]

use quant::{arima, garch, spectrum};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn pair(value: &Value) -> [f64; 2] {
    [number(&value[0]), number(&value[1])]
}

fn near(name: &str, ours: f64, theirs: f64, tolerance: f64) {
    let limit = tolerance * theirs.abs().max(1.0);
    assert!((ours - theirs).abs() <= limit, "{name}: {ours} here, {theirs} there");
}

#[test]
fn real_windows_have_the_references_likelihoods_forecasts_and_spectra() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/series_golden.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let windows = golden["windows"].as_array().unwrap();
    assert!(windows.len() >= 25);
    for window in windows {
        let closes = window["closes"].as_array().unwrap();
        let y: Vec<f64> = closes.iter().map(|close| libm::log(number(close))).collect();
        let name = format!("{} {}", window["name"], window["from"]);
        let horizon = golden["horizon"].as_u64().unwrap() as usize;
        arma(&name, &arima::differences(&y[132..]), &window["arma"], horizon);
        let returns = arima::differences(&y);
        for given in window["garch"].as_array().unwrap() {
            let found = garch::log_likelihood(&returns, number(&given[0]), number(&given[1]));
            near(&name, found, number(&given[2]), 1e-6);
        }
        if let Some(top) = window["garch_top"].as_f64() {
            assert!(garch::fit(&returns).unwrap().log_likelihood >= top - 1e-3, "{name} GARCH");
        }
        let found = spectrum::spectrum(&y).unwrap();
        assert_eq!(found.waves as u64, window["waves"].as_u64().unwrap(), "{name}");
        near(&name, found.period_strength, number(&window["strength"]), 1e-9);
        near(&name, found.cycle_position, number(&window["cycle"]), 1e-9);
        for (ours, theirs) in found.power.iter().zip(window["power"].as_array().unwrap()) {
            near(&name, *ours, number(theirs), 1e-9);
        }
    }
}

fn arma(name: &str, differences: &[f64], given: &Value, horizon: usize) {
    for (order, given) in arima::ORDERS.iter().zip(given.as_array().unwrap()) {
        let orders = (u64::from(order.p), u64::from(order.q));
        assert_eq!(orders, (given["p"].as_u64().unwrap(), given["q"].as_u64().unwrap()));
        let (ar, ma) = (pair(&given["ar"]), pair(&given["ma"]));
        let arima::Likelihood { log_likelihood, variance } =
            arima::likelihood(differences, *order, ar, ma);
        near(name, log_likelihood, number(&given["llf"]), 1e-6);
        near(name, variance, number(&given["variance"]), 1e-6);
        let at = arima::Fit { order: *order, ar, ma, variance, log_likelihood, aic: 0.0 };
        let ahead = arima::forecast(&at, differences, horizon);
        near(name, ahead.last_return(), number(&given["mean"]), 1e-6);
        near(name, *ahead.sd.last().unwrap(), number(&given["sd"]), 1e-6);
        if let Some(top) = given["top"].as_f64() {
            let fit = arima::fit_order(differences, *order).unwrap();
            assert!(fit.log_likelihood >= top - 1e-3, "{name} {order:?}");
        }
    }
}
