//! The record of both tracks: equity and drawdown by day.

use super::chart::Chart;
use super::style::{GREY, INK, Key, ORANGE, Panel, digits, headed, padded, plot, titled};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::prelude::*;

/// Colours of the tracks, in their order.
const COLOURS: [RGBColor; 2] = [ORANGE, INK];

/// The record of the tracks.
pub struct TrackRecord<'a> {
    /// Two lines above everything.
    pub heading: [String; 2],
    /// Days since 1970-01-01, ascending; at least two.
    pub days: &'a [i32],
    /// Each track, with a value for each day.
    pub tracks: Vec<RecordLine<'a>>,
}

/// A track.
pub struct RecordLine<'a> {
    /// Its name.
    pub name: &'a str,
    /// Dollars.
    pub equity: &'a [f64],
    /// A fraction, 0 or below.
    pub drawdown: &'a [f64],
}

impl Chart for TrackRecord<'_> {
    fn size(&self) -> (u32, u32) {
        (1_500, 1_200)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        let (above, below) = body.split_vertically(body.dim_in_pixel().1 * 3 / 5);
        self.equity(&above.margin(16, 16, 8, 8))?;
        self.drawdown(&below.margin(16, 16, 8, 8))?;
        root.present()?;
        Ok(())
    }
}

impl TrackRecord<'_> {
    fn points(&self, values: &[f64], times: f64) -> Vec<(f64, f64)> {
        self.days.iter().zip(values).map(|(day, y)| (f64::from(*day), times * y)).collect()
    }

    fn axis(&self) -> Ticks {
        Ticks::months(padded(self.days.iter().map(|day| f64::from(*day)), 0.0))
    }

    fn legend(&self) -> Vec<(Key, RGBColor, String)> {
        let tracks = self.tracks.iter().zip(COLOURS);
        tracks.map(|(track, colour)| (Key::Line, colour, track.name.to_owned())).collect()
    }

    fn equity<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let lines = self.tracks.iter().map(|track| self.points(track.equity, 1e-3));
        let lines: Vec<Vec<(f64, f64)>> = lines.collect();
        let y = padded(lines.iter().flatten().map(|point| point.1), 0.08);
        let digits = digits(&y);
        let body = headed(panel, "a  Equity, open positions at mid value", &self.legend())?;
        let names = ("", "thousands of dollars");
        let mut chart = plot(&body, self.axis(), y, names, &|y| format!("{y:.digits$}"))?;
        for (points, colour) in lines.into_iter().zip(COLOURS) {
            chart.draw_series(LineSeries::new(points, colour.stroke_width(5)))?;
        }
        Ok(())
    }

    fn drawdown<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let lines = self.tracks.iter().map(|track| self.points(track.drawdown, 100.0));
        let lines: Vec<Vec<(f64, f64)>> = lines.collect();
        let mut y = padded(lines.iter().flatten().map(|point| point.1).chain([-0.1, 0.0]), 0.08);
        y.end = 0.0;
        let digits = digits(&y);
        let body = headed(panel, "b  Drawdown from the highest point so far", &self.legend())?;
        let mut chart =
            plot(&body, self.axis(), y, ("", "% of that point"), &|y| format!("{y:.digits$}"))?;
        let ends = [self.days.first(), self.days.last()];
        let zero = ends.into_iter().flatten().map(|day| (f64::from(*day), 0.0));
        chart.draw_series(LineSeries::new(zero, GREY.stroke_width(2)))?;
        for (points, colour) in lines.into_iter().zip(COLOURS) {
            chart.draw_series(LineSeries::new(points, colour.stroke_width(5)))?;
        }
        Ok(())
    }
}
