//! Numbers as people write them: `$112.60`, `49,650,800`, `1.23M`, `1'112.60`, and `112,60` where the
//! file's decimals stand behind a comma.

use super::letters::words;

/// What stands before a file's decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Decimals {
    /// 112.60; commas, blanks and apostrophes group thousands.
    #[default]
    Point,
    /// 112,60; points, blanks and apostrophes group thousands.
    Comma,
}

const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number that `field` is; finite.
pub(super) fn number(field: &[u8], decimals: Decimals) -> Option<f64> {
    if decimals == Decimals::Point
        && let Some(number) = simple(field)
    {
        return Some(number);
    }
    written(&words(field), decimals)
}

/// Digits with at most one point, of 15 digits at most: both parts are exact, so their quotient is
/// rounded once, as `str::parse` does.
fn simple(field: &[u8]) -> Option<f64> {
    if field.is_empty() || field.len() > 16 {
        return None;
    }
    let (mut whole, mut digits, mut point) = (0_u64, 0_usize, None);
    for byte in field {
        match byte {
            b'0'..=b'9' => {
                whole = whole * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    let places = digits - point.unwrap_or(digits);
    (1..=15).contains(&digits).then(|| whole as f64 / POWERS[places])
}

fn written(text: &str, decimals: Decimals) -> Option<f64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let text = without_currency(text);
    let (text, unit) = match text.char_indices().next_back()? {
        (at, 'K' | 'k') => (&text[..at], "e3"),
        (at, 'M' | 'm') => (&text[..at], "e6"),
        (at, 'B' | 'b') => (&text[..at], "e9"),
        _ => (text, ""),
    };
    let text = text.trim_end();
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') {
        return None;
    }
    let (point, thousands) = match decimals {
        Decimals::Point => ('.', ','),
        Decimals::Comma => (',', '.'),
    };
    let group = |c: char| c == thousands || is_gap(c);
    let (whole, rest) = text.split_once(point).map_or((text, None), |(a, b)| (a, Some(b)));
    let whole = ungrouped(whole, group)?;
    let plain = match rest {
        Some(rest) => format!("{whole}.{rest}{unit}"),
        None => format!("{whole}{unit}"),
    };
    let number = sign * plain.parse::<f64>().ok()?;
    number.is_finite().then_some(number)
}

fn without_currency(text: &str) -> &str {
    const SIGNS: [&str; 8] = ["US$", "$", "€", "£", "USD", "EUR", "GBP", "CHF"];
    let text = SIGNS.iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text);
    SIGNS.iter().find_map(|sign| text.strip_suffix(sign)).unwrap_or(text).trim()
}

/// A whole number without the marks between its groups: the last of three digits, those before of two (as in India)
/// or three.
fn ungrouped(text: &str, mark: impl Fn(char) -> bool) -> Option<String> {
    let parts: Vec<&str> = text.split(mark).collect();
    let Some((last, before)) = parts.split_last().filter(|(_, before)| !before.is_empty()) else {
        return Some(text.to_owned());
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let sizes = last.len() == 3
        && (1..=3).contains(&before[0].len())
        && before[1..].iter().all(|part| (2..=3).contains(&part.len()));
    (sizes && parts.iter().all(|part| digits(part))).then(|| parts.concat())
}

/// Marks between thousands in either way of writing: blanks, also narrow ones that do not break, and apostrophes.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\'' | '’' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// What a number says of its file's decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// It has no mark.
    Nothing,
    /// It can be read in one way only.
    Sure(Decimals),
    /// As `1.115` or `1,115` it has decimals or thousands behind its mark, which would be this one's.
    Either(Decimals),
}

