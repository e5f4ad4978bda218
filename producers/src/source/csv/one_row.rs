//! One row as a bar, or what is wrong with it.

use super::columns::{COLUMNS, Places, Role};
use super::dates::Stamp;
use super::draft::{LEVELS, Row};
use super::numbers::{Decimals, number};
use super::price_table::FileKind;
use super::report::{out_of_range, wrong};
use super::text::Fault;
use schemas::events::Bar;

/// How far a price may be outside low … high, in closes: rounding.
const ROUNDING: f64 = 1e-6;

/// How one row is to be read.
pub(super) struct Asked<'a> {
    /// Where its columns stand.
    pub(super) places: &'a Places,
    /// A stock's row or the index's.
    pub(super) kind: FileKind,
    /// The file's.
    pub(super) decimals: Decimals,
    /// Fields in a row.
    pub(super) width: usize,
}

impl Asked<'_> {
    /// The row's bar, or what is wrong.
    pub(super) fn bar(&self, fields: &[&[u8]], date: Option<Stamp>) -> Result<Row, Fault> {
        if fields.len() != self.width {
            return Err(wrong_width(fields.len(), self.width));
        }
        let Some(Stamp { day, time }) = date else {
            let date = self.places[Role::Date as usize].map_or(&b""[..], |at| fields[at]);
            return Err(wrong(format!("{} is not a date of the form 2018-06-29", shown(date))));
        };
        let mut numbers = [0.0; 6];
        let index = self.kind == FileKind::Index;
        for (at, number) in numbers.iter_mut().enumerate().skip(1) {
            let (role, name) = COLUMNS[at];
            let Some(place) =
                self.places[role as usize].filter(|_| !(index && role == Role::Volume))
            else {
                continue;
            };
            *number = self.number(fields[place], role, name)?;
        }
        let [_, open, high, low, close, volume] = numbers;
        let bar = Bar { bar_day: day, open, high, low, close, volume };
        let row = |outside| Row { bar, time, outside };
        let no_level = index && !LEVELS.contains(&close);
        match outside(&numbers).filter(|_| !no_level) {
            None => Ok(row(false)),
            Some(4) => Ok(row(true)),
            Some(at) => Err(wrong(out_of_range(&row(false).bar, at))),
        }
    }

    fn number(&self, field: &[u8], role: Role, name: &str) -> Result<f64, Fault> {
        let volume = role == Role::Volume;
        let fits = |x: &f64| *x > 0.0 || (volume && *x == 0.0);
        number(field, self.decimals).filter(fits).ok_or_else(|| {
            let valid = if volume { "number from 0 up" } else { "price above 0" };
            wrong(format!("{name} is {}, which is not a {valid}", shown(field)))
        })
    }
}

/// The price, by its place in `COLUMNS`, that lies outside low … high; prices that a file does not have are 0.
fn outside(&[_, open, high, low, close, _]: &[f64; 6]) -> Option<usize> {
    let far = close * ROUNDING;
    let within = |price: f64| {
        price == 0.0 || ((low == 0.0 || price >= low - far) && (high == 0.0 || price <= high + far))
    };
    if high > 0.0 && low > high + far {
        Some(3)
    } else if !within(open) {
        Some(1)
    } else if !within(close) {
        Some(4)
    } else {
        None
    }
}

fn shown(field: &[u8]) -> String {
    match std::str::from_utf8(field) {
        Ok(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Err(_) => "not UTF-8 text".to_owned(),
    }
}

fn wrong_width(given: usize, needed: usize) -> Fault {
    let remedy = if given > needed {
        "put numbers that contain the separator in quotes, or delete the row"
    } else {
        "the file may have been cut off: download it again"
    };
    Fault::new(format!("the row has {given} fields instead of {needed}"), remedy)
}
