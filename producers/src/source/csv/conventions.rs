//! What only a whole file can tell: whether its decimals stand behind a comma, and whether 06/07/2018
//! is in June. What even the file cannot tell is refused, once, with every remedy.

use super::columns::Role;
use super::dates::{Order, stamp, two_ways};
use super::header::Header;
use super::numbers::{Decimals, told_by};
use super::text::{Fault, Lines, split};

/// The remedy for dates with several readings.
pub(super) const DATES: &str = "write the dates as 2018-06-29";

/// Rows that are looked at for the decimals; where none has a comma, the first of them do.
const LOOKED_AT: usize = 400;
const FIRST: usize = 20;
/// Rows whose dates are tried before all are given up.
const TRIED: usize = 5;

/// The conventions of the rows below `header`, or all that cannot be known.
pub(super) fn of(text: &[u8], header: &Header) -> Result<(Decimals, Order), Fault> {
    match (decimals(text, header), order(text, header)) {
        (Ok(decimals), Ok(order)) => Ok((decimals, order)),
        (Err(one), Err(other)) => Err(Fault::new(
            format!("{}; {}", one.what, other.what),
            format!("{}, and {}", one.remedy, other.remedy),
        )),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

fn rows<'t>(text: &'t [u8], header: &Header) -> impl Iterator<Item = (u64, &'t [u8])> {
    let last = header.line;
    Lines::of(text).skip_while(move |(line, _)| *line <= last).filter(|(_, row)| !row.is_empty())
}

fn decimals(text: &[u8], header: &Header) -> Result<Decimals, Fault> {
    let roles = [Role::Open, Role::High, Role::Low, Role::Close];
    let places: Vec<usize> =
        roles.iter().filter_map(|role| header.sets.first()?.1[*role as usize]).collect();
    let (mut points, mut commas, mut unknown) = (0, 0, None);
    let mut fields = Vec::new();
    for (at, (line, row)) in rows(text, header).take(LOOKED_AT).enumerate() {
        if at == FIRST && commas == 0 && unknown.is_none() {
            break;
        }
        split(row, header.separator, &mut fields);
        for field in places.iter().filter_map(|place| fields.get(*place)) {
            match told_by(field) {
                Some(Decimals::Comma) => commas += 1,
                Some(Decimals::Point) => points += 1,
                None if field.contains(&b',') => {
                    unknown = unknown.or(Some((line, String::from_utf8_lossy(field).into_owned())));
                }
                None => {}
            }
        }
    }
    match (commas > points, unknown) {
        (true, _) => Ok(Decimals::Comma),
        (false, Some((line, shown))) if points == 0 && commas == 0 => Err(Fault::new(
            format!(
                "whether {shown} in line {line} has decimals or thousands behind its comma cannot be known"
            ),
            "write decimals behind a point and leave out the marks between thousands",
        )),
        _ => Ok(Decimals::Point),
    }
}

/// The first date, if none of the first rows has one that can be read at all.
fn no_dates(text: &[u8], header: &Header) -> Option<String> {
    let place = header.sets.first()?.1[Role::Date as usize]?;
    let mut fields = Vec::new();
    let mut first = None;
    for (_, row) in rows(text, header).take(TRIED) {
        split(row, header.separator, &mut fields);
        let field = fields.get(place).copied().unwrap_or_default();
        if stamp(field, Order::MonthFirst).is_some() || two_ways(field).is_some() {
            return None;
        }
        first.get_or_insert_with(|| String::from_utf8_lossy(field).chars().take(40).collect());
    }
    first
}

/// The order of dates such as 06/07/2018, if the first row has one. A file of which every date fits only one order is
/// known; day-first files are refused all the same, because a file like them with days up to 12 alone would be misread.
fn order(text: &[u8], header: &Header) -> Result<Order, Fault> {
    if let Some(date) = no_dates(text, header) {
        let what = format!("{date:?} is no date in a form that is read; the file is not read");
        return Err(Fault::new(what, DATES));
    }
    let place = header.sets.first().and_then(|(_, places)| places[Role::Date as usize]);
    let mut fields = Vec::new();
    let (mut month_first, mut day_first, mut either) = (None, None, None);
    for (at, (line, row)) in rows(text, header).enumerate() {
        split(row, header.separator, &mut fields);
        let field = place.and_then(|place| fields.get(place)).copied().unwrap_or_default();
        let date = two_ways(field);
        if at == 0 && date.is_none() {
            return Ok(Order::Unknown);
        }
        let Some((first, second, _)) = date else { continue };
        let kept = match (first, second) {
            (1..=12, 1..=12) => &mut either,
            (1..=12, 13..=31) => &mut month_first,
            (13..=31, 1..=12) => &mut day_first,
            _ => continue,
        };
        kept.get_or_insert_with(|| (line, String::from_utf8_lossy(field).into_owned()));
    }
    let remedy = DATES;
    match (month_first, day_first, either) {
        (_, None, _) if header.american => Ok(Order::MonthFirst),
        (Some(_), None, _) => Ok(Order::MonthFirst),
        (Some((one, month)), Some((other, day)), _) => Err(Fault::new(
            format!(
                "some dates have the month first ({month} in line {one}), some the day ({day} in line {other}); the file is not read"
            ),
            remedy,
        )),
        (None, Some((_, day)), _) => Err(Fault::new(
            format!(
                "the dates have the day first, such as {day}, which others read as month first; the file is not read"
            ),
            remedy,
        )),
        (None, None, Some((_, date))) => Err(Fault::new(
            format!(
                "whether dates such as {date} have the day or the month first cannot be known; the file is not read"
            ),
            remedy,
        )),
        (None, None, None) => Ok(Order::Unknown),
    }
}
