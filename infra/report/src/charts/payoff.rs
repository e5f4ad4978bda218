//! Panel a: profit and loss per share at expiry after what entry cost, over the distribution of
//! the price that the probability of profit is computed from (centred on today's price, with
//! GARCH's volatility; not on the ARIMA forecast).

use super::style::{
    BLUE, GREEN, GREY, INK, Key, ORANGE, Panel, Ticks, digits, headed, padded, plot,
};
use crate::analysis_detail::AnalysisDetail;
use anyhow::Result;
use plotters::prelude::*;
use quant::normal_pdf;

const POINTS: usize = 400;

/// Draws it.
pub(super) fn draw<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let of = &detail.analysis;
    let legend = [
        (Key::Line, INK, "profit and loss per share".to_owned()),
        (
            Key::Dot,
            ORANGE,
            format!("break-evens ${:.2} and ${:.2}", of.break_evens[0], of.break_evens[1]),
        ),
        (Key::Dash, GREY, format!("today ${:.2}", of.spot)),
        (
            Key::Area,
            BLUE,
            format!("where the price may end (GARCH, {:.1} %)", 100.0 * of.predicted_vol),
        ),
        (Key::Area, GREEN, format!("in profit: {:.1} %", 100.0 * of.prob_profit)),
    ];
    let body = headed(panel, "a  Profit and loss at expiry", &legend)?;
    let (x, y) = (prices(detail), padded([-of.max_loss, of.max_profit], 0.12));
    let digits = digits(&y);
    let names = ("price of the share at expiry, $", "$ per share");
    let mut chart =
        plot(&body, Ticks::numbers(x.clone()), y.clone(), names, &|v| format!("{v:.digits$}"))?;

    let likely = likely(detail, &x, &y);
    let inside = |(price, _): &&(f64, f64)| (of.break_evens[0]..=of.break_evens[1]).contains(price);
    chart.draw_series(AreaSeries::new(likely.iter().copied(), y.start, BLUE.mix(0.16)))?;
    let winning = likely.iter().filter(inside).copied();
    chart.draw_series(AreaSeries::new(winning, y.start, GREEN.mix(0.30)))?;
    chart.draw_series(LineSeries::new([(x.start, 0.0), (x.end, 0.0)], GREY.stroke_width(2)))?;
    let today = [(of.spot, y.start), (of.spot, y.end)];
    chart.draw_series(DashedLineSeries::new(today, 16, 12, GREY.stroke_width(4)))?;
    chart.draw_series(LineSeries::new(gains(detail, &x), INK.stroke_width(6)))?;
    chart
        .draw_series(of.break_evens.map(|price| Circle::new((price, 0.0), 14, ORANGE.filled())))?;
    Ok(())
}

/// Prices shown: both wings and nearly all of the distribution.
fn prices(detail: &AnalysisDetail) -> std::ops::Range<f64> {
    let (of, fly) = (&detail.analysis, &detail.analysis.butterfly);
    let reach = 2.6 * deviation(detail);
    padded(
        [
            fly.centre - 1.25 * fly.wing,
            fly.centre + 1.25 * fly.wing,
            of.spot * (-reach).exp(),
            of.spot * reach.exp(),
        ],
        0.0,
    )
}

/// √v of ln S_T.
fn deviation(detail: &AnalysisDetail) -> f64 {
    let of = &detail.analysis;
    of.predicted_vol * (f64::from(of.butterfly.dte) / 365.0).sqrt()
}

/// The density of the price, its peak at four fifths of the plot's height; it has no scale of
/// its own.
fn likely(
    detail: &AnalysisDetail,
    x: &std::ops::Range<f64>,
    y: &std::ops::Range<f64>,
) -> Vec<(f64, f64)> {
    let (spot, sd) = (detail.analysis.spot, deviation(detail));
    let density = |price: f64| normal_pdf(((price / spot).ln() + 0.5 * sd * sd) / sd) / price;
    let step = (x.end - x.start) / POINTS as f64;
    let drawn: Vec<(f64, f64)> = (0..=POINTS)
        .map(|n| x.start + step * n as f64)
        .filter(|price| *price > 0.0)
        .map(|price| (price, density(price)))
        .collect();
    let peak = drawn.iter().fold(0.0_f64, |peak, (_, height)| peak.max(*height));
    let scale = 0.8 * (y.end - y.start) / peak;
    drawn.into_iter().map(|(price, height)| (price, y.start + scale * height)).collect()
}

fn gains(detail: &AnalysisDetail, x: &std::ops::Range<f64>) -> Vec<(f64, f64)> {
    let (of, fly) = (&detail.analysis, &detail.analysis.butterfly);
    [x.start, fly.centre - fly.wing, fly.centre, fly.centre + fly.wing, x.end]
        .map(|price| (price, quant::payoff(fly, price) - of.risk))
        .to_vec()
}
