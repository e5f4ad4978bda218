//! Dates as people write them. The calendar day is the one that is written: a time of day or a time
//! zone behind it never shifts it. 06/07/2018 has two readings, and only a whole file can tell which.

use super::clock::Time;
use super::letters::words;
use super::months::month;
use schemas::Day;

/// A row's date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    /// The calendar day as written.
    pub(super) day: Day,
    /// The time of day, if one is written.
    pub(super) time: Option<Time>,
}

/// Which of the two leading numbers of `06/07/2018` is the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// It is not known, so that there is no such date.
    Unknown,
    /// The first.
    MonthFirst,
}

/// The date that `field` is.
pub(super) fn stamp(field: &[u8], order: Order) -> Option<Stamp> {
    if let Some(day) = iso(field) {
        return Some(Stamp { day, time: None });
    }
    let text = words(field);
    let text = text.trim();
    if text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text);
    }
    let (date, rest) = divided(text);
    if let Some(day) = date_of(date, order) {
        return Some(Stamp { day, time: Time::read(rest)? });
    }
    // Fri Jun 29 16:00:00 EDT 2018
    let (time, year) = rest.rsplit_once(' ').filter(|(_, year)| year.len() == 4)?;
    let day = date_of(&format!("{date} {year}"), order)?;
    Some(Stamp { day, time: Time::read(time)? })
}

fn plausible(year: i32, month: u32, day: u32) -> Option<Day> {
    Day::from_ymd(year, month, day).filter(|_| (1900..2200).contains(&year))
}

/// `2018-06-29` and no more.
fn iso(field: &[u8]) -> Option<Day> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *field else { return None };
    let mut parts = [0; 8];
    for (part, byte) in parts.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *part = u32::from(byte.is_ascii_digit().then_some(byte)? - b'0');
    }
    let [a, b, c, d, e, f, g, h] = parts;
    let year = i32::try_from(a * 1000 + b * 100 + c * 10 + d).ok()?;
    plausible(year, e * 10 + f, g * 10 + h)
}

/// `20180629`, or a count of seconds, milliseconds, microseconds or nanoseconds since 1970.
fn digits(text: &str) -> Option<Stamp> {
    let number: i64 = text.parse().ok()?;
    let per_second = match text.len() {
        8 => {
            let (year, rest) = (i32::try_from(number / 10_000).ok()?, number % 10_000);
            let (month, day) = (u32::try_from(rest / 100).ok()?, u32::try_from(rest % 100).ok()?);
            return Some(Stamp { day: plausible(year, month, day)?, time: None });
        }
        9 | 10 => 1,
        12 | 13 => 1_000,
        15 | 16 => 1_000_000,
        18 | 19 => 1_000_000_000,
        _ => return None,
    };
    let seconds = number / per_second;
    let day = Day(i32::try_from(seconds / 86_400).ok()?);
    let time = Time { seconds: u32::try_from(seconds % 86_400).ok()?, zone: Some(0) };
    (1900..2200).contains(&day.ymd().0).then_some(Stamp { day, time: Some(time) })
}

/// The date and what follows it: a blank or a T before a digit ends a date whose year is written.
fn divided(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let time = bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len());
    // 2018-06-29-04:00 has a zone and no time.
    if bytes.len() == 16 && time == 13 && matches!(bytes[10], b'+' | b'-') && text.is_ascii() {
        return (&text[..10], "");
    }
    let cut = bytes[..time].iter().rposition(|byte| matches!(byte, b'T' | b' '));
    match cut.filter(|_| time < bytes.len()) {
        Some(at) => (text[..at].trim_end(), text[at + 1..].trim_start()),
        None => (text, ""),
    }
}

fn date_of(text: &str, order: Order) -> Option<Day> {
    if let Some(day) = iso(text.as_bytes()) {
        return Some(day);
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text).map(|stamp| stamp.day);
    }
    if let Some((first, second, year)) = two_ways(text.as_bytes()) {
        return (order == Order::MonthFirst).then(|| plausible(year, first, second))?;
    }
    let mut parts = [""; 4];
    let mut count = 0;
    for part in parts_of(text) {
        *parts.get_mut(count)? = part;
        count += 1;
    }
    // Friday, Jun 29, 2018
    let parts = match count {
        4 if parts[0].chars().all(char::is_alphabetic) => &parts[1..4],
        3 => &parts[..3],
        _ => return None,
    };
    let [a, b, c] = *parts else { return None };
    if a.len() == 4 && a.starts_with(|c: char| c.is_ascii_digit()) {
        let month = b.parse().ok().or_else(|| month(b))?;
        return plausible(year(a)?, month, c.parse().ok()?);
    }
    if let Some(month) = month(a) {
        return plausible(year(c)?, month, b.parse().ok()?);
    }
    if let Some(month) = month(b) {
        return plausible(year(c)?, month, a.parse().ok()?);
    }
    let dotted = text.matches('.').count() == 2 && c.len() == 4;
    dotted.then(|| plausible(year(c)?, b.parse().ok()?, a.parse().ok()?))?
}

