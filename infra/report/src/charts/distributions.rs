//! The distribution of every feature by class, one panel each, and the classes' shares: the first
//! look at training rows.

use super::chart::Chart;
use super::style::{BLUE, GREEN, GREY, INK, ORANGE, Panel, bold, padded, text, titled};
use super::ticks::Ticks;
use anyhow::Result;
use plotters::prelude::*;
use schemas::contract::{CLASS_NAMES, CLASSES};

/// A feature and its values.
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Findings in a few words.
    pub note: String,
    /// Whether something is wrong with it.
    pub marked: bool,
    /// Class, value and weight of every row.
    pub points: Vec<(usize, f64, f64)>,
}

/// The distributions of all features.
pub struct Distributions {
    /// Two lines above everything.
    pub heading: [String; 2],
    /// In the contract's order.
    pub features: Vec<Feature>,
    /// Share of all rows, by class.
    pub shares: [f64; CLASSES],
}

/// Loss, Minor, Good, Excellent.
const COLOURS: [RGBColor; CLASSES] = [ORANGE, GREY, BLUE, GREEN];
const BINS: usize = 24;
const TITLE: i32 = 104;
const ROWS: usize = 6;
const COLUMNS: usize = 4;

impl Chart for Distributions {
    fn size(&self) -> (u32, u32) {
        (1_800, 2_100)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        let panels = body.split_evenly((ROWS, COLUMNS));
        for (panel, feature) in panels.iter().zip(&self.features) {
            feature.draw(&panel.margin(10, 14, 14, 14))?;
        }
        if let Some(last) = panels.last() {
            self.legend(&last.margin(10, 14, 14, 14))?;
        }
        root.present()?;
        Ok(())
    }
}

impl Distributions {
    /// The classes with their colours and shares, as bars.
    fn legend<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        panel.draw(&Text::new("Classes, share of the rows", (16, 8), bold(40)))?;
        let room = f64::from(panel.dim_in_pixel().0) - 60.0;
        for (class, share) in self.shares.iter().enumerate() {
            let y = 84 + 118 * class as i32;
            let label = format!("{} {:.1} %", CLASS_NAMES[class], 100.0 * share);
            panel.draw(&Text::new(label, (16, y), text(34)))?;
            let corners = [(16, y + 46), (16 + (share * room) as i32, y + 86)];
            panel.draw(&Rectangle::new(corners, COLOURS[class].filled()))?;
        }
        Ok(())
    }
}

impl Feature {
    fn draw<DB: DrawingBackend<ErrorType: 'static>>(&self, panel: &Panel<DB>) -> Result<()> {
        let (head, body) = panel.split_vertically(TITLE);
        let colour = if self.marked { &ORANGE } else { &INK };
        head.draw(&Text::new(self.name.clone(), (16, 8), bold(40).color(colour)))?;
        head.draw(&Text::new(self.note.clone(), (16, 58), text(32).color(colour)))?;
        let Some((low, high)) = self.middle() else {
            return Ok(());
        };
        let bins = self.binned(low, high);
        let most = bins.iter().flatten().fold(0.0_f64, |most, share| most.max(*share));
        let x = Ticks::at_most(5, padded([low, high], 0.02));
        let mut chart = ChartBuilder::on(&body)
            .margin_left(16)
            .margin_right(24)
            .x_label_area_size(60)
            .build_cartesian_2d(x, 0.0..1.08 * most.max(1e-9))?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.25).stroke_width(2))
            .axis_style(GREY.stroke_width(2))
            .label_style(text(30))
            .draw()?;
        let width = (high - low) / BINS as f64;
        // Rare classes lie behind and are thinner: their lines are mostly noise.
        for (class, thick) in [(1, 3), (2, 3), (0, 5), (3, 5)] {
            let steps = bins[class].iter().enumerate().flat_map(|(bin, share)| {
                let from = low + bin as f64 * width;
                [(from, *share), (from + width, *share)]
            });
            chart.draw_series(LineSeries::new(steps, COLOURS[class].stroke_width(thick)))?;
        }
        Ok(())
    }

    /// The range of the middle 98 % of the rows; a constant feature gets some room around it.
    fn middle(&self) -> Option<(f64, f64)> {
        let mut values: Vec<f64> = self.points.iter().map(|point| point.1).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values.get((share * (values.len().max(1) - 1) as f64) as usize);
        let (low, high) = (*at(0.01)?, *at(0.99)?);
        let room = if high > low { 0.0 } else { 0.5 * low.abs().max(1e-6) };
        Some((low - room, high + room))
    }

    /// The share of each class's own weight in every bin.
    fn binned(&self, low: f64, high: f64) -> [[f64; BINS]; CLASSES] {
        let mut bins = [[0.0; BINS]; CLASSES];
        let mut total = [0.0; CLASSES];
        for (class, value, weight) in &self.points {
            total[*class] += weight;
            let at = ((value - low) / (high - low) * BINS as f64).floor();
            if *value == high {
                bins[*class][BINS - 1] += weight;
            } else if (0.0..BINS as f64).contains(&at) {
                bins[*class][at as usize] += weight;
            }
        }
        for (bins, total) in bins.iter_mut().zip(total) {
            bins.iter_mut().for_each(|bin| *bin /= total.max(f64::MIN_POSITIVE));
        }
        bins
    }
}
