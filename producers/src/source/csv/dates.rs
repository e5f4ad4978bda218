//! Dates as people write them. The calendar day is the one that is written: a time of day or a time
//! zone behind it never shifts it. 06/07/2018 has two readings, and only a whole file can tell which.

use schemas::Day;

/// A row's date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    /// The calendar day as written.
    pub(super) day: Day,
    /// The time of day, if one is written.
    pub(super) time: Option<Time>,
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Time {
    /// Since midnight.
    pub(super) seconds: u32,
    /// Whether it is that of Greenwich and not the exchange's.
    pub(super) utc: bool,
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
    let text = std::str::from_utf8(field).ok()?.trim();
    if text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits(text);
    }
    let (date, rest) = divided(text);
    let day = date_of(date, order)?;
    Some(Stamp { day, time: time(rest)? })
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
    let time = Time { seconds: u32::try_from(seconds % 86_400).ok()?, utc: true };
    (1900..2200).contains(&day.ymd().0).then_some(Stamp { day, time: Some(time) })
}

/// The date and what follows it: a blank or a T before a digit ends a date whose year is written.
fn divided(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let time = bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len());
    let cut = bytes[..time].iter().rposition(|byte| matches!(byte, b'T' | b' '));
    match cut.filter(|_| time < bytes.len()) {
        Some(at) => (text[..at].trim_end(), text[at + 1..].trim_start()),
        None => (text, ""),
    }
}

/// The time that `text` begins with, whatever zone stands behind it; `Some(None)` if it is empty.
fn time(text: &str) -> Option<Option<Time>> {
    if text.is_empty() {
        return Some(None);
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let mut parts = text[..end].split(':').map(|part| part.parse::<u32>().ok());
    let (mut hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let zone = text[end..].to_ascii_uppercase();
    if zone.trim_start().starts_with("PM") && hours < 12 {
        hours += 12;
    } else if zone.trim_start().starts_with("AM") && hours == 12 {
        hours = 0;
    }
    let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
    let utc = ["Z", "+00:00", "+0000", "+00", "UTC", "GMT"].contains(&zone);
    (hours < 24 && minutes < 60 && seconds < 61)
        .then_some(Some(Time { seconds: hours * 3600 + minutes * 60 + seconds, utc }))
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
    for part in text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()) {
        *parts.get_mut(count)? = part;
        count += 1;
    }
    // Friday, Jun 29, 2018
    let parts = match count {
        4 if parts[0].bytes().all(|byte| byte.is_ascii_alphabetic()) => &parts[1..4],
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

fn year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

fn month(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = text.get(..3)?.to_ascii_lowercase();
    let letters = text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let at = MONTHS.iter().position(|name| *name == start && letters)?;
    u32::try_from(at + 1).ok()
}

/// The numbers of a date that has two readings until its file tells: `06/29/2018`, `6-29-2018`.
pub(super) fn two_ways(field: &[u8]) -> Option<(u32, u32, i32)> {
    let (date, _) = divided(std::str::from_utf8(field).ok()?.trim());
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
        ] {
            assert_eq!(stamp(text.as_bytes(), Order::MonthFirst), None, "{text}");
        }
        assert_eq!(stamp(b"06/29/2018", Order::Unknown), None);
        let time = |text: &str| stamp(text.as_bytes(), Order::Unknown).unwrap().time;
        assert_eq!(time("2018-06-29 11:42:07-04:00"), Some(Time { seconds: 42_127, utc: false }));
        assert_eq!(time("2018-06-29T13:30:00Z"), Some(Time { seconds: 48_600, utc: true }));
        assert_eq!(time("2018-06-29 4:00 PM"), Some(Time { seconds: 57_600, utc: false }));
    }
}
