//! Whether the champions' probabilities came true: the predictions of scan days that have matured whole, in ten bins with
//! equally many rows for each class, with the interval of their scan days.

use super::columns::grouped;
use super::rounding::fraction;
use anyhow::Result;
use run::run_reader::RunReader;
use schemas::contract::{CLASS_NAMES, CLASSES};
use schemas::events::Settings;
use serde::Serialize;
use std::collections::BTreeSet;
use store::figures::matured_rows;
use success::{BinInterval, calibration_curve};

/// The calibration curves.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// The classes.
    pub classes: [&'static str; CLASSES],
    /// The bins of each class, by ascending probability.
    pub bins: [Vec<CurveBin>; CLASSES],
    /// What they are made from.
    pub text: String,
}

/// A bin.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct CurveBin {
    /// Mean probability given to the class.
    pub mean: f64,
    /// Share of rows of the class.
    pub frequency: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Rows.
    pub count: u64,
}

impl From<BinInterval> for CurveBin {
    fn from(of: BinInterval) -> CurveBin {
        CurveBin {
            mean: fraction(of.bin.mean_probability),
            frequency: fraction(of.bin.frequency),
            low: fraction(of.low),
            high: fraction(of.high),
            count: of.bin.rows,
        }
    }
}

/// The curves, or why there are none.
///
/// # Errors
/// The views cannot be read.
pub(super) fn calibration(
    reader: &RunReader,
    settings: &Settings,
) -> Result<(Option<Calibration>, Option<String>)> {
    let (rows, block) = matured_rows(&reader.views.predictions(usize::MAX)?);
    let days = rows.iter().map(|row| row.scan_day).collect::<BTreeSet<_>>().len();
    if rows.is_empty() {
        let why = "no scan day with predictions has matured whole; that takes three to six weeks from the first model on";
        return Ok((None, Some(why.to_owned())));
    }
    let Some(bins) = calibration_curve(&rows, block, settings.seed as u64) else {
        let needed = (3 * block).div_ceil(2);
        return Ok((
            None,
            Some(format!(
                "{days} scan days have matured; with holdings of up to {block} trading days an interval needs {needed}"
            )),
        ));
    };
    let text = format!(
        "{} predictions of the champions on {days} scan days, in ten bins with equally many for each class. The intervals (95 %) are by scan day, from a bootstrap with blocks of {block} trading days, because predictions of one time share their future.",
        grouped(rows.len() as u64)
    );
    let bins = bins.map(|bins| bins.into_iter().map(CurveBin::from).collect());
    Ok((Some(Calibration { classes: CLASS_NAMES, bins, text }), None))
}
