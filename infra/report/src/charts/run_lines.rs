//! The equity of several runs, a panel for each track. A day that a run lacks breaks its line.

use super::chart::Chart;
use super::style::{
    BLUE, GREEN, GREY, INK, Key, ORANGE, Panel, digits, headed, padded, plot, titled,
};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::prelude::*;

const COLOURS: [RGBColor; 6] = [INK, ORANGE, BLUE, GREEN, GREY, RGBColor(204, 121, 167)];

/// The equity of several runs.
pub struct RunLines {
    /// Days since 1970-01-01, ascending.
    pub days: Vec<i32>,
    /// Each track's name and its runs, at most six.
    pub panels: Vec<(&'static str, Vec<RunLine>)>,
}

/// A run.
pub struct RunLine {
    /// Its name.
    pub name: String,
    /// Dollars on each day; none on a day that it lacks.
    pub equity: Vec<Option<f64>>,
}

impl Chart for RunLines {
    fn size(&self) -> (u32, u32) {
        (1_800, 140 + 620 * self.panels.len() as u32)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let heading = [
            "Runs compared".to_owned(),
            "equity, open positions at mid value; a line breaks where its run lacks a day"
                .to_owned(),
        ];
        let body = titled(root, &heading)?;
        for (panel, (track, runs)) in
            body.split_evenly((self.panels.len(), 1)).iter().zip(&self.panels)
        {
            self.track(&panel.margin(16, 16, 8, 8), track, runs)?;
        }
        root.present()?;
        Ok(())
    }
}

impl RunLines {
    fn track<DB: DrawingBackend<ErrorType: 'static>>(
        &self,
        panel: &Panel<DB>,
        track: &str,
        runs: &[RunLine],
    ) -> Result<()> {
        let legend: Vec<_> = runs
            .iter()
            .zip(COLOURS)
            .map(|(run, colour)| (Key::Line, colour, run.name.clone()))
            .collect();
        let body = headed(panel, track, &legend)?;
        let thousands = runs.iter().flat_map(|run| run.equity.iter().flatten()).map(|of| of / 1e3);
        let y = padded(thousands, 0.08);
        let digits = digits(&y);
        let x = Ticks::months(padded(self.days.iter().map(|day| f64::from(*day)), 0.0));
        let label = |y: f64| format!("{y:.digits$}");
        let mut chart = plot(&body, x, y, ("", "thousands of dollars"), &label)?;
        for (run, colour) in runs.iter().zip(COLOURS) {
            for piece in pieces(&self.days, &run.equity) {
                chart.draw_series(LineSeries::new(piece, colour.stroke_width(5)))?;
            }
        }
        Ok(())
    }
}

/// The unbroken pieces of a line, in thousands.
fn pieces(days: &[i32], equity: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (day, value) in days.iter().zip(equity) {
        match (value, pieces.last_mut()) {
            (Some(value), Some(piece)) => piece.push((f64::from(*day), value / 1e3)),
            _ => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_lacking_breaks_the_line() {
        let found = pieces(&[1, 2, 3, 4], &[Some(1e3), None, Some(3e3), Some(4e3)]);
        assert_eq!(found, [vec![(1.0, 1.0)], vec![(3.0, 3.0), (4.0, 4.0)]]);
        assert!(pieces(&[1, 2], &[None, None]).is_empty());
    }
}
