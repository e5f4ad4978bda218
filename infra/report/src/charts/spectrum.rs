//! Panel d: the share of power at each whole number of waves in the window, by period, and the
//! dominant period among those searched.

use super::style::{GREY, INK, Key, ORANGE, Panel, headed, plot};
use super::ticks::Ticks;
use crate::analysis_detail::AnalysisDetail;
use anyhow::Result;
use plotters::prelude::*;
use quant::WINDOW;
use quant::spectrum::SEARCHED_WAVES;

/// The shortest and longest period searched, trading days.
fn searched_periods() -> (f64, f64) {
    let period = |waves: &usize| WINDOW as f64 / *waves as f64;
    (period(SEARCHED_WAVES.end()), period(SEARCHED_WAVES.start()))
}

/// Draws the panel.
pub(super) fn draw<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let of = &detail.analysis;
    let (shortest, longest) = searched_periods();
    let legend = [
        (Key::Line, INK, "share of all power".to_owned()),
        (
            Key::Dot,
            ORANGE,
            format!(
                "dominant: {:.1} trading days, {:.1} %",
                of.dominant_period,
                100.0 * of.period_strength
            ),
        ),
        (Key::Area, GREY, format!("periods searched, {shortest} to {longest} days")),
    ];
    let body = headed(panel, "d  Power spectrum of the daily changes", &legend)?;
    let most = detail.power.iter().fold(0.0_f64, |most, (_, share)| most.max(*share));
    let top = 1.12 * most;
    let names = ("period, trading days", "% of power");
    let x = Ticks::periods(1.9, 270.0);
    let mut chart = plot(&body, x, 0.0..top, names, &|v| format!("{:.1}", 100.0 * v))?;

    let searched = [(shortest.log2(), 0.0), (longest.log2(), top)];
    chart.draw_series([Rectangle::new(searched, GREY.mix(0.10).filled())])?;
    for (period, share) in &detail.power {
        let chosen = (period - of.dominant_period).abs() < 1e-9;
        let style = if chosen { ORANGE.stroke_width(10) } else { INK.stroke_width(4) };
        let stem = vec![(period.log2(), 0.0), (period.log2(), *share)];
        chart.draw_series([PathElement::new(stem, style)])?;
    }
    let peak = (of.dominant_period.log2(), of.period_strength);
    chart.draw_series([Circle::new(peak, 16, ORANGE.filled())])?;
    Ok(())
}
