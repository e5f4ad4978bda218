//! Why the first lines of a file are no header: what is absent, double, or another thing altogether.

use super::columns::{COLUMNS, Places, ROLES, Role};
use super::dates::{Order, stamp, two_ways};
use super::letters::words;
use super::numbers::{Decimals, number};
use super::text::{Fault, SEPARATORS, is_comment, split};

/// Why there is no header.
#[derive(Clone, Debug)]
pub(super) struct NoHeader {
    /// The likeliest line.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) fault: Fault,
    /// The file is a table, or a text, but of no prices.
    pub(super) other: Other,
}

/// What a file without a header is instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Other {
    /// A table without a single price, such as one of dividends.
    Table,
    /// The same, with a column of tickers.
    TableOfTickers,
    /// No column at all has a name of prices.
    #[default]
    Nothing,
    /// A table of prices that lacks something.
    Prices,
}

/// Why there is no header, if the first line that is no comment is a row: a date, and numbers beside it.
pub(super) fn headerless(lines: &[(u64, &[u8])]) -> Option<NoHeader> {
    let (line, row) = lines.iter().find(|(_, line)| !is_comment(line))?;
    let mut fields = Vec::new();
    let is_row = SEPARATORS.iter().any(|separator| {
        split(row, *separator, &mut fields);
        let number = |field: &&&[u8]| {
            [Decimals::Point, Decimals::Comma].iter().any(|kind| number(field, *kind).is_some())
        };
        fields
            .iter()
            .any(|field| stamp(field, Order::MonthFirst).is_some() || two_ways(field).is_some())
            && fields.iter().filter(number).count() > 1
    });
    let what = "there is no header: the first line is a row already; the file is not read";
    let remedy = "put a line above it that names the columns in their order, such as Date,Open,High,Low,Close,Volume";
    is_row.then(|| NoHeader { line: *line, fault: Fault::new(what, remedy), other: Other::Prices })
}

/// What a line is that is no header: that of another table if the next line has as many fields, and it names no price.
pub(super) fn other(
    places: &Places,
    fields: &[&[u8]],
    next: Option<&[u8]>,
    separator: u8,
) -> Other {
    let mut below = Vec::new();
    split(next.unwrap_or_default(), separator, &mut below);
    let named =
        fields.iter().all(|field| !field.iter().any(u8::is_ascii_digit) || field.len() > 24);
    let prices = [Role::Open, Role::High, Role::Low, Role::Close];
    let table = named && below.len() == fields.len();
    match prices.iter().any(|role| places[*role as usize].is_some()) {
        true => Other::Prices,
        false if table && places[Role::Ticker as usize].is_some() => Other::TableOfTickers,
        false if table => Other::Table,
        false => Other::Nothing,
    }
}

pub(super) fn nothing(line: &[u8], index: bool) -> Fault {
    if std::str::from_utf8(line).is_err() {
        return Fault::new("the first line is not UTF-8 text", "save the file as CSV in UTF-8");
    }
    if line.trim_ascii_start().starts_with(b"<!") || line.to_ascii_lowercase().starts_with(b"<html")
    {
        return Fault::new(
            "the file is a web page, not a table",
            "download the prices themselves as CSV",
        );
    }
    let start: String = String::from_utf8_lossy(line).chars().take(60).collect();
    let fault = absent(&[None; ROLES], index);
    let fault = fault.unwrap_or_else(|| Fault::new("there is no header", "download it again"));
    Fault { remedy: format!("{}; it begins with {start:?}", fault.remedy), ..fault }
}

/// The needed columns that are not there.
fn absent(places: &Places, index: bool) -> Option<Fault> {
    let needed = |role: Role| !index || matches!(role, Role::Date | Role::Close);
    let absent: Vec<&str> = COLUMNS
        .iter()
        .filter(|(role, _)| needed(*role) && places[*role as usize].is_none())
        .map(|(_, name)| *name)
        .collect();
    let remedy = if index {
        "one of the first lines must name the columns Date and Close"
    } else {
        "one of the first lines must name the columns Date, Open, High, Low, Close, Volume"
    };
    let what = format!("there is no column {}; the file is not read", absent.join(", "));
    (!absent.is_empty()).then(|| Fault::new(what, remedy))
}

pub(super) fn complaint(
    places: &Places,
    names: &[String],
    fields: &[&[u8]],
    index: bool,
) -> Option<Fault> {
    absent(places, index).or_else(|| {
        let twin = |name: &str, other: &str| {
            // pandas calls the second of two `Close` `Close.1`.
            let tail = other.strip_prefix(name).filter(|_| !name.is_empty());
            tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let used = |at: usize| {
            !index
                || places[Role::Close as usize] == Some(at)
                || places[Role::Date as usize] == Some(at)
        };
        let double = places.iter().flatten().copied().filter(|at| used(*at)).find_map(|at| {
            let second =
                names.iter().enumerate().skip(at + 1).find(|(_, other)| twin(&names[at], other))?;
            Some((at, second.0))
        })?;
        let shown = words(fields[double.0]);
        let what = format!(
            "two columns are called {shown}, the {} and the {}; the file is not read",
            ordinal(double.0 + 1),
            ordinal(double.1 + 1)
        );
        Some(Fault::new(what, "delete the wrong one of the two, or rename it"))
    })
}

fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}
