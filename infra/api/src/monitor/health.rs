//! The verdict on a partition that a group reads, and why. Waiting for a day that is not complete is no stall: nothing is
//! closed by a timer, so a role that waits does what it should.

use super::history::RowHistory;
use crate::lag::{OffsetState, PartitionLag, UnitState};
use serde::{Deserialize, Serialize};

/// An offset that does not move for so long, with something to read and nothing to wait for, stalls.
const STALL_MS: i64 = 30_000;

/// What is to be thought of a group's place, better first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It has read everything, or reads as fast as there is something.
    #[default]
    Ok,
    /// It waits for an event that is not there yet, as it should.
    Waits,
    /// It falls behind: more is written than it reads.
    Warn,
    /// It has never committed an offset, though there is something to read.
    NeverCommitted,
    /// Its offset does not move, though it runs and there is something to read.
    Stall,
    /// It was set back.
    Rewind,
    /// Nobody reads: no process runs the role, the one that does cannot be asked, or its place is not on the log.
    Stop,
}

impl Verdict {
    /// The word shown for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::Waits => "WAITS",
            Verdict::Warn => "WARN",
            Verdict::NeverCommitted => "NEVER COMMITTED",
            Verdict::Stall => "STALL",
            Verdict::Rewind => "REWIND",
            Verdict::Stop => "STOP",
        }
    }
}

/// What else tells about a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupSigns {
    /// Nobody runs it, since when as a clause.
    pub(crate) gone: Option<String>,
    /// The process that may run it cannot be asked, and why.
    pub(crate) hung: Option<String>,
    /// Open dead letters of records that it could not process.
    pub(crate) dead_letters: u64,
}

/// The speeds of a partition, events a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speeds {
    pub(crate) read: f64,
    pub(crate) written: f64,
}

/// The verdict and its reason; `unread` are events, or offsets where events have not been counted.
pub(crate) fn verdict(
    of: &PartitionLag,
    unread: u64,
    history: &RowHistory,
    speeds: Option<Speeds>,
    signs: &GroupSigns,
    now_ms: i64,
) -> (Verdict, String) {
    if let Some(problem) = of.offset.problem() {
        return (Verdict::Stop, problem);
    }
    if let Some(rewind) = history.rewound(now_ms) {
        let ago = (now_ms - rewind.at_ms) / 1_000;
        let text = format!("was set back from {} to {}, {ago} s ago", rewind.from, rewind.to);
        return (Verdict::Rewind, text);
    }
    let never = of.offset.offset_state == OffsetState::NeverCommitted;
    let waits = of.state == UnitState::Waiting;
    let here =
        of.verdict.contains(&format!("waits for {}/{} ", of.offset.topic, of.offset.partition));
    if unread == 0 {
        return match waits && here {
            true => (Verdict::Waits, of.verdict.clone()),
            false => (Verdict::Ok, "everything is read".to_owned()),
        };
    }
    let events = counted(unread);
    if let Some(gone) = &signs.gone {
        let verdict = if never { Verdict::NeverCommitted } else { Verdict::Stop };
        return (verdict, format!("{events} unread; {gone}"));
    }
    if let Some(hung) = &signs.hung
        && history.still_ms(now_ms) > 0
    {
        return (Verdict::Stop, format!("{events} unread; {hung}"));
    }
    if waits {
        return (Verdict::Waits, format!("{events} unread; {}", of.verdict));
    }
    if never {
        return (Verdict::NeverCommitted, format!("{events} unread; {}", of.verdict));
    }
    if of.state == UnitState::Unknown {
        return (Verdict::Stop, format!("{events} unread; {}", of.verdict));
    }
    if history.still_ms(now_ms) >= STALL_MS {
        let letters = match signs.dead_letters {
            0 => String::new(),
            count => format!("; {count} of its records are open dead letters"),
        };
        let still = history.still_ms(now_ms) / 1_000;
        let text = format!(
            "{events} unread, and no offset committed for {still} s; {}{letters}",
            of.verdict
        );
        return (Verdict::Stall, text);
    }
    match speeds {
        Some(Speeds { read, written }) if written > read && grows(history) => {
            let text =
                format!("{events} unread: {written:.1} a second are written and {read:.1} read");
            (Verdict::Warn, text)
        }
        _ => (Verdict::Ok, format!("{events} unread; reads on")),
    }
}

