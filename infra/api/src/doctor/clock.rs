//! The clock of this machine: that it is not behind what the log has seen, and what the kernel knows of its error. When
//! days close and tokens of exchanges expire rests on it, though no decision does.
#![allow(unsafe_code)]

use super::Examination;
use eventlog::{Log, PartitionReader};
use schemas::{Day, Topic};
use shell::operator_word::OperatorWord;
use shell::record_codec;
use std::time::{SystemTime, UNIX_EPOCH};

const WHAT: &str = "clock";
const PLACE: &str = "this machine";
/// This program was not there before.
const EARLIEST: Day = Day(20_454); // 2026-01-01
/// Commands on `controls` that are looked at, at most.
const LOOKED_AT: u64 = 1_000;
/// What a busy machine or two machines of one run may differ by.
const TOLERATED_S: i64 = 60;
const REMEDY: &str =
    "set it (`timedatectl set-ntp true`), and keep it right with chrony or systemd-timesyncd";

/// Looks at the clock, and at `log`, if it can be read.
pub(super) fn check(log: Option<&dyn Log>, of: &mut Examination) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let shown = OperatorWord::now("").wall_time.unwrap_or_default();
    if now < i64::from(EARLIEST.0) * 86_400 {
        return of.found(WHAT, PLACE, format!("it says {shown}"), REMEDY);
    }
    let newest = log.and_then(newest_command);
    if let Some((seconds, text)) = newest.filter(|(seconds, _)| *seconds > now + TOLERATED_S) {
        let ahead = seconds - now;
        let what = format!(
            "it says {shown}, and the newest command on `controls` was given at {text}, {ahead} s later"
        );
        return of.found(
            WHAT,
            PLACE,
            what,
            format!("{REMEDY}; or that command was given with a wrong clock"),
        );
    }
    of.fine(WHAT, PLACE, format!("{shown}; {}", kernel_says()));
}

/// When the newest command on `controls` was given, by the clock of whoever gave it.
fn newest_command(log: &dyn Log) -> Option<(i64, String)> {
    let place = record_codec::place(Topic::Controls, 0);
    let ends = log.watermarks(&place).ok()?;
    let from = ends.high.saturating_sub(LOOKED_AT).max(ends.low);
    let mut reader = PartitionReader::new(log).ok()?;
    let mut newest: Option<(i64, String)> = None;
    for record in reader.records(&place, from..ends.high) {
        let Ok(record) = record else { break };
        let Some(text) = OperatorWord::of(&record).wall_time else { continue };
        newest = newest.max(seconds(&text).map(|seconds| (seconds, text)));
    }
    newest
}

/// The seconds since 1970 of a time as this program writes it: `2018-07-02T21:03:04Z`.
fn seconds(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let day: Day = day.parse().ok()?;
    let mut seconds = i64::from(day.0) * 86_400;
    for (part, length) in time.split(':').zip([3_600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * length;
    }
    Some(seconds)
}

/// Whether somebody keeps the clock right, as far as the kernel has been told.
fn kernel_says() -> String {
    // SAFETY: all-zero is a valid `timex` that asks and sets nothing; it outlives the call.
    let (state, told) = unsafe {
        let mut told: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut told), told)
    };
    let unknown = "whether it is synchronised is not known here";
    if state < 0 {
        return unknown.to_owned();
    }
    if state == libc::TIME_ERROR || told.status & libc::STA_UNSYNC != 0 {
        return "nobody has told the kernel that it is synchronised; chrony or systemd-timesyncd would"
            .to_owned();
    }
    format!("synchronised, within {} ms", told.maxerror / 1_000 + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use eventlog::{Batch, Headers, MemoryLog};
    use schemas::Event;
    use schemas::events::{DayClosed, RunOpened};
    use shell::open;

    fn found(log: Option<&dyn Log>) -> Examination {
        let mut of = Examination::default();
        check(log, &mut of);
        of
    }

    #[test]
    fn a_clock_that_is_behind_the_log_is_wrong() {
        assert!(found(None).findings.is_empty());
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        open::open(&log, 1, &RunOpened::default(), Vec::new(), None).unwrap();
        let of = found(Some(&log));
        assert!(of.findings.is_empty() && of.fine[0].detail.contains('Z'), "{of:?}");
        let marker = DayClosed::default();
        let marker = Event::marker(Topic::Bars, Day(1), marker).unwrap();
        let mut record = record_codec::record(&marker, 1, "test").unwrap();
        record.to = record_codec::place(Topic::Controls, 0);
        record.headers = Headers::from([("wall_time", "2999-01-01T00:00:00Z")]);
        let batch = Batch { records: vec![record], ..Batch::default() };
        log.producer("test").unwrap().publish(batch, None).unwrap();
        let of = found(Some(&log));
        assert!(of.findings[0].detail.contains("2999-01-01T00:00:00Z"), "{of:?}");
    }

    #[test]
    fn a_time_is_read_as_it_was_written() {
        assert_eq!(seconds("2018-07-02T21:03:04Z"), Some(1_530_565_384));
        assert_eq!(seconds("2018-07-02"), None);
    }
}
