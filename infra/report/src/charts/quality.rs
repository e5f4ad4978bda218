//! The quality of predictions over time: accuracy, calibration error and predicted against observed
//! losses, by month.

use super::chart::Chart;
use super::style::{BLUE, GREY, INK, Key, ORANGE, Panel, digits, headed, padded, plot, titled};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::prelude::*;
use store::figures::Period;
use success::PredictionQuality;

/// The quality of predictions by month.
pub struct QualityOverTime<'a> {
    /// Two lines above everything.
    pub heading: [String; 2],
    /// Figures by calendar month, ascending.
    pub months: &'a [Period],
    /// The accuracy below which a training starts.
    pub least_accuracy: f64,
}

type Points = Vec<(f64, f64)>;
/// A line's colour, name and points.
type Line<'a> = (RGBColor, &'a str, Points);

/// The middle of a month's matured scan days, in days since 1970-01-01.
fn middle(month: &Period) -> f64 {
    f64::from(month.first.0 + month.last.0) / 2.0
}

impl Chart for QualityOverTime<'_> {
    fn size(&self) -> (u32, u32) {
        (1_500, 1_500)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        let parts = body.split_evenly((3, 1));
        for (number, panel) in parts.iter().enumerate() {
            let panel = panel.margin(16, 16, 8, 8);
            match number {
                0 => self.accuracy(&panel)?,
                1 => self.calibration(&panel)?,
                _ => self.losses(&panel)?,
            }
        }
        root.present()?;
        Ok(())
    }
}

impl QualityOverTime<'_> {
    fn points(&self, value: impl Fn(&PredictionQuality) -> f64) -> Points {
        self.months.iter().map(|month| (middle(month), 100.0 * value(&month.quality))).collect()
    }

    fn days(&self) -> Ticks {
        let at = self.months.iter().map(middle);
        let range = padded(at, 0.04);
        Ticks::months(range.start.min(range.end - 40.0)..range.end + 20.0)
    }

    fn draw<DB: DrawingBackend<ErrorType: 'static>>(
        &self,
        panel: &Panel<DB>,
        title: &str,
        lines: &[Line<'_>],
        band: Option<(RGBColor, Points)>,
        level: Option<(f64, String)>,
    ) -> Result<()> {
        let mut legend: Vec<_> = lines
            .iter()
            .map(|(colour, name, _)| (Key::Line, *colour, (*name).to_owned()))
            .collect();
        legend.extend(level.iter().map(|(_, name)| (Key::Dash, GREY, name.clone())));
        let body = headed(panel, title, &legend)?;
        let values = lines.iter().flat_map(|(_, _, points)| points).map(|(_, y)| *y);
        let ends = band.iter().flat_map(|(_, points)| points).map(|(_, y)| *y);
        let mut y = padded(values.chain(ends).chain(level.iter().map(|(y, _)| *y)), 0.1);
        // A single line without a band is an error, drawn from zero.
        let alone = band.is_none() && lines.len() == 1;
        y.start = if alone { 0.0 } else { y.start.max(0.0) };
        let digits = digits(&y);
        let mut chart = plot(&body, self.days(), y, ("", "%"), &|y| format!("{y:.digits$}"))?;
        if let Some((colour, points)) = band {
            chart.draw_series([Polygon::new(points, colour.mix(0.2).filled())])?;
        }
        if let (Some((y, _)), Some(first), Some(last)) =
            (&level, self.months.first(), self.months.last())
        {
            let ends = [(middle(first) - 20.0, *y), (middle(last) + 20.0, *y)];
            chart.draw_series(DashedLineSeries::new(ends, 16, 12, GREY.stroke_width(4)))?;
        }
        for (colour, _, points) in lines {
            chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(5)))?;
            chart.draw_series(points.iter().map(|at| Circle::new(*at, 9, colour.filled())))?;
        }
        Ok(())
    }

    fn accuracy<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let error = |month: &PredictionQuality| month.accuracy_error.unwrap_or_default();
        let upper = self.points(|month| month.accuracy + error(month));
        let lower = self.points(|month| month.accuracy - error(month));
        let band: Vec<_> = upper.into_iter().chain(lower.into_iter().rev()).collect();
        let line = (INK, "of its days, ± one standard error", self.points(|month| month.accuracy));
        let level = (100.0 * self.least_accuracy, "starts a training below".to_owned());
        self.draw(panel, "a  Accuracy by month", &[line], Some((INK, band)), Some(level))
    }

    fn calibration<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let points = self.points(|month| month.calibration_error);
        let line = (ORANGE, "mean over the classes, in ten bins", points);
        self.draw(panel, "b  Calibration error by month", &[line], None, None)
    }

    fn losses<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let predicted = (BLUE, "mean probability", self.points(|month| month.mean_probability[0]));
        let observed = (INK, "frequency", self.points(|month| month.frequency[0]));
        self.draw(
            panel,
            "c  Class Loss: predicted and observed",
            &[predicted, observed],
            None,
            None,
        )
    }
}
