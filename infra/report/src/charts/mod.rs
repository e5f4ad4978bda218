//! Pictures: one analysis in four panels (what the position pays against where the price may end,
//! the price with trend and forecast, volatility measured against expected, the spectrum), and
//! the features of training rows by class. PNG or SVG by the file's ending; the typeface is in
//! the program.

mod bars;
mod distributions;
mod payoff;
mod price;
pub mod quality;
mod spectrum;
mod style;
mod volatility;

pub use bars::Bars;
pub use distributions::{Distributions, Feature};

use crate::analysis_detail::Study;
use anyhow::{Context, Result, bail};
use plotters::prelude::*;
use quant::ButterflyKind;
use std::path::Path;

/// Something that can be drawn.
pub trait Picture {
    /// Width and height in pixels. What is drawn on is twice as fine, because the drawing library
    /// puts every corner on a whole pixel and lines would be jagged.
    const SIZE: (u32, u32);

    /// Draws it.
    fn panels<DB: DrawingBackend<ErrorType: 'static>>(&self, root: &style::Panel<DB>)
    -> Result<()>;
}

const HEADING: i32 = 200;

const fn fine((wide, high): (u32, u32)) -> (u32, u32) {
    (2 * wide, 2 * high)
}

/// Draws it into `file`, replacing what is there.
pub fn draw<P: Picture>(file: &Path, picture: &P) -> Result<()> {
    style::register()?;
    match ending(file)? {
        Ending::Png => png(file, picture),
        Ending::Svg => svg(file, picture),
    }
    .with_context(|| format!("{} cannot be written", file.display()))
}

fn svg<P: Picture>(file: &Path, picture: &P) -> Result<()> {
    let mut text = String::new();
    picture.panels(&SVGBackend::with_string(&mut text, fine(P::SIZE)).into_drawing_area())?;
    let size = |(wide, high): (u32, u32)| format!("width=\"{wide}\" height=\"{high}\"");
    Ok(std::fs::write(file, text.replacen(&size(fine(P::SIZE)), &size(P::SIZE), 1))?)
}

fn png<P: Picture>(file: &Path, picture: &P) -> Result<()> {
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

/// The strategy's name.
pub fn kind(study: &Study) -> &'static str {
    match study.analysis.butterfly.kind {
        ButterflyKind::Call => "call butterfly",
        ButterflyKind::Put => "put butterfly",
        ButterflyKind::Iron => "iron butterfly",
    }
}

impl Picture for Study {
    const SIZE: (u32, u32) = (1_680, 1_320);

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(
        &self,
        root: &style::Panel<DB>,
    ) -> Result<()> {
        root.fill(&WHITE)?;
        let (head, body) = root.margin(24, 24, 32, 32).split_vertically(HEADING);
        heading(&head, self)?;
        let parts = body.split_evenly((2, 2));
        let [upper_left, upper_right, lower_left, lower_right] = parts.as_slice() else {
            bail!("the picture was not split into four");
        };
        payoff::draw(&upper_left.margin(16, 16, 8, 32), self)?;
        price::draw(&upper_right.margin(16, 16, 32, 8), self)?;
        volatility::draw(&lower_left.margin(16, 16, 8, 32), self)?;
        spectrum::draw(&lower_right.margin(16, 16, 32, 8), self)?;
        root.present()?;
        Ok(())
    }
}

fn heading<DB: DrawingBackend<ErrorType: 'static>>(
    head: &style::Panel<DB>,
    study: &Study,
) -> Result<()> {
    let (of, fly) = (&study.analysis, &study.analysis.butterfly);
    let strikes = [fly.centre - fly.wing, fly.centre, fly.centre + fly.wing];
    let first = format!(
        "{}: {} {} / {} / {}, expires {}",
        study.ticker,
        kind(study),
        strikes[0],
        strikes[1],
        strikes[2],
        fly.expiry
    );
    let second = format!(
        "At the close of {}: ${:.2} a share · score {:.1} of 100 · risk ${:.2}, most to gain ${:.2} · \
         probability of profit {:.1} %",
        of.day,
        of.spot,
        of.score.total,
        of.risk,
        of.max_profit,
        100.0 * of.prob_profit
    );
    head.draw(&Text::new(first, (28, 20), style::bold(68)))?;
    head.draw(&Text::new(second, (28, 112), style::text(44)))?;
    Ok(())
}
