//! Panel b: the window's closes, the trend through the last 60, and the ARIMA forecast with its
//! 95 % interval up to the evaluation date.

use super::style::{BLUE, GREEN, INK, Key, ORANGE, Panel, Ticks, digits, headed, padded, plot};
use crate::analysis_detail::AnalysisDetail;
use anyhow::Result;
use plotters::prelude::*;
use schemas::Day;

/// Draws it.
pub(super) fn draw<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let (of, fly) = (&detail.analysis, &detail.analysis.butterfly);
    let order = of.arima.order;
    let strikes = [fly.centre - fly.wing, fly.centre, fly.centre + fly.wing];
    let legend = [
        (Key::Line, INK, "close, 252 days".to_owned()),
        (Key::Line, GREEN, format!("trend of 60 days ({:?})", of.trend).to_lowercase()),
        (
            Key::Line,
            BLUE,
            format!(
                "forecast ${:.2}, ARIMA({},{},{})",
                of.forecast_price, order.p, order.d, order.q
            ),
        ),
        (Key::Area, BLUE, format!("95 % interval to {}", fly.evaluation_day)),
        (Key::Dash, ORANGE, format!("strikes {} / {} / {}", strikes[0], strikes[1], strikes[2])),
    ];
    let body = headed(panel, "b  Price, trend and forecast", &legend)?;
    let at = |day: Day| f64::from(day.0);
    let today = at(of.day);
    let first = detail.closes.first().map_or(today, |(day, _)| at(*day));
    let end = at(fly.evaluation_day);
    let bands = detail.forecast.iter().flat_map(|ahead| [ahead.low, ahead.high]);
    let closes = detail.closes.iter().map(|(_, close)| *close);
    let y = padded(closes.chain(bands).chain(strikes), 0.06);
    let digits = digits(&y);
    let x = Ticks::months(first..end + 6.0);
    let mut chart = plot(&body, x, y, ("", "$ per share"), &|v| format!("{v:.digits$}"))?;

    let upper = detail.forecast.iter().map(|ahead| (today + ahead.days, ahead.high));
    let lower = detail.forecast.iter().rev().map(|ahead| (today + ahead.days, ahead.low));
    let band: Vec<(f64, f64)> = upper.chain(lower).collect();
    chart.draw_series([Polygon::new(band, BLUE.mix(0.22))])?;
    let line = |points: &[(Day, f64)]| {
        points.iter().map(|(day, value)| (at(*day), *value)).collect::<Vec<_>>()
    };
    chart.draw_series(LineSeries::new(line(&detail.closes), INK.stroke_width(4)))?;
    chart.draw_series(LineSeries::new(smooth(&line(&detail.trend)), GREEN.stroke_width(6)))?;
    let expected = detail.forecast.iter().map(|ahead| (today + ahead.days, ahead.price));
    chart.draw_series(LineSeries::new(expected, BLUE.stroke_width(6)))?;
    for strike in strikes {
        let dashes = [(today, strike), (end, strike)];
        chart.draw_series(DashedLineSeries::new(dashes, 10, 10, ORANGE.stroke_width(4)))?;
    }
    Ok(())
}

/// The trend's two ends joined by an exponential in calendar days: drawn day by day it would
/// have a kink at every weekend, being straight in trading days.
fn smooth(trend: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const PARTS: u32 = 12;
    let Some(((from, low), (to, high))) = trend.first().zip(trend.last()) else { return vec![] };
    let at = |share: f64| (from + share * (to - from), low * (high / low).powf(share));
    (0..=PARTS).map(|n| at(f64::from(n) / f64::from(PARTS))).collect()
}
