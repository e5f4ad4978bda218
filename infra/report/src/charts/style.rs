//! The look that the panels share: colours distinguishable by the colour-blind (Okabe and Ito 2008),
//! the built-in typeface, plots with axes, and legends above a plot, where no line can cross them.

use super::ticks::Ticks;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::register_font;
use std::ops::Range;

/// Closes and the P&L line.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// Forecasts.
pub(super) const BLUE: RGBColor = RGBColor(0, 114, 178);
/// Priced values and highlights.
pub(super) const ORANGE: RGBColor = RGBColor(213, 94, 0);
/// The trend and gains.
pub(super) const GREEN: RGBColor = RGBColor(0, 158, 115);
/// Guide lines.
pub(super) const GREY: RGBColor = RGBColor(130, 130, 130);
const FAINT: RGBColor = RGBColor(232, 232, 232);

const FAMILY: &str = "sans-serif";
const HEADING: i32 = 190;
const HEAD: i32 = 184;
const LEFT: i32 = 28;
const ROW: i32 = 50;

/// A part of a chart.
pub(super) type Panel<DB> = DrawingArea<DB, Shift>;

/// Registers the built-in typeface, so that none need be installed.
pub(super) fn register() -> Result<()> {
    let fonts =
        [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
    for (style, bytes) in fonts {
        register_font(FAMILY, style, bytes)
            .map_err(|_| anyhow!("the built-in typeface cannot be read"))?;
    }
    Ok(())
}

/// Text of a size in pixels.
pub(super) fn text(size: i32) -> TextStyle<'static> {
    (FAMILY, size).into_font().color(&INK)
}

/// Bold text.
pub(super) fn bold(size: i32) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, f64::from(size), FontStyle::Bold).color(&INK)
}

/// Draws a heading of two lines; returns the area below it.
pub(super) fn titled<DB: DrawingBackend<ErrorType: 'static>>(
    root: &Panel<DB>,
    heading: &[String; 2],
) -> Result<Panel<DB>> {
    root.fill(&WHITE)?;
    let (head, body) = root.margin(24, 24, 32, 40).split_vertically(HEADING);
    head.draw(&Text::new(heading[0].clone(), (28, 16), bold(60)))?;
    head.draw(&Text::new(heading[1].clone(), (28, 98), text(38)))?;
    Ok(body)
}

/// How a line of the legend is drawn.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Key {
    /// A line.
    Line,
    /// A dashed line.
    Dash,
    /// A dot.
    Dot,
    /// A filled area.
    Area,
}

/// One entry of a legend.
pub(super) type Entry = (Key, RGBColor, String);

/// Draws a panel's title and legend (at most two rows); returns the plot's area.
pub(super) fn headed<DB: DrawingBackend<ErrorType: 'static>>(
    panel: &Panel<DB>,
    title: &str,
    legend: &[Entry],
) -> Result<Panel<DB>> {
    let (head, body) = panel.split_vertically(HEAD);
    head.draw(&Text::new(title.to_owned(), (LEFT, 16), bold(48)))?;
    let wide = head.dim_in_pixel().0 as i32;
    let (mut x, mut y) = (LEFT, 84);
    for (key, colour, words) in legend {
        let width = 80 + head.estimate_text_size(words, &text(36))?.0 as i32;
        if x > LEFT && x + width > wide {
            (x, y) = (LEFT, y + ROW);
        }
        swatch(&head, *key, *colour, (x, y + 14))?;
        head.draw(&Text::new(words.clone(), (x + 68, y), text(36)))?;
        x += width + 36;
    }
    Ok(body)
}

fn swatch<DB: DrawingBackend<ErrorType: 'static>>(
    head: &Panel<DB>,
    key: Key,
    colour: RGBColor,
    (x, y): (i32, i32),
) -> Result<()> {
    let stroke = |from: i32, to: i32| {
        PathElement::new(vec![(x + from, y), (x + to, y)], colour.stroke_width(6))
    };
    match key {
        Key::Line => head.draw(&stroke(0, 52))?,
        Key::Dash => {
            for from in [0, 20, 40] {
                head.draw(&stroke(from, from + 12))?;
            }
        }
        Key::Dot => head.draw(&Circle::new((x + 26, y), 10, colour.filled()))?,
        Key::Area => {
            head.draw(&Rectangle::new([(x, y - 14), (x + 52, y + 14)], colour.mix(0.3).filled()))?;
        }
    }
    Ok(())
}

/// A plot over two axes of numbers.
pub(super) type Plot<'a, DB, Y = RangedCoordf64> = ChartContext<'a, DB, Cartesian2d<Ticks, Y>>;

/// A plot with axes and a faint grid; `y_label` formats the values of the y axis.
pub(super) fn plot<'a, DB, Y>(
    area: &Panel<DB>,
    x: Ticks,
    y: Y,
    names: (&str, &str),
    y_label: &dyn Fn(f64) -> String,
) -> Result<Plot<'a, DB, Y::CoordDescType>>
where
    DB: DrawingBackend<ErrorType: 'static>,
    Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
{
    let mut chart = ChartBuilder::on(area)
        .margin_right(44)
        .margin_bottom(8)
        .x_label_area_size(if names.0.is_empty() { 70 } else { 116 })
        .y_label_area_size(184)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT.stroke_width(2))
        .axis_style(GREY.stroke_width(2))
        .set_all_tick_mark_size(10)
        .label_style(text(34))
        .axis_desc_style(text(36))
        .x_labels(12)
        .y_labels(7)
        .x_desc(names.0)
        .y_desc(names.1)
        // A value that rounds to 0 must not read −0.
        .y_label_formatter(&|y| y_label((y * 1e9).round() / 1e9 + 0.0))
        .draw()?;
    Ok(chart)
}

/// The range of `values` with `room` on either side, as a share of the range.
pub(super) fn padded(values: impl IntoIterator<Item = f64>, room: f64) -> Range<f64> {
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    // A flat line needs an axis too, whose labels tell its ticks apart.
    let span = if high == low { 0.1 * high.abs().max(1.0) } else { (high - low).max(1e-9) };
    low - room * span..high + room * span
}

/// Decimal places that keep an axis's labels distinct.
pub(super) fn digits(range: &Range<f64>) -> usize {
    match range.end - range.start {
        span if span >= 12.0 => 0,
        span if span >= 1.2 => 1,
        _ => 2,
    }
}
