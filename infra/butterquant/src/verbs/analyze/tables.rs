//! The numbers of one analysis as tables for a terminal: each with its unit and what it means.

use crate::printer::line;
use quant::{OptionRight, PricedLeg, WINDOW};
use report::analysis_detail::AnalysisDetail;
use report::charts;
use report::tables::{percent, table};
use schemas::contract::FEATURE_NAMES;

/// Prints all of them.
pub(super) fn print(detail: &AnalysisDetail, source: &str) {
    let of = &detail.analysis;
    line(format!("{} at the close of {}, {source}", detail.ticker, of.day));
    let groups = [
        ("Window and price", window(detail)),
        ("Trend, spectrum and cycle", cycle(detail)),
        ("Forecast of the price", forecast(detail)),
        ("Volatility, a year", volatility(detail)),
    ];
    groups.into_iter().for_each(|(title, rows)| group(title, rows));
    legs(detail);
    group("Money, per share", money(detail));
    score(detail);
    features(detail);
}

type Row = (&'static str, String, String);

fn row(name: &'static str, value: String, meaning: impl Into<String>) -> Row {
    (name, value, meaning.into())
}

fn group(title: &str, rows: Vec<Row>) {
    let rows = rows.into_iter().map(|(name, value, meaning)| vec![name.to_owned(), value, meaning]);
    line(format!("\n{}", table(&[title, "value>", "meaning"], rows)));
}

fn window(detail: &AnalysisDetail) -> Vec<Row> {
    let of = &detail.analysis;
    let span = detail.closes.first().zip(detail.closes.last());
    let span =
        span.map_or_else(String::new, |((first, _), (last, _))| format!("{first} to {last}"));
    vec![
        row("closes", WINDOW.to_string(), span),
        row("close", usd(of.spot), "S, unadjusted for dividends"),
        row("interest rate", percent(of.settings.rate), "r, a year"),
        row("dividend yield", percent(of.settings.dividend), "q, a year"),
    ]
}

fn cycle(detail: &AnalysisDetail) -> Vec<Row> {
    let of = &detail.analysis;
    let trend = format!("{:?}, of 60 log closes, in daily volatilities a day", of.trend);
    let place = if of.cycle_position < 0.0 { "the cycle stands low" } else { "it stands high" };
    vec![
        row("trend slope", format!("{:+.3}", of.trend_slope), trend),
        row(
            "dominant period",
            format!("{:.1}", of.dominant_period),
            "trading days; in 97 % of windows this is that of noise",
        ),
        row("its strength", percent(of.period_strength), "of all power"),
        row("cycle position", format!("{:+.4}", of.cycle_position), format!("log price; {place}")),
    ]
}

fn forecast(detail: &AnalysisDetail) -> Vec<Row> {
    let (of, fly, fit) = (&detail.analysis, &detail.analysis.butterfly, &detail.analysis.arima);
    let order = format!("({},{},{})", fit.order.p, fit.order.d, fit.order.q);
    let ahead = format!("{} trading days, on {}", fly.horizon, fly.evaluation_day);
    let mut rows = vec![
        row("ARIMA order", order, coefficients(fit)),
        row("AIC", format!("{:.2}", fit.aic), "least of six orders, ties to the simplest"),
        row("forecast price", format!("${:.2}", of.forecast_price), ahead),
        row("forecast return", format!("{:+.3} %", 100.0 * of.forecast_return), "logarithmic"),
    ];
    if let Some(last) = detail.forecast.last() {
        let bounds = format!("${:.2} – ${:.2}", last.low, last.high);
        rows.push(row("95 % interval", bounds, "no parameter error"));
    }
    rows.push(row("its width", format!("{:.4}", of.interval_width), "of the log price"));
    rows
}

fn coefficients(fit: &quant::arima::Fit) -> String {
    let (ar, ma) = (&fit.ar[..fit.order.p.into()], &fit.ma[..fit.order.q.into()]);
    let named = |name: &str, values: &[f64]| {
        let values: Vec<String> = values.iter().map(|value| format!("{value:+.3}")).collect();
        (!values.is_empty()).then(|| format!("{name} {}", values.join(" ")))
    };
    let parts: Vec<String> = [named("φ", ar), named("θ", ma)].into_iter().flatten().collect();
    if parts.is_empty() { "the random walk".to_owned() } else { parts.join(", ") }
}

fn volatility(detail: &AnalysisDetail) -> Vec<Row> {
    let (of, fit) = (&detail.analysis, &detail.analysis.garch);
    let garch = format!("α {:.4}, β {:.4}, to the evaluation date", fit.alpha, fit.beta);
    vec![
        row("realised, HV63", percent(of.hv63), "of the last 63 returns"),
        row("GARCH forecast", percent(of.predicted_vol), garch),
        row("implied, proxy", percent(of.current_iv), "HV63 × VIX ÷ its mean of 63 bars"),
        row(
            "its percentile",
            percent(of.iv_percentile),
            "share of the 126 bars before not above it",
        ),
        row("mispricing", format!("{:+.4}", of.vol_mispricing), "ln(implied ÷ forecast)"),
        row("VIX", format!("{:.2}", of.vix), "points"),
        row("skew", format!("{:+.4}", of.skew), "above 0: falls are larger than rises"),
    ]
}

fn legs(detail: &AnalysisDetail) {
    let (of, fly) = (&detail.analysis, &detail.analysis.butterfly);
    line(format!(
        "\n{}, expires {} ({} days), evaluated {}",
        charts::kind(detail),
        fly.expiry,
        fly.dte,
        fly.evaluation_day
    ));
    let header = [
        "leg",
        "strike>",
        "held>",
        "price $>",
        "σ>",
        "delta>",
        "gamma>",
        "vega $/pt>",
        "theta $/day>",
    ];
    let mut rows: Vec<Vec<String>> = of.legs.iter().map(leg).collect();
    let all = [of.mark.delta, of.mark.gamma, of.mark.vega / 100.0, of.mark.theta / 365.0];
    let mut total = vec!["together".to_owned(), String::new(), String::new()];
    total.extend([format!("{:.4}", of.mark.value), String::new()]);
    total.extend(all.map(|greek| format!("{greek:+.5}")));
    rows.push(total);
    line(table(&header, rows));
}

fn leg(leg: &PricedLeg) -> Vec<String> {
    let right = if leg.right == OptionRight::Call { "call" } else { "put" };
    let mut row = vec![right.to_owned(), leg.strike.to_string(), format!("{:+}", leg.ratio)];
    row.extend([format!("{:.4}", leg.price), percent(leg.sigma)]);
    let greeks = [leg.delta, leg.gamma, leg.vega / 100.0, leg.theta / 365.0];
    row.extend(greeks.map(|greek| format!("{greek:+.5}")));
    row
}

fn money(detail: &AnalysisDetail) -> Vec<Row> {
    let of = &detail.analysis;
    let [low, high] = of.break_evens;
    vec![
        row("debit", usd(of.mark.debit), "mid value; for an iron the wing less the credit"),
        row("cost one way", usd(of.mark.cost), "half spreads and commissions of four options"),
        row("risk", usd(of.risk), "debit + cost"),
        row("wing", usd(of.butterfly.wing), "from the centre to an outer strike"),
        row("greatest profit", usd(of.max_profit), "at the centre at expiry: wing − risk"),
        row("greatest loss", usd(of.max_loss), "beyond an outer strike: the risk"),
        row("break-evens", format!("{} – {}", usd(low), usd(high)), "at expiry"),
        row("prob. of profit", percent(of.prob_profit), "to end between them, volatility GARCH's"),
        row(
            "expected P&L",
            signed(detail.analysis.expected_value()),
            "at expiry, the same distribution; no evidence of an edge",
        ),
    ]
}

fn score(detail: &AnalysisDetail) {
    let score = &detail.analysis.score;
    let parts = [
        ("forecast near the centre", score.centre, 0.35),
        ("implied above forecast volatility", score.mispricing, 0.30),
        ("narrow forecast interval", score.interval, 0.20),
        ("trend and cycle agree", score.cycle, 0.15),
        ("delta, taken off", score.delta_penalty, -1.0),
    ];
    let mut rows: Vec<Vec<String>> = parts
        .into_iter()
        .map(|(name, points, weight)| {
            vec![
                name.to_owned(),
                format!("{points:.2}"),
                format!("{weight:+.2}"),
                format!("{:+.2}", points * weight),
            ]
        })
        .collect();
    let blank = String::new;
    rows.push(vec!["held to 0–100".to_owned(), blank(), blank(), format!("{:.2}", score.total)]);
    line(format!("\n{}", table(&["Technical score", "points>", "weight>", "adds>"], rows)));
}

fn features(detail: &AnalysisDetail) {
    let of = &detail.analysis;
    let title = format!("Features, contract v{}", of.contract_version);
    let half = FEATURE_NAMES.len().div_ceil(2);
    let cells = |at: usize| match FEATURE_NAMES.get(at) {
        Some(name) => [(at + 1).to_string(), (*name).to_owned(), format!("{:.6}", of.features[at])],
        None => Default::default(),
    };
    let rows = (0..half).map(|at| [cells(at), cells(at + half)].concat());
    line(format!("\n{}", table(&["#>", &title, "value>", "#>", "", "value>"], rows)));
}

fn usd(value: f64) -> String {
    let text = format!("${value:.4}");
    text.strip_suffix("00").unwrap_or(&text).to_owned()
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}${:.4}", value.abs())
}
