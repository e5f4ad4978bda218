//! The time of day behind a date. It never changes the day; it tells of a last row whether the exchange
//! had closed when its price was taken.

use schemas::{Close, Day};
use std::fmt;

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Time {
    /// Since midnight.
    pub(super) seconds: u32,
    /// How far its zone is ahead of Greenwich, seconds; `None` for the exchange's own time.
    pub(super) zone: Option<i32>,
}

/// Zones by name, hours ahead of Greenwich. New York's are the exchange's own time, and so is what is not known.
const ZONES: [(&str, i32); 17] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 1),
    ("WEST", 1),
    ("CET", 1),
    ("MEZ", 1),
    ("CEST", 2),
    ("MESZ", 2),
    ("JST", 9),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

impl Time {
    /// The time that `text` begins with, and its zone; `Some(None)` if the text is empty.
    pub(super) fn read(text: &str) -> Option<Option<Time>> {
        if text.is_empty() {
            return Some(None);
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
        let mut parts = text[..end].split(':').map(|part| part.parse::<u32>().ok());
        let (mut hours, minutes) = (parts.next()??, parts.next()??);
        let seconds = parts.next().unwrap_or(Some(0))?;
        let rest = text[end..].to_ascii_uppercase();
        let rest = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
        let zone = rest.strip_prefix("AM").or(rest.strip_prefix("PM")).unwrap_or(rest);
        if rest.starts_with("PM") && hours < 12 {
            hours += 12;
        } else if rest.starts_with("AM") && hours == 12 {
            hours = 0;
        }
        (hours < 24 && minutes < 60 && seconds < 61).then(|| {
            Some(Time { seconds: hours * 3600 + minutes * 60 + seconds, zone: zone_of(zone) })
        })
    }

    /// The time in a column of its own: `11:42`, or `114200` as Stooq writes it.
    pub(super) fn of_column(field: &[u8]) -> Option<Time> {
        let text = std::str::from_utf8(field).ok()?;
        if text.len() == 6 && field.iter().all(u8::is_ascii_digit) {
            return Time::read(&format!("{}:{}:{}", &text[..2], &text[2..4], &text[4..])).flatten();
        }
        Time::read(text).flatten()
    }

    /// How long the exchange is still open, seconds; not above 0 once it has closed.
    pub(super) fn before(self, day: Day, close: Close) -> i64 {
        let since_midnight = i64::from(self.seconds);
        match self.zone {
            None => i64::from(close.local) - since_midnight,
            Some(zone) => {
                close.utc - (i64::from(day.0) * 86_400 + since_midnight - i64::from(zone))
            }
        }
    }
}

/// `-04:00`, `+0530`, `+02`, `UTC`, `GMT+2`, `CEST`, `-04:00[America/New_York]`; in capitals.
fn zone_of(text: &str) -> Option<i32> {
    let text = text.split(['[', '(']).next().unwrap_or_default().trim();
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == text) {
        return Some(hours * 3600);
    }
    let text = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let digits = if digits.len() < 3 { format!("{digits:0>2}00") } else { digits };
    let number: i32 = digits.get(..4)?.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |seconds: u32| (seconds / 3600, seconds / 60 % 60);
        let (hours, minutes) = clock(self.seconds);
        write!(f, "{hours:02}:{minutes:02}")?;
        let Some(zone) = self.zone else { return Ok(()) };
        let sign = if zone < 0 { '-' } else { '+' };
        let (hours, minutes) = clock(zone.unsigned_abs());
        if zone == 0 { f.write_str(" UTC") } else { write!(f, " {sign}{hours:02}:{minutes:02}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::TradingCalendar::Nyse;

    #[test]
    fn times_have_zones() {
        for (text, shown) in [
            ("11:42:07-04:00", "11:42 -04:00"),
            ("11:42", "11:42"),
            ("4:00 PM", "16:00"),
            ("12:30 AM EDT", "00:30"),
            ("13:30:00Z", "13:30 UTC"),
            ("13:30:00.000000+0000", "13:30 UTC"),
            ("17:30:00 CEST", "17:30 +02:00"),
            ("17:30 GMT+2", "17:30 +02:00"),
            ("16:00:00-04:00[America/New_York]", "16:00 -04:00"),
            ("16:00:00 US/Eastern", "16:00"),
            ("14:00 MST", "14:00 -07:00"),
            ("01:30+05:30", "01:30 +05:30"),
        ] {
            let time = Time::read(text).flatten().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time.to_string(), shown, "{text}");
        }
        let beside = |text: &str| Time::of_column(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(
            [beside("114207"), beside("11:42")],
            [Some("11:42".into()), Some("11:42".into())]
        );
        assert_eq!([beside(""), beside("noon"), beside("996000")], [None, None, None]);
        assert_eq!(Time::read(""), Some(None));
        for text in ["x:y", "25:00", "12", "12:61"] {
            assert_eq!(Time::read(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_instants() {
        for (day, text, minutes) in [
            ("2018-06-29", "16:00", 0),
            ("2018-06-29", "20:00Z", 0),
            ("2018-06-29", "19:59Z", 1),
            ("2018-06-29", "22:00+02:00", 0),
            ("2018-06-29", "13:05-07:00", -5),
            ("2018-12-31", "21:00Z", 0),
            ("2018-07-03", "13:00", 0),
            ("2018-07-03", "12:59-04:00", 1),
        ] {
            let (day, time): (Day, _) = (day.parse().unwrap(), Time::read(text).unwrap().unwrap());
            assert_eq!(time.before(day, Nyse.close_of(day)), minutes * 60, "{day} {text}");
        }
    }
}
