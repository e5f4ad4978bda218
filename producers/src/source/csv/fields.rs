//! The rows below a header, and the fields of each as the header needs them.

use super::columns::Role;
use super::header::Header;
use super::months::month;
use super::text::{Lines, is_comment, split};

/// The lines below `header` that may be rows: no empty ones and no comments.
pub(super) fn rows<'t>(text: &'t [u8], header: &Header) -> impl Iterator<Item = (u64, &'t [u8])> {
    let last = header.line;
    Lines::of(text)
        .filter(move |(line, row)| *line > last && !row.trim_ascii().is_empty() && !is_comment(row))
}

/// The fields of `row`, trimmed and without quotes: a date such as `Jun 29, 2018` is one though nothing quotes it, and
/// empty fields at the end are not more than the header has.
pub(super) fn fields_of<'t>(row: &'t [u8], header: &Header, fields: &mut Vec<&'t [u8]>) {
    split(row, header.separator, fields);
    if header.separator == b',' {
        join_date(row, header, fields);
    }
    while fields.len() > header.width && fields.last().is_some_and(|field| field.is_empty()) {
        let _ = fields.pop();
    }
}

/// Whether no field holds anything.
pub(super) fn are_empty(fields: &[&[u8]]) -> bool {
    let blank = |field: &&[u8]| {
        field.is_empty() || std::str::from_utf8(field).is_ok_and(|text| text.trim().is_empty())
    };
    fields.iter().all(blank)
}

fn join_date<'t>(row: &'t [u8], header: &Header, fields: &mut Vec<&'t [u8]>) {
    let place = header.sets.first().and_then(|(_, places)| places[Role::Date as usize]);
    let Some(at) = place.filter(|at| fields.len() > at + 1) else { return };
    let year = fields[at + 1].len() == 4 && fields[at + 1].iter().all(u8::is_ascii_digit);
    if !year || !is_month_and_day(fields[at]) || row.contains(&b'"') {
        return;
    }
    let mut marks =
        row.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(place, _)| place);
    let start = if at == 0 { Some(0) } else { marks.nth(at - 1).map(|mark| mark + 1) };
    let end = marks.nth(1).unwrap_or(row.len());
    let Some(date) = start.and_then(|start| row.get(start..end)) else { return };
    fields[at] = date.trim_ascii();
    let _ = fields.remove(at + 1);
}

/// `Jun 29`, `June 29`.
fn is_month_and_day(field: &[u8]) -> bool {
    let text = std::str::from_utf8(field).unwrap_or_default();
    text.split_once(' ').is_some_and(|(name, day)| {
        month(name.trim_end_matches('.')).is_some() && day.trim().parse::<u8>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::header::find;
    use super::*;

    #[test]
    fn rows_are_fields_of_their_header() {
        let head = "Date,Open,High,Low,Close,Volume";
        for (row, expected) in [
            ("Jun 29, 2018, 1,2,3,4,5", &["Jun 29, 2018", "1", "2", "3", "4", "5"][..]),
            ("\"Jun 29, 2018\",1,2,3,4,5", &["Jun 29, 2018", "1", "2", "3", "4", "5"]),
            ("Jun 15, 2018, 0.73 Dividend", &["Jun 15, 2018", "0.73 Dividend"]),
            ("2018-06-29,1,2,3,4,5,,", &["2018-06-29", "1", "2", "3", "4", "5"]),
            ("2018-06-29,2018,2,3,4,5", &["2018-06-29", "2018", "2", "3", "4", "5"]),
            ("2018-06-29,1", &["2018-06-29", "1"]),
        ] {
            let header = find(head.as_bytes(), false).unwrap();
            let mut fields = Vec::new();
            fields_of(row.as_bytes(), &header, &mut fields);
            let fields: Vec<&str> =
                fields.iter().map(|f| std::str::from_utf8(f).unwrap()).collect();
            assert_eq!(fields, expected, "{row}");
        }
        let header = find(b"Ticker,Date,Open,High,Low,Close,Volume", false).unwrap();
        let mut fields = Vec::new();
        fields_of(b"KO,Jun 29, 2018,1,2,3,4,5", &header, &mut fields);
        assert_eq!((fields[1], fields.len()), (&b"Jun 29, 2018"[..], 7));
    }

    #[test]
    fn comments_and_blanks_are_no_rows() {
        for (line, comment) in [
            ("# downloaded on Friday", true),
            ("#2018-06-28,1,2,3,4,5", true),
            ("#", true),
            ("#N/A,1,2", false),
            ("#REF!,1,2", false),
            ("########,1,2", false),
            ("2018-06-28,#N/A", false),
        ] {
            assert_eq!(is_comment(line.as_bytes()), comment, "{line}");
        }
        assert!(are_empty(&[b"", b" ", "\u{a0}".as_bytes()]) && !are_empty(&[b"", b"0"]));
    }
}
