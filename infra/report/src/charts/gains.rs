//! What predictors gain over the class prior as days pass: the sum of their daily gains in log loss, a panel for each
//! market. A line that rises is better than the prior on these days; where all fall, the class shares moved.

use super::chart::Chart;
use super::style::{
    BLUE, GREEN, GREY, INK, Key, ORANGE, Panel, digits, headed, padded, plot, titled,
};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::prelude::*;
use schemas::Day;

/// Colours of the lines, in their order.
const COLOURS: [RGBColor; 4] = [INK, ORANGE, BLUE, GREEN];

/// The gains of several predictors on several markets.
pub struct Gains {
    /// Two lines above everything.
    pub heading: [String; 2],
    /// One for each market.
    pub markets: Vec<MarketGains>,
}

/// The gains on one market.
pub struct MarketGains {
    /// The market.
    pub title: String,
    /// At most four predictors with their daily gains, by ascending day.
    pub lines: Vec<(&'static str, Vec<(Day, f64)>)>,
}

impl Chart for Gains {
    fn size(&self) -> (u32, u32) {
        let (rows, columns) = self.grid();
        (if columns == 1 { 1_300 } else { 1_800 }, 140 + 480 * rows as u32)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        for (panel, market) in body.split_evenly(self.grid()).iter().zip(&self.markets) {
            market.draw(&panel.margin(16, 16, 8, 8))?;
        }
        root.present()?;
        Ok(())
    }
}

impl Gains {
    /// Rows and columns of panels.
    fn grid(&self) -> (usize, usize) {
        let columns = if self.markets.len() == 1 { 1 } else { 2 };
        (self.markets.len().div_ceil(columns), columns)
    }
}

impl MarketGains {
    fn draw<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let legend: Vec<_> = self
            .lines
            .iter()
            .zip(COLOURS)
            .map(|((name, _), colour)| (Key::Line, colour, (*name).to_owned()))
            .collect();
        let body = headed(panel, &self.title, &legend)?;
        let summed: Vec<Vec<(f64, f64)>> = self.lines.iter().map(|line| summed(&line.1)).collect();
        let points = || summed.iter().flatten();
        let x = padded(points().map(|point| point.0), 0.0);
        let y = padded(points().map(|point| point.1).chain([0.0]), 0.08);
        let digits = digits(&y);
        let label = |y: f64| format!("{y:.digits$}");
        let mut chart = plot(&body, Ticks::months(x.clone()), y, ("", "nats, summed"), &label)?;
        let zero = [(x.start, 0.0), (x.end, 0.0)];
        chart.draw_series(DashedLineSeries::new(zero, 16, 12, GREY.stroke_width(4)))?;
        for (points, colour) in summed.into_iter().zip(COLOURS) {
            chart.draw_series(LineSeries::new(points, colour.stroke_width(5)))?;
        }
        Ok(())
    }
}

/// The sum up to and with each day.
fn summed(daily: &[(Day, f64)]) -> Vec<(f64, f64)> {
    let sum = |sum: &mut f64, (day, gain): &(Day, f64)| {
        *sum += gain;
        Some((f64::from(day.0), *sum))
    };
    daily.iter().scan(0.0, sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_summed_day_by_day() {
        let daily = [(Day(3), 0.5), (Day(4), -0.25), (Day(7), 1.0)];
        assert_eq!(summed(&daily), [(3.0, 0.5), (4.0, 0.25), (7.0, 1.25)]);
    }
}
