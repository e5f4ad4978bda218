//! Holds this crate against golden values from statsmodels, arch, scipy and numpy and a second
//! plain implementation of QUANT.md, all in `tests/golden/quant_reference.py`, which writes the
//! file read here. Series: the S&P 500, Nasdaq and VIX shipped with arch, and a seeded walk.
#![allow(clippy::unwrap_used)]

use quant::{
    Analysis, LABEL_BARS, PriceBar, PriceWindow, PricingSettings, VixWindow, analyze, arima, garch,
    label, spectrum,
};
use schemas::contract::FEATURE_NAMES;
use schemas::{Day, TradingCalendar};
use serde_json::Value;

/// Where no fit is involved, and where one is.
const EXACT: f64 = 1e-9;
const FITTED: f64 = 1e-6;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/quant_golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn day(value: &Value) -> Day {
    Day(value.as_i64().unwrap() as i32)
}

fn pair(value: &Value) -> [f64; 2] {
    [number(&value[0]), number(&value[1])]
}

fn near(name: &str, ours: f64, theirs: f64, tolerance: f64) {
    let limit = tolerance * theirs.abs().max(1.0);
    assert!((ours - theirs).abs() <= limit, "{name}: {ours} here, {theirs} there");
}

fn bars(rows: &Value) -> Vec<PriceBar> {
    let bar = |row: &Value| PriceBar {
        day: day(&row[0]),
        open: number(&row[1]),
        high: number(&row[2]),
        low: number(&row[3]),
        close: number(&row[4]),
        volume: number(&row[5]),
    };
    rows.as_array().unwrap().iter().map(bar).collect()
}

fn vix_until(rows: &Value, last: Day) -> VixWindow {
    let mut vix = VixWindow::new();
    for row in rows.as_array().unwrap().iter().filter(|row| day(&row[0]) <= last) {
        vix.push(day(&row[0]), number(&row[1])).unwrap();
    }
    vix
}

fn window_until(bars: &[PriceBar], last: Day) -> PriceWindow {
    let mut window = PriceWindow::new();
    for bar in bars.iter().filter(|bar| bar.day <= last) {
        window.push(*bar).unwrap();
    }
    window
}

#[test]
fn every_number_agrees_with_the_reference() {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 30);
    for case in cases {
        let bars = bars(&golden["series"][case["series"].as_str().unwrap()]);
        let t = day(&case["day"]);
        let window = window_until(&bars, t);
        let settings = PricingSettings::default();
        let analysis =
            analyze(&window, &vix_until(&golden["vix"], t), t, TradingCalendar::None, &settings)
                .unwrap();
        check_likelihoods(case, &window, &analysis);
        check_analysis(case, &analysis);
        let later = vix_until(&golden["vix"], analysis.butterfly.evaluation_day);
        let outcome =
            label(&analysis.butterfly, t, analysis.current_iv, &bars, &later, &settings).ok();
        assert_eq!(outcome.is_some(), case["roi"].is_number(), "{}", case["day"]);
        // The bars that a labeler holds when the day after the evaluation closes give the same.
        let end = bars.partition_point(|bar| bar.day <= analysis.butterfly.evaluation_day);
        let end = bars.len().min(end + 1);
        let held = &bars[end.saturating_sub(LABEL_BARS)..end];
        let again =
            label(&analysis.butterfly, t, analysis.current_iv, held, &later, &settings).ok();
        assert_eq!(again, outcome);
        if let Some(outcome) = outcome {
            near("roi", outcome.roi, number(&case["roi"]), EXACT);
        }
    }
}

fn check_likelihoods(case: &Value, window: &PriceWindow, analysis: &Analysis) {
    let held = window.bars();
    let y: Vec<f64> = held[held.len() - 252..].iter().map(|bar| libm::log(bar.close)).collect();
    let recent = arima::differences(&y[132..]);
    for given in case["fits"].as_array().unwrap() {
        let order = *arima::ORDERS
            .iter()
            .find(|o| (u64::from(o.p), u64::from(o.q)) == orders(given))
            .unwrap();
        let found = arima::likelihood(&recent, order, pair(&given["ar"]), pair(&given["ma"]));
        near("ARMA likelihood", found.log_likelihood, number(&given["llf"]), FITTED);
        near("ARMA variance", found.variance, number(&given["variance"]), FITTED);
        let fit = arima::fit_order(&recent, order).unwrap();
        if let Some(top) = given["top"].as_f64() {
            assert!(fit.log_likelihood >= top - 1e-3, "{order:?} {}", case["day"]);
        }
        let ahead = arima::forecast(&fit, &recent, analysis.butterfly.horizon as usize);
        near("forecast", ahead.last_return(), number(&given["mean"]), FITTED);
        near("forecast sd", *ahead.sd.last().unwrap(), number(&given["sd"]), FITTED);
    }
    let returns = arima::differences(&y);
    let (alpha, beta) = (number(&case["alpha"]), number(&case["beta"]));
    let found = garch::log_likelihood(&returns, alpha, beta);
    near("GARCH likelihood", found, number(&case["garch_llf"]), FITTED);
    if let Some(top) = case["garch_top"].as_f64() {
        assert!(analysis.garch.log_likelihood >= top - 1e-3, "GARCH {}", case["day"]);
    }
    let power = spectrum::spectrum(&y).unwrap().power;
    for (ours, theirs) in power.iter().zip(case["power"].as_array().unwrap()) {
        near("power", *ours, number(theirs), EXACT);
    }
}

fn orders(given: &Value) -> (u64, u64) {
    (given["p"].as_u64().unwrap(), given["q"].as_u64().unwrap())
}

fn check_analysis(case: &Value, analysis: &Analysis) {
    let fly = &analysis.butterfly;
    assert_eq!(format!("{:?}", fly.kind), case["kind"].as_str().unwrap());
    assert_eq!((fly.expiry, fly.evaluation_day), (day(&case["expiry"]), day(&case["evaluation"])));
    near("centre", fly.centre, number(&case["centre"]), EXACT);
    near("wing", fly.wing, number(&case["wing"]), EXACT);
    near("debit", analysis.mark.debit, number(&case["debit"]), EXACT);
    near("cost", analysis.mark.cost, number(&case["cost"]), EXACT);
    near("cycle", analysis.cycle_position, number(&case["cycle"]), EXACT);
    near("score", analysis.score.total, number(&case["score"]), FITTED);
    for (at, name) in FEATURE_NAMES.iter().enumerate() {
        // Forecast, interval and predicted volatility rest on fits, and mispricing, chance of
        // profit and the gamma-theta ratio on those.
        let fitted = matches!(at, 3..=5 | 7 | 17 | 21);
        let tolerance = if fitted { FITTED } else { EXACT };
        near(name, analysis.features[at], number(&case["features"][at]), tolerance);
    }
}
