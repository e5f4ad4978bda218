//! A file's header: found within its first lines, whatever titles stand above it and whatever stands
//! between the columns; or why there is none.

use super::columns::{COLUMNS, Places, ROLES, Role, places, plain_name};
use super::dates::{Order, stamp, two_ways};
use super::fields::is_comment;
use super::numbers::{Decimals, number};
use super::text::{Fault, Lines, split, words};
use super::wide::wide;

/// A file's header as found.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Between the fields.
    pub(super) separator: u8,
    /// Its last line.
    pub(super) line: u64,
    /// Fields in a row.
    pub(super) width: usize,
    /// One set of columns; of a wide file one per ticker, which the header names.
    pub(super) sets: Vec<(Option<String>, Places)>,
    /// Dates such as 06/07/2018 are American in this layout.
    pub(super) american: bool,
}

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

/// Lines in which a header is looked for, and separators.
const SEARCHED: usize = 12;
/// Lines that may stand above a header with comments among them.
const SEARCHED_WITH_COMMENTS: usize = 200;
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The header of `text`; an index needs no more than a date and a close.
pub(super) fn find(text: &[u8], index: bool) -> Result<Header, NoHeader> {
    let lines = first_lines(text);
    let Some((first, _)) = lines.first() else {
        let fault = Fault::new("the file is empty", "download it again");
        return Err(NoHeader { line: 0, fault, other: Other::Prices });
    };
    let mut best: Option<(usize, NoHeader)> = None;
    let mut fields = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        for separator in SEPARATORS {
            split(line, separator, &mut fields);
            if fields.len() < 2 {
                continue;
            }
            if let Some((line, width, sets)) = wide(&lines[at..], separator) {
                return Ok(Header { separator, line, width, sets, american: false });
            }
            let names: Vec<String> = fields.iter().map(|field| plain_name(field)).collect();
            let (places, found) = places(&names);
            let fault = match complaint(&places, &names, &fields, index) {
                None => {
                    let raw = line.trim_ascii().to_ascii_lowercase();
                    let american = raw == b"date,open,high,low,close"
                        && line.trim_ascii().starts_with(b"DATE")
                        || names.iter().any(|name| name == "closelast");
                    let line = *number;
                    let width = width(&fields);
                    let sets = vec![(None, places)];
                    return Ok(Header { separator, line, width, sets, american });
                }
                Some(fault) => fault,
            };
            if best.as_ref().is_none_or(|(most, _)| found > *most) {
                let next = lines.get(at + 1).map(|(_, line)| *line);
                let other = other(&places, &fields, next, separator);
                best = Some((found, NoHeader { line: *number, fault, other }));
            }
        }
    }
    let clear = best.as_ref().is_some_and(|(found, _)| *found > 1);
    if let Some(no) = headerless(&lines).filter(|_| !clear) {
        return Err(no);
    }
    Err(match best {
        Some((found, no)) if found > 0 => no,
        _ => {
            let other = best.map_or(Other::Nothing, |(_, no)| no.other);
            NoHeader { line: *first, fault: nothing(lines[0].1, index), other }
        }
    })
}

/// The lines with text at the beginning; comments do not count.
fn first_lines(text: &[u8]) -> Vec<(u64, &[u8])> {
    let mut left = SEARCHED;
    let lines = Lines::of(text).filter(|(_, line)| !line.trim_ascii().is_empty());
    let counted = lines.take(SEARCHED_WITH_COMMENTS).take_while(|(_, line)| {
        let is_counted = !is_comment(line);
        let taken = left > 0 || !is_counted;
        left = left.saturating_sub(usize::from(is_counted));
        taken
    });
    counted.collect()
}

