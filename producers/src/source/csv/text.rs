//! Bytes of a file as lines and fields of text: gzip, UTF-16, line ends, separators and quotes.
//!
//! Quotes group fields within one line only (RFC 4180, as in `"49,650,800"`): no number or date spans
//! lines, and so a stray quote costs its row and not the rest of the file.

use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Bytes that a file, or what a compressed one holds, may have.
pub(super) const MOST_BYTES: u64 = 512 << 20;

/// What may stand between the fields of a row.
pub(super) const SEPARATORS: [u8; 4] = *b",;\t|";

/// What is wrong with a whole file, and the remedy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// A sentence without the full stop.
    pub(super) what: String,
    /// The same.
    pub(super) remedy: String,
}

impl Fault {
    /// The fault in these words.
    pub(super) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { what: what.into(), remedy: remedy.into() }
    }
}

/// The text of a file, in UTF-8 as far as it is text at all, without a byte-order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let inflated = inflate(bytes)?;
        return Ok(Cow::Owned(plain(&inflated)?.into_owned()));
    }
    plain(bytes)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut inflated = Vec::new();
    let damaged = |error| {
        Fault::new(format!("its gzip data is damaged ({error})"), "download the file again")
    };
    let mut reader = MultiGzDecoder::new(bytes).take(MOST_BYTES + 1);
    reader.read_to_end(&mut inflated).map_err(damaged)?;
    if inflated.len() as u64 > MOST_BYTES {
        let what = format!("it holds more than {} MiB", MOST_BYTES >> 20);
        return Err(Fault::new(what, "divide it into one file per ticker"));
    }
    Ok(inflated)
}

fn plain(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let what = "the file is a workbook or a zip archive, not text";
        return Err(Fault::new(what, "unpack it, or save the sheet as CSV in UTF-8"));
    }
    if bytes.starts_with(b"PAR1") {
        let what = "the file is a Parquet file, not text";
        return Err(Fault::new(what, "name the source parquet:FOLDER"));
    }
    let Some(read) = wide(bytes) else {
        return Ok(Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)));
    };
    let body = bytes.strip_prefix(b"\xff\xfe").or(bytes.strip_prefix(b"\xfe\xff"));
    let units = body.unwrap_or(bytes).chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Ok(Cow::Owned(text.into_bytes()))
}

/// How two bytes are a UTF-16 unit, if the text is UTF-16: by its mark, or by every second byte being 0.
fn wide(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let head = &bytes[..bytes.len().min(64)];
    let zeros =
        |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let half = head.len() / 2;
    let mostly = |zeros: usize| half >= 4 && zeros * 10 >= half * 9;
    if bytes.starts_with(b"\xff\xfe") || (mostly(zeros(1)) && zeros(0) == 0) {
        Some(u16::from_le_bytes)
    } else if bytes.starts_with(b"\xfe\xff") || (mostly(zeros(0)) && zeros(1) == 0) {
        Some(u16::from_be_bytes)
    } else {
        None
    }
}

/// The lines of a text with their numbers, 1 first, without line ends: LF, CR LF or CR, perhaps all three in one file.
pub(super) struct Lines<'t> {
    rest: &'t [u8],
    line: u64,
}

impl<'t> Lines<'t> {
    /// All lines of `text`.
    pub(super) fn of(text: &'t [u8]) -> Lines<'t> {
        Lines { rest: text, line: 0 }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = (u64, &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let end = end.unwrap_or(self.rest.len());
        let (line, after) = self.rest.split_at(end);
        let mark = if after.starts_with(b"\r\n") { 2 } else { 1 };
        self.rest = after.get(mark..).unwrap_or_default();
        self.line += 1;
        Some((self.line, line))
    }
}

/// Whether the line is a comment, which begins with `#`; a spreadsheet's `#N/A`, `#REF!` or `####` is none.
pub(super) fn is_comment(line: &[u8]) -> bool {
    let Some(rest) = line.trim_ascii_start().strip_prefix(b"#") else { return false };
    let end = rest.iter().position(|byte| b",;\t|\"".contains(byte)).unwrap_or(rest.len());
    let first = rest[..end].trim_ascii();
    let wrong = first.starts_with(b"N/A") || first.ends_with(b"!") || first.ends_with(b"?");
    !wrong && (first.is_empty() || first.iter().any(|byte| *byte != b'#'))
}

/// The fields of a line, trimmed and without their quotes, into `fields`.
pub(super) fn split<'t>(line: &'t [u8], separator: u8, fields: &mut Vec<&'t [u8]>) {
    fields.clear();
    if !line.contains(&b'"') {
        fields.extend(line.split(|byte| *byte == separator).map(single));
        return;
    }
    let mut rest = line;
    loop {
        let quoted = quoted_field(rest, separator);
        let (field, after) =
            quoted.unwrap_or_else(|| match rest.iter().position(|byte| *byte == separator) {
                Some(at) => (bare(&rest[..at]), Some(&rest[at + 1..])),
                None => (bare(rest), None),
            });
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return,
        }
    }
}

