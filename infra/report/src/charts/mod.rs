//! Charts: one analysis in four panels, the features of training rows by class, named values as
//! bars, the quality of predictions over time, what predictors gain as days pass, the record of both tracks and of
//! several runs, and prices around their faults. PNG or SVG by the file's extension; the typeface
//! is part of the program.

mod analysis;
mod bars;
mod chart;
mod distributions;
mod faults;
mod gains;
mod payoff;
mod price;
pub mod quality;
mod run_lines;
mod spectrum;
mod style;
mod ticks;
mod track_record;
mod volatility;

pub use analysis::kind;
pub use bars::Bars;
pub use chart::{draw, ending};
pub use distributions::{Distributions, Feature};
pub use faults::{Fault, Faults};
pub use gains::{Gains, MarketGains};
pub use run_lines::{RunLine, RunLines};
pub use track_record::{RecordLine, TrackRecord};
