//! A chart and how it becomes a file: PNG or SVG by the file's extension. Charts are drawn at twice
//! their size, because the drawing library rounds every corner to a whole pixel and lines would be
//! jagged; a PNG is then averaged down.

use super::style;
use anyhow::{Context, Result, bail};
use plotters::prelude::*;
use std::path::Path;

/// Something that can be drawn.
pub trait Chart {
    /// Width and height in pixels; the canvas has twice as many.
    fn size(&self) -> (u32, u32);

    /// Draws it on a canvas.
    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &style::Panel<DB>)
    -> Result<()>;
}

const fn fine((wide, high): (u32, u32)) -> (u32, u32) {
    (2 * wide, 2 * high)
}

/// Draws `chart` into `file`, which is replaced.
///
/// # Errors
/// The file's extension is neither `.png` nor `.svg`, or it cannot be written.
pub fn draw<C: Chart>(file: &Path, chart: &C) -> Result<()> {
    style::register()?;
    match ending(file)? {
        Ending::Png => png(file, chart),
        Ending::Svg => svg(file, chart),
    }
    .with_context(|| format!("{} cannot be written", file.display()))
}

fn svg<C: Chart>(file: &Path, chart: &C) -> Result<()> {
    let mut text = String::new();
    chart.panels(&SVGBackend::with_string(&mut text, fine(chart.size())).into_drawing_area())?;
    let size = |(wide, high): (u32, u32)| format!("width=\"{wide}\" height=\"{high}\"");
    Ok(std::fs::write(file, text.replacen(&size(fine(chart.size())), &size(chart.size()), 1))?)
}

fn png<C: Chart>(file: &Path, chart: &C) -> Result<()> {
    let size = chart.size();
    let (wide, high) = fine(size);
    let mut drawn = vec![0; 3 * (wide * high) as usize];
    chart.panels(&BitMapBackend::with_buffer(&mut drawn, (wide, high)).into_drawing_area())?;
    // The library would report a missing folder as a failure to encode.
    std::fs::File::create(file)?;
    let mut bitmap = BitMapBackend::new(file, size);
    bitmap.blit_bitmap((0, 0), size, &halved(&drawn, size))?;
    Ok(bitmap.present()?)
}

/// Averages every four pixels into one.
fn halved(fine: &[u8], size: (u32, u32)) -> Vec<u8> {
    let (wide, row) = (size.0 as usize, 6 * size.0 as usize);
    let mean = |at: usize| {
        let four = [at, at + 3, at + row, at + row + 3].map(|at| u32::from(fine[at]));
        (four.iter().sum::<u32>() / 4) as u8
    };
    (0..3 * wide * size.1 as usize)
        .map(|n| mean(2 * row * (n / (3 * wide)) + 6 * (n % (3 * wide) / 3) + n % 3))
        .collect()
}

/// A file format.
pub enum Ending {
    /// A bitmap.
    Png,
    /// Vector graphics.
    Svg,
}

/// The format of a file, by its extension.
pub fn ending(file: &Path) -> Result<Ending> {
    match file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase) {
        Some(ending) if ending == "png" => Ok(Ending::Png),
        Some(ending) if ending == "svg" => Ok(Ending::Svg),
        _ => bail!("{}: the name of a chart must end in .png or .svg", file.display()),
    }
}
