//! Panel c: the volatility that was (63 days, rolling), the one that prices the options (the
//! proxy, which is the first moved by the index), and the one that GARCH expects to come.

use super::style::{BLUE, INK, Key, ORANGE, Panel, Ticks, digits, headed, padded, plot};
use crate::analysis_detail::{AnalysisDetail, Point};
use anyhow::Result;
use plotters::prelude::*;
use schemas::Day;

/// Draws it.
pub(super) fn draw<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let of = &detail.analysis;
    let named = |what: &str, value: f64| format!("{what} {:.1} %", 100.0 * value);
    let legend = [
        (Key::Line, INK, named("realised, 63 days: today", of.hv63)),
        (Key::Line, ORANGE, named("implied (proxy): today", of.current_iv)),
        (
            Key::Line,
            BLUE,
            format!(
                "{} to {}",
                named("GARCH forecast", of.predicted_vol),
                of.butterfly.evaluation_day
            ),
        ),
    ];
    let body = headed(panel, "c  Volatility per year", &legend)?;
    let at = |day: Day| f64::from(day.0);
    let (today, end) = (at(of.day), at(of.butterfly.evaluation_day));
    let first = detail.realised.first().map_or(today, |(day, _)| at(*day));
    let values = detail.realised.iter().chain(&detail.implied).map(|(_, value)| *value);
    let mut y = padded(values.chain([of.predicted_vol]), 0.08);
    y.start = y.start.max(0.0);
    let digits = digits(&(100.0 * y.start..100.0 * y.end));
    let x = Ticks::months(first..end + 6.0);
    let mut chart = plot(&body, x, y, ("", "% a year"), &|v| format!("{:.digits$}", 100.0 * v))?;

    let line =
        |points: &[Point]| points.iter().map(|(day, value)| (at(*day), *value)).collect::<Vec<_>>();
    chart.draw_series(LineSeries::new(line(&detail.implied), ORANGE.stroke_width(4)))?;
    chart.draw_series(LineSeries::new(line(&detail.realised), INK.stroke_width(6)))?;
    let ahead = [(today, of.predicted_vol), (end, of.predicted_vol)];
    chart.draw_series(LineSeries::new(ahead, BLUE.stroke_width(10)))?;
    let dots = [(of.hv63, INK), (of.current_iv, ORANGE), (of.predicted_vol, BLUE)];
    chart.draw_series(
        dots.map(|(value, colour)| Circle::new((today, value), 12, colour.filled())),
    )?;
    Ok(())
}
