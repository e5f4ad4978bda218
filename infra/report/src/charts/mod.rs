//! Charts: one analysis in four panels, the features of training rows by class, named values as
//! bars, and the quality of predictions over time. PNG or SVG by the file's extension; the typeface
//! is part of the program.

mod analysis;
mod bars;
mod chart;
mod distributions;
mod payoff;
mod price;
pub mod quality;
mod spectrum;
mod style;
mod volatility;

pub use analysis::kind;
pub use bars::Bars;
pub use chart::{draw, ending};
pub use distributions::{Distributions, Feature};
