//! A chart and how it becomes a file: PNG or SVG by the file's extension. Every chart is drawn at
//! twice its size, because the drawing library puts every corner on a whole pixel and lines would
//! be jagged; PNGs are then averaged down.

use super::style;
use anyhow::{Context, Result, bail};
use plotters::prelude::*;
use std::path::Path;

/// Something that can be drawn.
pub trait Chart {
    /// Width and height in pixels. What is drawn on is twice as fine, because the drawing library
    /// puts every corner on a whole pixel and lines would be jagged.
    const SIZE: (u32, u32);

    /// Draws it.
    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &style::Panel<DB>)
    -> Result<()>;
}

const fn fine((wide, high): (u32, u32)) -> (u32, u32) {
    (2 * wide, 2 * high)
}

/// Draws it into `file`, replacing what is there.
pub fn draw<P: Chart>(file: &Path, picture: &P) -> Result<()> {
    style::register()?;
    match ending(file)? {
        Ending::Png => png(file, picture),
        Ending::Svg => svg(file, picture),
    }
    .with_context(|| format!("{} cannot be written", file.display()))
}

fn svg<P: Chart>(file: &Path, picture: &P) -> Result<()> {
    let mut text = String::new();
    picture.panels(&SVGBackend::with_string(&mut text, fine(P::SIZE)).into_drawing_area())?;
    let size = |(wide, high): (u32, u32)| format!("width=\"{wide}\" height=\"{high}\"");
    Ok(std::fs::write(file, text.replacen(&size(fine(P::SIZE)), &size(P::SIZE), 1))?)
}

fn png<P: Chart>(file: &Path, picture: &P) -> Result<()> {
    let (wide, high) = fine(P::SIZE);
    let mut drawn = vec![0; 3 * (wide * high) as usize];
    picture.panels(&BitMapBackend::with_buffer(&mut drawn, (wide, high)).into_drawing_area())?;
    // The library would report a missing folder as a failure to encode.
    std::fs::File::create(file)?;
    let mut bitmap = BitMapBackend::new(file, P::SIZE);
    bitmap.blit_bitmap((0, 0), P::SIZE, &halved(&drawn, P::SIZE))?;
    Ok(bitmap.present()?)
}

/// Every pixel the mean of four.
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

/// A kind of picture.
pub enum Ending {
    /// Pixels.
    Png,
    /// Lines and text.
    Svg,
}

/// The kind that a file's name asks for.
pub fn ending(file: &Path) -> Result<Ending> {
    match file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase) {
        Some(ending) if ending == "png" => Ok(Ending::Png),
        Some(ending) if ending == "svg" => Ok(Ending::Svg),
        _ => bail!("{}: a picture's name must end in .png or .svg", file.display()),
    }
}