/// The numbers and words of a date: `29 de junio de 2018`, `29JUN2018`, `29. März 2018`, `June 29th, 2018`.
fn parts_of(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| if c.is_ascii_digit() { 1 } else { u8::from(c.is_alphabetic()) * 2 };
    let mut rest = text;
    let parts = std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| kind(c) == 0);
        let first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
        let part = &rest[..end];
        rest = &rest[end..];
        Some(part)
    });
    parts.filter(|part| !["st", "nd", "rd", "th", "er", "de", "del"].contains(part))
}

fn year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

/// The numbers of a date that has two readings until its file tells: `06/29/2018`, `6-29-2018`.
pub(super) fn two_ways(field: &[u8]) -> Option<(u32, u32, i32)> {
    let text = std::str::from_utf8(field).ok()?;
    let (date, _) = divided(text.trim());
    let mark = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(mark);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &str| (1..=2).contains(&part.len()).then(|| part.parse::<u32>().ok())?;
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Some((short(first)?, short(second)?, year.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_day_is_the_one_that_is_written() {
        for text in [
            "2018-06-29",
            "20180629",
            "2018-06-29 00:00:00-04:00",
            "2018-06-29T00:00:00.000Z",
            "2018-06-29T23:59:59-11:00",
            "2018-06-29 16:00:00",
            "20180629 16:00:00 US/Eastern",
            "20180629  09:30:00",
            "2018/06/29",
            "2018.06.29",
            "29.06.2018",
            "29.06.2018 17:30",
            "29-Jun-2018",
            "29-JUN-18",
            "Jun 29, 2018",
            "June 29, 2018",
            "Fri, Jun 29, 2018",
            "29 June 2018",
            "29 Jun 2018",
            "29-Jun-18",
            "29JUN2018",
            "2018-06-29-04:00",
            "Fri Jun 29 16:00:00 EDT 2018",
            "Fri Jun 29 16:00:00 2018",
            "Fri, 29 Jun 2018 00:00:00 GMT",
            "June 29th, 2018",
            "29. Juni 2018",
            "Freitag, 29. Juni 2018",
            "29 juin 2018",
            "29 de junio de 2018",
            "29 giu 2018",
            "2018-Jun-29",
            "06/29/2018",
            "6/29/2018 4:00:00 PM",
            "06-29-2018",
            "1530230400",
            "1530288000000",
            "1530230400000000000",
        ] {
            let read = stamp(text.as_bytes(), Order::MonthFirst).map(|s| s.day.to_string());
            assert_eq!(read.as_deref(), Some("2018-06-29"), "{text}");
        }
        for text in [
            "",
            "29/06/2018",
            "2018-02-30",
            "0018-06-29",
            "2018-06",
            "43280",
            "Jun 2018",
            "null",
            "2018-06-29 x:y",
            "2018-06-29 25:00",
            "06/29/18",
            "Date",
            "2018-13-01",
            "1-2-3-4",
            "29 Junk3 2018",
            "184.1",
        ] {
            assert_eq!(stamp(text.as_bytes(), Order::MonthFirst), None, "{text}");
        }
        assert_eq!(stamp(b"06/29/2018", Order::Unknown), None);
        let time = |text: &str| {
            let stamp = stamp(text.as_bytes(), Order::Unknown).unwrap();
            (stamp.day.to_string(), stamp.time.unwrap().to_string())
        };
        let on = |time: &str| ("2018-06-29".to_owned(), time.to_owned());
        assert_eq!(time("2018-06-29 11:42:07-04:00"), on("11:42 -04:00"));
        assert_eq!(time("2018-06-29T13:30:00Z"), on("13:30 UTC"));
        assert_eq!(time("Jun 29, 2018 4:00 PM"), on("16:00"));
        assert_eq!(time("1530288000"), on("16:00 UTC"));
    }
}