/// Why there is no header, if the first line that is no comment is a row: a date, and numbers beside it.
fn headerless(lines: &[(u64, &[u8])]) -> Option<NoHeader> {
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
fn other(places: &Places, fields: &[&[u8]], next: Option<&[u8]>, separator: u8) -> Other {
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

fn nothing(line: &[u8], index: bool) -> Fault {
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

fn width(fields: &[&[u8]]) -> usize {
    let empty = fields.iter().rev().take_while(|field| field.is_empty()).count();
    fields.len() - empty
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

fn complaint(places: &Places, names: &[String], fields: &[&[u8]], index: bool) -> Option<Fault> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(header: &Header, role: Role) -> Option<usize> {
        header.sets[0].1[role as usize]
    }

    #[test]
    fn headers_of_many_sources_are_one_table() {
        use Role::{Close, Date, Open, Split, Ticker, Volume};
        for (text, line, expected) in [
            (
                "Date,Open,High,Low,Close,Adj Close,Volume",
                1,
                &[(Date, 0), (Open, 1), (Close, 4), (Volume, 6)][..],
            ),
            ("Date,Close/Last,Volume,Open,High,Low", 1, &[(Close, 1), (Volume, 2), (Open, 3)]),
            (
                "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
                1,
                &[(Ticker, 0), (Date, 2), (Volume, 8)],
            ),
            (
                "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
                1,
                &[(Date, 0), (Close, 4), (Split, 8)],
            ),
            (
                "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
                1,
                &[(Close, 1), (Open, 4), (Split, 12)],
            ),
            (
                "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"",
                1,
                &[(Close, 1), (Volume, 5)],
            ),
            (
                "ticker,date,open,high,low,close,volume,closeadj,closeunadj,lastupdated",
                1,
                &[(Ticker, 0), (Date, 1), (Close, 5)],
            ),
            (
                "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,",
                3,
                &[(Date, 0), (Close, 1), (Volume, 5)],
            ),
            ("A title\n\nDate;Open;High;Low;Close;Volume", 3, &[(Date, 0), (Volume, 5)]),
            ("Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume", 1, &[(Close, 4), (Volume, 6)]),
            ("date,open,high,low,close,volume,Name", 1, &[(Ticker, 6)]),
            ("day,date,open,high,low,close,volume,tic", 1, &[(Date, 1), (Ticker, 7)]),
            (",Open,High,Low,Close,Volume", 1, &[(Date, 0)]),
            (
                "Date, Open, High, Low, Close Close price adjusted for splits., Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions., Volume",
                1,
                &[(Close, 4), (Volume, 6)],
            ),
            (
                "\"Datum\",\"Zuletzt\",\"Eröffn.\",\"Hoch\",\"Tief\",\"Vol.\",\"+/- %\"",
                1,
                &[(Close, 1), (Open, 2)],
            ),
            ("Date,Dernier,Ouv.,Plus Haut,Plus Bas,Vol.,Variation %", 1, &[(Close, 1), (Open, 2)]),
            (
                "Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.",
                1,
                &[(Date, 0), (Close, 1), (Volume, 5)],
            ),
            ("Data,Ultimo,Apertura,Massimo,Minimo,Vol.,Var. %", 1, &[(Date, 0), (Close, 1)]),
            ("#Date,Open,High,Low,Close,Volume", 1, &[(Date, 0)]),
        ] {
            let header = find(text.as_bytes(), false).unwrap();
            assert_eq!(header.line, line, "{text}");
            for (role, place) in expected {
                assert_eq!(at(&header, *role), Some(*place), "{role:?} in {text}");
            }
        }
        let wide = "Ticker,AAPL,AAPL,AAPL,AAPL,AAPL,KO,KO,KO,KO,KO\nPrice,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume\nDate,,,,,,,,,,";
        let header = find(wide.as_bytes(), false).unwrap();
        let tickers: Vec<_> = header
            .sets
            .iter()
            .map(|(t, p)| (t.clone().unwrap(), p[Role::Close as usize]))
            .collect();
        assert_eq!(tickers, [("AAPL".to_owned(), Some(4)), ("KO".to_owned(), Some(9))]);
    }

    #[test]
    fn what_is_no_header_says_why() {
        for (text, index, expected) in [
            ("", false, "the file is empty"),
            (
                "Date,Open,High,Low,Close,Volume,Close",
                false,
                "two columns are called Close, the 5th and the 7th",
            ),
            ("Date,Open,High,Low,Close,Close.1,Volume", false, "two columns are called Close"),
            ("Date,Open,High,Low,Close", false, "there is no column Volume"),
            ("Date,Open", true, "there is no column Close"),
            ("x", false, "there is no column Date, Open, High, Low, Close, Volume"),
            ("<!DOCTYPE html>", false, "a web page"),
            ("2018-06-29,1,2,3,4,5\n2018-07-02,1,2,3,4,5", false, "there is no header"),
            ("AAPL,20180629,1,2,3,4,5", false, "there is no header"),
            ("29.06.2018;1,5;2;3;4;5", true, "there is no header"),
        ] {
            let no = find(text.as_bytes(), index).unwrap_err();
            assert!(no.fault.what.contains(expected), "{text}: {no:?}");
        }
        assert_eq!(
            find(b"Symbol,Name\nAAPL,Apple\n", false).unwrap_err().other,
            Other::TableOfTickers
        );
        assert_eq!(find(b"Date,Open,High\n", false).unwrap_err().other, Other::Prices);
        assert!(find(b"DATE,OPEN,HIGH,LOW,CLOSE\n", true).unwrap().american);
        let comments = "# a note\n".repeat(40);
        let header = find(format!("{comments}Date,Open,High,Low,Close,Volume").as_bytes(), false);
        assert_eq!(header.unwrap().line, 41);
        let latin = b"Datum;Er\xf6ffnung;Hoch;Tief;Schluss;Volumen";
        assert_eq!(at(&find(latin, false).unwrap(), Role::Open), Some(1));
    }
}