/// What `field` says.
pub(super) fn told_by(field: &[u8]) -> Told {
    let mark = |byte: &u8| matches!(byte, b'.' | b',');
    let Some(at) = field.iter().rposition(mark) else { return Told::Nothing };
    let (comma, point) = (Decimals::Comma, Decimals::Point);
    let (this, other) = if field[at] == b',' { (comma, point) } else { (point, comma) };
    let digit = |byte: &&u8| byte.is_ascii_digit();
    let decimals = field[at + 1..].iter().take_while(digit).count();
    match field[..at].iter().find(|byte| mark(byte)) {
        Some(before) if *before != field[at] => return Told::Sure(this),
        // Twice the same mark: groups of thousands.
        Some(_) => return Told::Sure(other),
        None => {}
    }
    let whole = field[..at].iter().rev().take_while(digit).count();
    let first = at - whole;
    let grouped = words(&field[..first]).chars().any(|c| c.is_ascii_digit());
    let thousands = decimals == 3 && (1..=3).contains(&whole) && field[first] != b'0' && !grouped;
    if thousands { Told::Either(this) } else { Told::Sure(this) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        use Decimals::{Comma, Point};
        for (text, decimals, expected) in [
            ("112.60", Point, Some(112.6)),
            ("$1,112.60", Point, Some(1112.6)),
            ("49,650,800", Point, Some(49_650_800.0)),
            ("1,23,456", Point, Some(123_456.0)),
            ("1.23M", Point, Some(1_230_000.0)),
            ("25.6K", Point, Some(25_600.0)),
            ("49.6508M", Point, Some(49_650_800.0)),
            ("-1", Point, Some(-1.0)),
            ("6.53967E+07", Point, Some(65_396_700.0)),
            ("USD 112.60", Point, Some(112.6)),
            ("US$112.60", Point, Some(112.6)),
            ("112,60 €", Comma, Some(112.6)),
            ("112.60 USD", Point, Some(112.6)),
            ("49,65", Point, None),
            ("1'112.60", Point, Some(1112.6)),
            ("1’112.60", Point, Some(1112.6)),
            ("1 112.60", Point, Some(1112.6)),
            ("1\u{202f}112,60", Comma, Some(1112.6)),
            ("1\u{a0}112,60", Comma, Some(1112.6)),
            ("1'112,60", Comma, Some(1112.6)),
            ("1.115", Comma, Some(1115.0)),
            ("1.115", Point, Some(1.115)),
            ("1,23M", Comma, Some(1_230_000.0)),
            ("450K", Comma, Some(450_000.0)),
            ("1 1.5", Point, None),
            ("112,60", Comma, Some(112.6)),
            ("1.112,60", Comma, Some(1112.6)),
            ("1 112,60", Comma, Some(1112.6)),
            ("112.60", Comma, None),
            ("65396700", Comma, Some(65_396_700.0)),
            ("", Point, None),
            (".", Point, None),
            ("nan", Point, None),
            ("inf", Point, None),
            ("1e400", Point, None),
            ("null", Point, None),
            ("-", Point, None),
            ("--1", Point, None),
            ("1.2.3", Point, None),
        ] {
            assert_eq!(number(text.as_bytes(), decimals), expected, "{text}");
        }
        let (comma, point) = (Told::Sure(Comma), Told::Sure(Point));
        for (text, told) in [
            ("112,60", comma),
            ("112.60", point),
            ("1.112,60", comma),
            ("1,112.60", point),
            ("1,112,600", point),
            ("1.112.600", comma),
            ("$1,112", Told::Either(Comma)),
            ("1.112", Told::Either(Point)),
            ("0,112", comma),
            ("1112,600", comma),
            ("1'112.600", point),
            ("1\u{202f}112,600", comma),
            ("1,23M", comma),
            (".", point),
            ("112", Told::Nothing),
        ] {
            assert_eq!(told_by(text.as_bytes()), told, "{text}");
        }
        assert_eq!(number(b"1\xa0112,60", Comma), Some(1112.6));
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_gives_what_the_standard_library_gives(text in "[0-9]{1,10}(\\.[0-9]{0,6})?") {
            assert!(simple(text.as_bytes()).is_none_or(|number| text.parse() == Ok(number)));
        }
    }
}