/// Whether the lag has grown over the last minute and never fell.
fn grows(history: &RowHistory) -> bool {
    let lags: Vec<u64> = history.line.iter().rev().take(5).map(|(_, lag)| *lag).collect();
    lags.len() == 5 && lags.is_sorted_by(|later, earlier| later >= earlier) && lags[0] > lags[4]
}

fn counted(unread: u64) -> String {
    if unread == 1 { "1 event".to_owned() } else { format!("{unread} events") }
}

#[cfg(test)]
mod tests {
    use super::super::history::Point;
    use super::*;
    use crate::lag::GroupOffset;

    fn row(committed: Option<u64>, state: UnitState, verdict: &str) -> PartitionLag {
        let offset_state = match committed {
            None => OffsetState::NeverCommitted,
            Some(_) => OffsetState::InRange,
        };
        let (start, end) = (0, 50);
        let lag = end - committed.unwrap_or(start);
        let (group, topic) = ("scanner", "bars");
        let offset =
            GroupOffset { group, topic, partition: 3, committed, offset_state, start, end, lag };
        PartitionLag { offset, unit: "scanner-3".to_owned(), state, verdict: verdict.to_owned() }
    }

    /// A minute in which the offset goes from `from` to the one of `of`, and the end from `end` to its end.
    fn seen(of: &PartitionLag, from: u64, end: u64) -> RowHistory {
        let mut history = RowHistory::default();
        for (step, at_ms) in (0..5).zip((0..).step_by(15_000)) {
            let between = |from: u64, to: u64| from + (to.saturating_sub(from)) * step / 4;
            let committed = of.offset.committed.map(|to| between(from, to));
            let end = between(end, of.offset.end);
            history.take(Point { at_ms, committed, end }, end - committed.unwrap_or(0));
        }
        history
    }

    fn check(of: &PartitionLag, history: &RowHistory, signs: &GroupSigns, is: Verdict, says: &str) {
        let speeds = Some(Speeds { read: 1.0, written: 2.0 });
        let (found, why) = verdict(of, of.offset.lag, history, speeds, signs, 60_000);
        assert_eq!((found, why.as_str()), (is, says));
    }

    #[test]
    fn each_verdict_has_its_reason() {
        let well = GroupSigns::default();
        let behind = "behind: 10 of bars/3 to read";
        let of = row(Some(50), UnitState::CaughtUp, "caught up");
        check(&of, &seen(&of, 0, 50), &well, Verdict::Ok, "everything is read");
        let of = row(Some(50), UnitState::Waiting, "waits for bars/3 of 2019-01-14");
        check(&of, &seen(&of, 0, 50), &well, Verdict::Waits, "waits for bars/3 of 2019-01-14");
        let of = row(Some(40), UnitState::Behind, behind);
        check(&of, &seen(&of, 0, 50), &well, Verdict::Ok, "10 events unread; reads on");
        check(
            &of,
            &seen(&of, 38, 40),
            &well,
            Verdict::Warn,
            "10 events unread: 2.0 a second are written and 1.0 read",
        );
        let letters = GroupSigns { dead_letters: 2, ..GroupSigns::default() };
        check(
            &of,
            &seen(&of, 40, 50),
            &letters,
            Verdict::Stall,
            "10 events unread, and no offset committed for 60 s; behind: 10 of bars/3 to read; 2 of its records are open dead letters",
        );
        let gone = GroupSigns { gone: Some("gone since 10:00".to_owned()), ..well.clone() };
        check(&of, &seen(&of, 40, 50), &gone, Verdict::Stop, "10 events unread; gone since 10:00");
        let of = row(None, UnitState::Unknown, "never ran");
        check(
            &of,
            &seen(&of, 0, 50),
            &well,
            Verdict::NeverCommitted,
            "50 events unread; never ran",
        );
        let of = row(Some(40), UnitState::Waiting, "waits for scans/1 of 2019-01-14");
        check(
            &of,
            &seen(&of, 40, 50),
            &well,
            Verdict::Waits,
            "10 events unread; waits for scans/1 of 2019-01-14",
        );
    }

    #[test]
    fn a_group_that_was_set_back_says_from_where() {
        let of = row(Some(40), UnitState::Behind, "behind: 10 of bars/3 to read");
        let mut history = seen(&of, 30, 50);
        history.take(Point { at_ms: 58_000, committed: Some(20), end: 50 }, 30);
        check(
            &of,
            &history,
            &GroupSigns::default(),
            Verdict::Rewind,
            "was set back from 40 to 20, 2 s ago",
        );
    }
}
