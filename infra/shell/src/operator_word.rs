//! Who gave a command on `controls`, and when by the clock on the wall. Both travel in the record's headers:
//! no payload holds wall time, and no decision reads a header.

use eventlog::Record;
use schemas::Day;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// The headers of a command and their meanings, beside those of every event.
pub const MEANINGS: [(&str, &str); 2] = [
    (OPERATOR, "who gave the command"),
    (WALL_TIME, "when it was given, by the clock of that machine, RFC 3339"),
];

const OPERATOR: &str = "operator";
/// The header of the clock on the wall.
pub const WALL_TIME: &str = "wall_time";

/// The writer of what opened a run, as `ce_source` names it.
const OPENING: &str = "/butterquant/opening";

/// Who gave a command, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OperatorWord {
    /// Such as `user@host`; none in records from before it was kept.
    pub by: Option<String>,
    /// RFC 3339, in UTC.
    pub wall_time: Option<String>,
}

/// Characters of a reason or a name that are kept.
const KEPT: usize = 1_000;

/// What an operator has written as one line of bounded length, with nothing in it that would steer a terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(KEPT).collect()
}

impl OperatorWord {
    /// Given now by `operator`.
    pub fn now(operator: &str) -> OperatorWord {
        OperatorWord { by: Some(one_line(operator)), wall_time: Some(rfc3339(SystemTime::now())) }
    }

    /// Given now by no person, as the opening of a run is.
    pub(crate) fn of_nobody_now() -> OperatorWord {
        OperatorWord { by: None, wall_time: Some(rfc3339(SystemTime::now())) }
    }

    /// Of a record; what opened the run was said by nobody else.
    pub fn of(record: &Record) -> OperatorWord {
        let header =
            |name: &str| Some(String::from_utf8_lossy(record.headers.get(name)?).into_owned());
        let opening = || {
            let opening = header("ce_source").is_some_and(|source| source == OPENING);
            opening.then(|| "the run's opening".to_owned())
        };
        OperatorWord { by: header(OPERATOR).or_else(opening), wall_time: header(WALL_TIME) }
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let headers = [(OPERATOR, &self.by), (WALL_TIME, &self.wall_time)];
        headers.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

/// A moment as RFC 3339 writes it, in UTC, to the second.
pub fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let day = Day(i32::try_from(seconds / 86_400).unwrap_or(i32::MAX));
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn wall_time_is_rfc_3339() {
        let time = UNIX_EPOCH + Duration::from_secs(1_530_565_384);
        assert_eq!(rfc3339(time), "2018-07-02T21:03:04Z");
    }
}
