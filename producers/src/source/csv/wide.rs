//! yfinance's headers of several lines: one names the fields, one the ticker of each column.

use super::columns::{Places, Role, names_dates, places, plain_name};
use super::text::split;

/// Sets of columns, each with its ticker.
type Sets = Vec<(Option<String>, Places)>;

/// What a line of units consists of.
const UNITS: [&[u8]; 10] = [
    b"USD", b"EUR", b"GBP", b"CHF", b"shares", b"units", b"float", b"double", b"number", b"string",
];

/// The last line, the width and the columns of a header of two or three lines: one of fields and one of tickers, in either order, then perhaps one
/// that begins with Date and is empty otherwise.
pub(super) fn wide(lines: &[(u64, &[u8])], separator: u8) -> Option<(u64, usize, Sets)> {
    let mut rows: Vec<Vec<&[u8]>> = Vec::new();
    for (_, line) in lines.iter().take(3) {
        let mut fields = Vec::new();
        split(line, separator, &mut fields);
        rows.push(fields);
    }
    let (first, second) = (rows.first()?, rows.get(1)?);
    if first.len() != second.len() || first.len() < 3 {
        return None;
    }
    // A date there is a row's, whatever `null` stands behind it.
    if [first[0], second[0]].iter().any(|field| field.iter().any(u8::is_ascii_digit)) {
        return None;
    }
    let of_fields = |row: &[&[u8]]| {
        let names: Vec<String> = row[1..].iter().map(|field| plain_name(field)).collect();
        let (places, _) = places(&names);
        let has = |role: Role| places[role as usize].is_some();
        has(Role::Close) && (has(Role::Open) || names.iter().all(|name| name == "close"))
    };
    // A line of units below the names of columns has the same shape.
    let is_unit = |field: &&[u8]| UNITS.iter().any(|unit| field.eq_ignore_ascii_case(unit));
    let of_tickers = |row: &[&[u8]]| {
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"^.-=_".contains(byte);
        let units = row[1..].iter().all(is_unit);
        !units
            && row[1..].iter().all(|field| {
                !field.is_empty()
                    && field.iter().all(letter)
                    && field.iter().any(|byte| byte.is_ascii_alphabetic())
            })
    };
    let (names, tickers) = match (of_fields(first), of_fields(second)) {
        (true, false) if of_tickers(second) => (first, second),
        (false, true) if of_tickers(first) => (second, first),
        _ => return None,
    };
    let third = rows.get(2).is_some_and(|row| {
        row.first().is_some_and(|field| names_dates(field)) && row[1..].iter().all(|f| f.is_empty())
    });
    let dated = third || [names[0], tickers[0]].iter().any(|field| names_dates(field));
    let line = lines.get(if third { 2 } else { 1 })?.0;
    let sets = dated.then(|| sets(names, tickers))?;
    let complete = sets.iter().all(|(_, places)| places[Role::Close as usize].is_some());
    complete.then_some(())?;
    Some((line, first.len(), sets))
}

/// One set of columns per ticker, in the order of the first column of each.
fn sets(names: &[&[u8]], tickers: &[&[u8]]) -> Sets {
    let mut order: Vec<&[u8]> = Vec::new();
    for ticker in &tickers[1..] {
        if !order.contains(ticker) {
            order.push(ticker);
        }
    }
    let set = |ticker: &&[u8]| {
        let own = |at: usize| at > 0 && tickers[at] == *ticker;
        let named = names.iter().enumerate();
        let named: Vec<String> = named
            .map(|(at, name)| if own(at) { plain_name(name) } else { String::new() })
            .collect();
        let (mut places, _) = places(&named);
        places[Role::Date as usize] = Some(0);
        (Some(String::from_utf8_lossy(ticker).to_ascii_uppercase()), places)
    };
    order.iter().map(set).collect()
}
