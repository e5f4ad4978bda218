//! Panel d: the share of power at each whole number of waves in the window, by period, and the
//! period that was chosen among those sought.

use super::style::{GREY, INK, Key, ORANGE, Panel, Ticks, headed, plot};
use crate::analysis_detail::AnalysisDetail;
use anyhow::Result;
use plotters::prelude::*;

/// The periods among which the dominant one is sought, trading days (QUANT.md, feature 2).
const SOUGHT: (f64, f64) = (7.0, 126.0);

/// Draws it.
pub(super) fn draw<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let of = &detail.analysis;
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
        (Key::Area, GREY, "periods sought, 7 to 126 days".to_owned()),
    ];
    let body = headed(panel, "d  Power spectrum of the daily changes", &legend)?;
    let most = detail.power.iter().fold(0.0_f64, |most, (_, share)| most.max(*share));
    let top = 1.12 * most;
    let names = ("period, trading days", "% of power");
    let x = Ticks::periods(1.9, 270.0);
    let mut chart = plot(&body, x, 0.0..top, names, &|v| format!("{:.1}", 100.0 * v))?;

    let sought = [(SOUGHT.0.log2(), 0.0), (SOUGHT.1.log2(), top)];
    chart.draw_series([Rectangle::new(sought, GREY.mix(0.10).filled())])?;
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