/// A field without single quotes around it.
fn single(field: &[u8]) -> &[u8] {
    let bare = field.trim_ascii();
    bare.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"'")).unwrap_or(bare)
}

/// A field without quotes around it; what looks like one but is never closed loses the quote.
fn bare(field: &[u8]) -> &[u8] {
    let mut field = field.trim_ascii();
    while let Some(rest) = field.strip_prefix(b"\"") {
        field = rest.trim_ascii_start();
    }
    while let Some(rest) = field.strip_suffix(b"\"") {
        field = rest.trim_ascii_end();
    }
    field
}

/// The first field of `text` if it stands in quotes, and what follows its separator.
fn quoted_field(text: &[u8], separator: u8) -> Option<(&[u8], Option<&[u8]>)> {
    let open = text.iter().position(|byte| *byte != b' ')?;
    let body = text.get(open..)?.strip_prefix(b"\"")?;
    let mut from = 0;
    loop {
        let close = from + body.get(from..)?.iter().position(|byte| *byte == b'"')?;
        match body.get(close + 1) {
            Some(b'"') => from = close + 2,
            None => return Some((body[..close].trim_ascii(), None)),
            Some(_) => {
                let after = &body[close + 1..];
                let next = after.iter().position(|byte| *byte != b' ').unwrap_or(after.len());
                return match after.get(next) {
                    None => Some((body[..close].trim_ascii(), None)),
                    Some(byte) if *byte == separator => {
                        Some((body[..close].trim_ascii(), Some(&after[next + 1..])))
                    }
                    Some(_) => None,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_into_fields() {
        for (line, separator, expected) in [
            ("a,b,,c", b',', &["a", "b", "", "c"][..]),
            (" a ; 1,5;", b';', &["a", "1,5", ""]),
            ("\"49,650,800\",x", b',', &["49,650,800", "x"]),
            ("\"a\" , \"b\"", b',', &["a", "b"]),
            ("\"2018-06-29,10,11", b',', &["2018-06-29", "10", "11"]),
            ("1,\"x", b',', &["1", "x"]),
            ("'a', 'b' ,'c", b',', &["a", "b", "'c"]),
            ("\"say \"\"so\"\"\",2", b',', &["say \"\"so\"\"", "2"]),
            ("", b',', &[""]),
        ] {
            let mut fields = Vec::new();
            split(line.as_bytes(), separator, &mut fields);
            let fields: Vec<&str> =
                fields.iter().map(|f| std::str::from_utf8(f).unwrap()).collect();
            assert_eq!(fields, expected, "{line}");
        }
    }

    #[test]
    fn bytes_are_text_in_many_ways() {
        use std::io::Write;
        let text = "Date,Open\r\n2018-06-29,1\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&le).unwrap();
        let with = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            with(b"\xef\xbb\xbf", text.as_bytes()),
            with(b"\xff\xfe", &le),
            with(b"\xfe\xff", &be),
            zip.finish().unwrap(),
            le,
            be,
        ] {
            assert_eq!(decode(&bytes).unwrap(), text.as_bytes());
        }
        assert!(decode(b"\x1f\x8bxx").unwrap_err().what.contains("gzip"));
        assert!(decode(b"PK\x03\x04").unwrap_err().what.contains("workbook"));
        let lines: Vec<_> = Lines::of(b"a\r\n\nb\rc\n\rd").collect();
        let expected = [(1, &b"a"[..]), (2, b""), (3, b"b"), (4, b"c"), (5, b""), (6, b"d")];
        assert_eq!(lines, expected);
    }
}
