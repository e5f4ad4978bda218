//! What only a whole file can tell: whether its decimals stand behind a comma, and whether 06/07/2018
//! is in June. What even the file cannot tell is refused, once, with every remedy.

use super::columns::{Places, Role};
use super::dates::{Order, stamp, two_ways};
use super::fields::{are_empty, fields_of, rows};
use super::header::Header;
use super::letters::words;
use super::numbers::{Decimals, Told, told_by};
use super::price_table::FileKind;
use super::text::Fault;

/// The remedy for dates with several readings.
pub(super) const DATES: &str = "write the dates as 2018-06-29";

/// Rows whose dates are tried before all are given up.
const TRIED: usize = 5;
/// Rows that are looked at for their number of fields, and how many at least must have another one than the header.
const COUNTED: (usize, usize) = (60, 5);
/// A file has decimals of both kinds if the rarer are one in so many.
const MIXED: usize = 20;

/// The conventions of the rows below `header`, or all that cannot be known.
pub(super) fn of(text: &[u8], header: &Header, kind: FileKind) -> Result<(Decimals, Order), Fault> {
    widths(text, header)?;
    match (decimals(text, header, kind), order(text, header)) {
        (Ok(decimals), Ok(order)) => Ok((decimals, order)),
        (Err(one), Err(other)) => Err(Fault::new(
            format!("{}; {}", one.what, other.what),
            format!("{}, and {}", one.remedy, other.remedy),
        )),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

/// Whether the rows have as many fields as the header: one that has not costs itself, most of them the file.
fn widths(text: &[u8], header: &Header) -> Result<(), Fault> {
    let mut fields = Vec::new();
    let (mut all, mut wrong, mut first) = (0, 0, None);
    for (line, row) in rows(text, header).take(COUNTED.0) {
        fields_of(row, header, &mut fields);
        all += 1;
        if fields.len() != header.width && !are_empty(&fields) {
            wrong += 1;
            first = first.or(Some((line, fields.len())));
        }
    }
    let Some((line, given)) = first.filter(|_| wrong >= COUNTED.1 && wrong * 2 > all) else {
        return Ok(());
    };
    let needed = header.width;
    let remedy = if given > needed {
        "put numbers that contain the separator in quotes, or name every column in the header"
    } else {
        "download it again, or correct the header"
    };
    let what = format!(
        "the header names {needed} columns, but most rows have another number of fields ({given} in line {line}); the file is not read"
    );
    Err(Fault::new(what, remedy))
}

/// A number with its line, as it is written.
type Example = Option<(u64, String)>;

/// What a file's numbers say of their decimals.
#[derive(Default)]
struct Marks {
    points: usize,
    commas: usize,
    point: Example,
    comma: Example,
    /// Prices such as 1,115.
    either_comma: Example,
    /// Such as 1.115.
    either_point: Example,
}

impl Marks {
    fn of(text: &[u8], header: &Header, places: &Places) -> Marks {
        let prices = [Role::Open, Role::High, Role::Low, Role::Close];
        let prices = prices.map(|role| places[role as usize]);
        let volume = places[Role::Volume as usize];
        let (mut marks, mut fields) = (Marks::default(), Vec::new());
        for (line, row) in rows(text, header) {
            fields_of(row, header, &mut fields);
            for place in prices.iter().chain([&volume]).flatten() {
                let Some(field) = fields.get(*place) else { continue };
                let example = || Some((line, words(field).into_owned()));
                match told_by(field) {
                    Told::Sure(Decimals::Point) => {
                        marks.points += 1;
                        marks.point = marks.point.take().or_else(example);
                    }
                    Told::Sure(Decimals::Comma) => {
                        marks.commas += 1;
                        marks.comma = marks.comma.take().or_else(example);
                    }
                    Told::Either(Decimals::Comma) if Some(*place) != volume => {
                        marks.either_comma = marks.either_comma.take().or_else(example);
                    }
                    Told::Either(Decimals::Point) if Some(*place) != volume => {
                        marks.either_point = marks.either_point.take().or_else(example);
                    }
                    Told::Either(_) | Told::Nothing => {}
                }
            }
        }
        marks
    }
}

/// Whether the file is written as where points group thousands: fields between semicolons, dates such as 29.06.2018, volumes
/// such as 3.272.800.
fn groups_by_points(text: &[u8], header: &Header, places: &Places) -> bool {
    let mut fields = Vec::new();
    header.separator == b';'
        || rows(text, header).take(TRIED).any(|(_, row)| {
            fields_of(row, header, &mut fields);
            let field = |role: Role| places[role as usize].and_then(|at| fields.get(at)).copied();
            let date = field(Role::Date).unwrap_or_default();
            let points = date.iter().filter(|byte| **byte == b'.').count();
            let volume = field(Role::Volume).map(told_by);
            (points == 2 && date.first().is_some_and(u8::is_ascii_digit))
                || volume == Some(Told::Sure(Decimals::Comma))
        })
}

fn decimals(text: &[u8], header: &Header, kind: FileKind) -> Result<Decimals, Fault> {
    // In most files no field can contain a comma, so that nothing is to be found out.
    let inside = if header.separator == b',' { b'"' } else { b',' };
    let Some((_, places)) = header.sets.first() else { return Ok(Decimals::Point) };
    let grouped = groups_by_points(text, header, places);
    if !grouped && !text.contains(&inside) {
        return Ok(Decimals::Point);
    }
    let marks = Marks::of(text, header, places);
    let Marks { points, commas, .. } = marks;
    let remedy = "write decimals behind a point and leave out the marks between thousands";
    if let (Some((one, point)), Some((other, comma))) = (&marks.point, &marks.comma)
        && points.min(commas) * MIXED > points.max(commas)
    {
        return Err(Fault::new(
            format!(
                "some numbers have {} ({point} in line {one}), others have {} ({comma} in line {other}); the file is not read",
                if point.contains('.') {
                    "decimals behind a point"
                } else {
                    "commas between thousands"
                },
                if comma.contains(',') {
                    "decimals behind a comma"
                } else {
                    "points between thousands"
                }
            ),
            remedy,
        ));
    }
    let unknown = |(line, shown): (u64, String), mark: &str, remedy: &str| {
        let what = format!(
            "whether {shown} in line {line} has decimals or thousands behind its {mark} cannot be known"
        );
        Err(Fault::new(what, remedy))
    };
    // The VIX has no thousands.
    let either_point = marks.either_point.filter(|_| grouped && kind == FileKind::Stock);
    match (marks.either_comma, either_point) {
        _ if commas > points => Ok(Decimals::Comma),
        _ if points > 0 => Ok(Decimals::Point),
        (Some(price), _) => unknown(price, "comma", remedy),
        (None, Some(price)) => unknown(
            price,
            "point",
            "leave out the marks between thousands, or write prices with two or four decimals",
        ),
        (None, None) => Ok(Decimals::Point),
    }
}

/// The first date, if none of the first rows has one that can be read at all.
fn no_dates(text: &[u8], header: &Header) -> Option<String> {
    let place = header.sets.first()?.1[Role::Date as usize]?;
    let mut fields = Vec::new();
    let mut first = None;
    for (_, row) in rows(text, header).take(TRIED) {
        fields_of(row, header, &mut fields);
        let field = fields.get(place).copied().unwrap_or_default();
        if are_empty(&fields) {
            continue;
        }
        if stamp(field, Order::MonthFirst).is_some() || two_ways(field).is_some() {
            return None;
        }
        first.get_or_insert_with(|| words(field).chars().take(40).collect());
    }
    first
}

/// The order of dates such as 06/07/2018, if there are any. A file of which every date fits only one order is known;
/// day-first files are refused all the same, because a file like them with days up to 12 alone would be misread.
fn order(text: &[u8], header: &Header) -> Result<Order, Fault> {
    if let Some(date) = no_dates(text, header) {
        let what = format!("{date:?} is no date in a form that is read; the file is not read");
        return Err(Fault::new(what, DATES));
    }
    let place = header.sets.first().and_then(|(_, places)| places[Role::Date as usize]);
    let mut fields = Vec::new();
    let (mut month_first, mut day_first) = (None, None);
    let (mut either, mut equal) = (None, None);
    let slashes = text.contains(&b'/');
    let (mut all, mut with_slashes) = (0, 0);
    for (at, (line, row)) in rows(text, header).enumerate() {
        all += 1;
        fields_of(row, header, &mut fields);
        let field = place.and_then(|place| fields.get(place)).copied().unwrap_or_default();
        let date = two_ways(field);
        if at == 0 && date.is_none() && !slashes {
            return Ok(Order::Unknown);
        }
        let Some((first, second, _)) = date else { continue };
        with_slashes += 1;
        let kept = match (first, second) {
            (1..=12, 1..=12) if first != second => &mut either,
            (1..=12, 1..=12) => &mut equal,
            (1..=12, 13..=31) => &mut month_first,
            (13..=31, 1..=12) => &mut day_first,
            _ => continue,
        };
        kept.get_or_insert_with(|| (line, words(field).into_owned()));
    }
    let remedy = DATES;
    match (month_first, day_first, either.or(equal)) {
        (_, None, _) if header.american => Ok(Order::MonthFirst),
        (Some(_), None, _) => Ok(Order::MonthFirst),
        // Some rows among others cost no more than themselves.
        _ if with_slashes * 2 < all => Ok(Order::Unknown),
        (Some((one, month)), Some((other, day)), _) => Err(Fault::new(
            format!(
                "some dates have the month first ({month} in line {one}), some the day ({day} in line {other}); the file is not read"
            ),
            remedy,
        )),
        (None, Some((_, day)), either) => {
            let other = either.map_or("one up to the 12th of a month".to_owned(), |(_, date)| date);
            let what = format!(
                "the dates have the day first, such as {day}, so that {other} could be read as month first; the file is not read"
            );
            Err(Fault::new(what, remedy))
        }
        (None, None, Some((_, date))) => Err(Fault::new(
            format!(
                "whether dates such as {date} have the day or the month first cannot be known; the file is not read"
            ),
            remedy,
        )),
        (None, None, None) => Ok(Order::Unknown),
    }
}
