//! Named values as bars with whiskers, from top to bottom as given.

use super::chart::Chart;
use super::style::{BLUE, GREY, INK, Panel, digits, padded, text, titled};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A bar chart.
pub struct Bars {
    /// Two lines above the bars.
    pub heading: [String; 2],
    /// Name, value and half the whisker's length, from top to bottom.
    pub bars: Vec<(String, f64, f64)>,
}

const NAMES: i32 = 640;

impl Chart for Bars {
    fn size(&self) -> (u32, u32) {
        (1_480, 1_240)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &Panel<DB>) -> Result<()> {
        let body = titled(root, &self.heading)?;
        let (names, plot) = body.split_horizontally(NAMES);
        let ends = self.bars.iter().flat_map(|(_, value, half)| [value - half, value + half]);
        let range = padded(ends.chain([0.0]), 0.04);
        let count = self.bars.len();
        let mut chart = ChartBuilder::on(&plot)
            .x_label_area_size(90)
            .margin_right(40)
            .build_cartesian_2d(range.clone(), 0.0..count as f64)?;
        let places = digits(&range) + if range.end - range.start < 0.1 { 2 } else { 1 };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.25).stroke_width(2))
            .axis_style(GREY.stroke_width(2))
            .x_labels(8)
            .x_label_formatter(&|x| format!("{:.places$}", (x * 1e9).round() / 1e9 + 0.0))
            .label_style(text(34))
            .draw()?;
        let right = text(36).pos(Pos::new(HPos::Right, VPos::Center));
        for (place, (name, value, half)) in self.bars.iter().enumerate() {
            let y = (count - place) as f64 - 0.5;
            chart.draw_series([Rectangle::new(
                [(0.0, y - 0.34), (*value, y + 0.34)],
                BLUE.filled(),
            )])?;
            let whisker = vec![(value - half, y), (value + half, y)];
            chart.draw_series([PathElement::new(whisker, INK.stroke_width(4))])?;
            let (_, row) = chart.backend_coord(&(0.0, y));
            let (_, top) = names.get_base_pixel();
            names.draw(&Text::new(name.clone(), (NAMES - 24, row - top), right.clone()))?;
        }
        chart.draw_series([PathElement::new(
            vec![(0.0, 0.0), (0.0, count as f64)],
            INK.stroke_width(3),
        )])?;
        root.present()?;
        Ok(())
    }
}
