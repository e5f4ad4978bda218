//! Prices around the days on which a market's data looks wrong, one panel below the other.

use super::chart::Chart;
use super::style::{BLUE, INK, Key, ORANGE, Panel, digits, headed, padded, plot, titled};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use schemas::Day;

/// A fault and the prices around it.
pub struct Fault {
    /// Whose, when, and of which kind.
    pub title: String,
    /// What was found.
    pub what: String,
    /// Its day.
    pub day: Day,
    /// Day, low, close and high of the bars around it, ascending; all above 0.
    pub bars: Vec<(Day, [f64; 3])>,
}

/// The worst faults of a market's data.
pub struct Faults {
    /// Two lines above everything.
    pub heading: [String; 2],
    /// One panel each, from top to bottom.
    pub faults: Vec<Fault>,
}

/// Height of the heading and of a panel, pixels.
const HEAD: u32 = 131;
const PANEL: u32 = 430;
/// A highest price this many times the lowest is drawn on a logarithmic axis.
const LARGE: f64 = 4.0;

impl Chart for Faults {
    fn size(&self) -> (u32, u32) {
        (1_500, HEAD + PANEL * self.faults.len() as u32)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        for (panel, fault) in body.split_evenly((self.faults.len(), 1)).iter().zip(&self.faults) {
            fault.draw(&panel.margin(16, 16, 8, 8))?;
        }
        root.present()?;
        Ok(())
    }
}

impl Fault {
    fn draw<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let (low, high) = self
            .bars
            .iter()
            .flat_map(|(_, prices)| *prices)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), price| (low.min(price), high.max(price)));
        let log = high >= LARGE * low;
        let mut legend = vec![
            (Key::Line, INK, if log { "close, logarithmic" } else { "close" }.to_owned()),
            (Key::Dot, ORANGE, self.what.clone()),
        ];
        if self.has_ranges() {
            legend.insert(1, (Key::Area, BLUE, "low to high".to_owned()));
        }
        let body = headed(panel, &self.title, &legend)?;
        if log {
            let y = padded([low.ln(), high.ln()], 0.1);
            let label = |y: f64| format!("{}", (y.exp() * 1e6).round() / 1e6);
            self.series(&body, Ticks::prices(y.clone()), y, &f64::ln, &label)
        } else {
            let y = padded([low, high], 0.1);
            let digits = digits(&y);
            self.series(&body, y.clone(), y, &|price| price, &|y| format!("{y:.digits$}"))
        }
    }

    fn has_ranges(&self) -> bool {
        self.bars.iter().any(|(_, [low, _, high])| low < high)
    }

    /// The plot over the axis `axis`, whose range is `y`; `place` brings a price onto it.
    fn series<DB, Y>(
        &self,
        body: &Panel<DB>,
        axis: Y,
        y: std::ops::Range<f64>,
        place: &dyn Fn(f64) -> f64,
        label: &dyn Fn(f64) -> String,
    ) -> Result<()>
    where
        DB: DrawingBackend<ErrorType: 'static>,
        Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    {
        let at = |day: Day| f64::from(day.0);
        let x = padded(self.bars.iter().map(|(day, _)| at(*day)), 0.02);
        let mut chart = plot(body, Ticks::months(x), axis, ("", ""), label)?;
        let points = |which: usize| {
            self.bars.iter().map(move |(day, prices)| (at(*day), place(prices[which])))
        };
        if self.has_ranges() {
            let band: Vec<(f64, f64)> = points(2).chain(points(0).rev()).collect();
            chart.draw_series([Polygon::new(band, BLUE.mix(0.25).filled())])?;
        }
        let ends = [(at(self.day), y.start), (at(self.day), y.end)];
        chart.draw_series(DashedLineSeries::new(ends, 10, 10, ORANGE.stroke_width(4)))?;
        chart.draw_series(LineSeries::new(points(1), INK.stroke_width(4)))?;
        let marked = self.bars.iter().filter(|(day, _)| *day == self.day);
        let dots = marked.map(|(day, [_, close, _])| (at(*day), place(*close)));
        chart.draw_series(dots.map(|dot| Circle::new(dot, 13, ORANGE.filled())))?;
        Ok(())
    }
}
