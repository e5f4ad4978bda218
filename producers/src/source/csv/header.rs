//! A file's header: found within its first lines, whatever titles stand above it and whatever stands
//! between the columns; or why there is none.

use super::columns::{Places, places, plain_name};
use super::letters::words;
use super::no_header::{NoHeader, Other, complaint, headerless, nothing, other};
use super::text::{Fault, Lines, SEPARATORS, is_comment, split};
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

/// Lines in which a header is looked for.
const SEARCHED: usize = 44;
/// Lines that may stand above a header with comments among them.
const SEARCHED_WITH_COMMENTS: usize = 200;

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
            let mut names: Vec<String> = fields.iter().map(|field| plain_name(field)).collect();
            let (mut places, found) = places(&names);
            let mut fault = complaint(&places, &names, &fields, index);
            if fault.is_some()
                && let Some((bare, of_bare)) = without_ticker(&fields)
            {
                fault = complaint(&of_bare, &bare, &fields, index);
                (names, places) = (bare, of_bare);
            }
            let fault = match fault {
                None => {
                    let raw = line.trim_ascii().to_ascii_lowercase();
                    let american = raw == b"date,open,high,low,close"
                        && line.trim_ascii().starts_with(b"DATE")
                        || names.iter().any(|name| name == "closelast");
                    let line = *number;
                    let width = width(&fields);
                    let sets = vec![(None, places)];
                    // Rows stand above it: it is that of other rows, joined below.
                    if at > 0
                        && headerless(&lines[at - 1..at]).is_some()
                        && let Some(no) = headerless(&lines)
                    {
                        return Err(no);
                    }
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

/// Whether a `line` below `header` is a header too: the same one again, or one of other columns.
pub(super) fn again(line: &[u8], header: &Header) -> Option<bool> {
    // That of an index needs least, so that one without a volume is found as well.
    let other = find(line, true).ok()?;
    let [(_, places)] = &header.sets[..] else { return None };
    let columns = (header.separator, header.width, places);
    Some(columns == (other.separator, other.width, &other.sets[0].1))
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

/// The names and places of columns that all begin or all end with one word: the ticker, as in `AAPL.Open` of R's quantmod
/// and in `Close_AAPL` of a flattened table.
fn without_ticker(fields: &[&[u8]]) -> Option<(Vec<String>, Places)> {
    let texts: Vec<_> = fields.iter().map(|field| words(field)).collect();
    let pairs: Vec<_> = texts.iter().filter_map(|text| text.rsplit_once(['.', '_', ' '])).collect();
    let (before, after) = *pairs.first().filter(|_| pairs.len() > 3)?;
    let first = pairs.iter().all(|pair| pair.0 == before);
    let last = pairs.iter().all(|pair| pair.1 == after);
    let name = |text: &str| match text.rsplit_once(['.', '_', ' ']) {
        Some((_, rest)) if first => plain_name(rest.as_bytes()),
        Some((rest, _)) => plain_name(rest.as_bytes()),
        None => plain_name(text.as_bytes()),
    };
    let names: Vec<String> =
        texts.iter().filter(|_| first != last).map(|text| name(text)).collect();
    let (places, found) = places(&names);
    (found > 3).then_some((names, places))
}

fn width(fields: &[&[u8]]) -> usize {
    let empty = fields.iter().rev().take_while(|field| field.is_empty()).count();
    fields.len() - empty
}

#[cfg(test)]
mod tests {
    use super::super::columns::Role;
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
            ("sep=;\nDate;Open;High;Low;Close;Volume", 2, &[(Date, 0), (Volume, 5)]),
            (
                "\"\",\"BRK.B.Open\",\"BRK.B.High\",\"BRK.B.Low\",\"BRK.B.Close\",\"BRK.B.Volume\",\"BRK.B.Adjusted\"",
                1,
                &[(Date, 0), (Open, 1), (Close, 4), (Volume, 5)],
            ),
            (
                "Date,Adj Close_KO,Close_KO,High_KO,Low_KO,Open_KO,Volume_KO",
                1,
                &[(Date, 0), (Open, 5), (Close, 2), (Volume, 6)],
            ),
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
        let titles = "About:,AAPL\n".repeat(40);
        let header = find(format!("{titles}Date,Open,High,Low,Close,Volume").as_bytes(), false);
        assert_eq!(header.unwrap().line, 41);
        let rows = "2018-06-29,1,2,3,4,5\n".repeat(20);
        let joined = find(format!("{rows}Date,Open,High,Low,Close,Volume").as_bytes(), false);
        assert!(joined.unwrap_err().fault.what.contains("there is no header"));
        let latin = b"Datum;Er\xf6ffnung;Hoch;Tief;Schluss;Volumen";
        assert_eq!(at(&find(latin, false).unwrap(), Role::Open), Some(1));
    }
}
