//! What has been seen of each partition that a group reads, sample by sample: speeds, the time that lags behind, what
//! stands still, and lines to be drawn.

use std::collections::VecDeque;

/// Samples of this time tell speeds.
const RECENT_MS: i64 = 60_000;
/// Points of the lines to be drawn, one for so many milliseconds: two hours.
const LINE_EVERY_MS: i64 = 15_000;
const LINE_POINTS: usize = 480;
/// Ends of a partition that are kept, as a table from offsets to times.
const TABLE_POINTS: usize = 240;
/// How long it is said that a group was set back.
const REWOUND_MS: i64 = 600_000;

/// A group's place in a partition at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Point {
    pub(crate) at_ms: i64,
    pub(crate) committed: Option<u64>,
    pub(crate) end: u64,
}

/// A group was set back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rewind {
    pub(crate) at_ms: i64,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What has been seen of one partition that a group reads.
#[derive(Default)]
pub(crate) struct RowHistory {
    recent: VecDeque<Point>,
    /// Lags in offsets, oldest first.
    pub(crate) line: VecDeque<(i64, u64)>,
    /// When its offset was seen to move last.
    pub(crate) moved_ms: Option<i64>,
    rewind: Option<Rewind>,
}

impl RowHistory {
    /// Takes a sample.
    pub(crate) fn take(&mut self, point: Point, lag: u64) {
        if let Some(last) = self.recent.back() {
            match (last.committed, point.committed) {
                (Some(from), Some(to)) if to < from => {
                    let at_ms = point.at_ms;
                    self.rewind = Some(Rewind { at_ms, from, to });
                    self.recent.clear();
                    self.moved_ms = Some(at_ms);
                }
                (before, now) if before != now => self.moved_ms = Some(point.at_ms),
                _ => {}
            }
        }
        self.recent.push_back(point);
        while self.recent.get(1).is_some_and(|next| point.at_ms - next.at_ms >= RECENT_MS) {
            self.recent.pop_front();
        }
        if self.line.back().is_none_or(|(at, _)| point.at_ms - at >= LINE_EVERY_MS) {
            self.line.push_back((point.at_ms, lag));
        }
        if self.line.len() > LINE_POINTS {
            self.line.pop_front();
        }
    }

    /// The oldest sample that tells the speed.
    pub(crate) fn oldest(&self) -> Option<&Point> {
        self.recent.front()
    }

    /// The latest sample.
    pub(crate) fn newest(&self) -> Option<&Point> {
        self.recent.back()
    }

    /// Seconds over which the speed is told; none before they are some.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let (first, last) = (self.recent.front()?, self.recent.back()?);
        let seconds = (last.at_ms - first.at_ms) as f64 / 1e3;
        (seconds >= 1.0).then_some(seconds)
    }

    /// How it was set back, for ten minutes.
    pub(crate) fn rewound(&self, now_ms: i64) -> Option<Rewind> {
        self.rewind.filter(|rewind| now_ms - rewind.at_ms < REWOUND_MS)
    }

    /// Milliseconds for which its offset has been seen not to move, though there was something to read all the time.
    pub(crate) fn still_ms(&self, now_ms: i64) -> i64 {
        let stands = |point: &&Point| {
            point.committed == self.recent.back().and_then(|last| last.committed)
                && point.committed.is_none_or(|committed| committed < point.end)
        };
        let first = self.recent.iter().rev().take_while(stands).last();
        first.map_or(0, |first| now_ms - first.at_ms)
    }
}

/// A table of the ends of a partition by the time they were seen, which tells when an offset was its end.
#[derive(Default)]
pub(crate) struct EndTimes(VecDeque<(u64, i64)>);

impl EndTimes {
    /// Takes a sample. While the end does not move, the last time it was seen counts.
    pub(crate) fn take(&mut self, end: u64, at_ms: i64) {
        let flat = self.0.len() > 1 && self.0.range(self.0.len() - 2..).all(|(of, _)| *of == end);
        if flat {
            self.0.pop_back();
        }
        self.0.push_back((end, at_ms));
        if self.0.len() > TABLE_POINTS {
            self.0.pop_front();
        }
    }

    /// Seconds since `offset` was the end, interpolated or, for an offset from before the first sample, extrapolated
    /// by all samples; none where they do not tell.
    pub(crate) fn seconds_since(&self, offset: u64, now_ms: i64) -> Option<f64> {
        let points = &self.0;
        let (first, last) = (points.front()?, points.back()?);
        if offset >= last.0 {
            return Some(0.0);
        }
        let (low, high) = match points.iter().rposition(|(end, _)| *end <= offset) {
            Some(at) => (points.get(at)?, points.get(at + 1)?),
            None => (first, last),
        };
        let rate = (high.1 - low.1) as f64 / high.0.checked_sub(low.0).filter(|by| *by > 0)? as f64;
        let at = low.1 as f64 + (offset as f64 - low.0 as f64) * rate;
        Some(((now_ms as f64 - at) / 1e3).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(points: &[(i64, Option<u64>, u64)]) -> RowHistory {
        let mut row = RowHistory::default();
        for (second, committed, end) in points {
            let point = Point { at_ms: second * 1_000, committed: *committed, end: *end };
            row.take(point, end - committed.unwrap_or(0));
        }
        row
    }

    #[test]
    fn it_stands_still_while_there_is_something_to_read() {
        let read_all = row(&[(0, Some(5), 5), (10, Some(5), 9), (40, Some(5), 9)]);
        assert_eq!(read_all.still_ms(41_000), 31_000, "since there was something");
        let moved = row(&[(0, Some(4), 9), (10, Some(4), 9), (20, Some(5), 9)]);
        assert_eq!((moved.still_ms(20_000), moved.moved_ms), (0, Some(20_000)));
        assert_eq!(row(&[(0, Some(9), 9)]).still_ms(90_000), 0);
    }

    #[test]
    fn a_group_that_was_set_back_is_said_for_ten_minutes() {
        let back = row(&[(0, Some(9), 9), (2, Some(3), 9), (4, Some(5), 9)]);
        assert_eq!(back.rewound(5_000), Some(Rewind { at_ms: 2_000, from: 9, to: 3 }));
        assert_eq!((back.rewound(700_000), back.seconds()), (None, Some(2.0)));
    }

    #[test]
    fn speeds_rest_on_the_last_minute() {
        let row = row(&[(0, Some(1), 9), (30, Some(2), 9), (80, Some(3), 9), (95, Some(4), 9)]);
        assert_eq!(row.oldest().map(|point| point.at_ms), Some(30_000));
    }

    #[test]
    fn the_time_of_an_offset_is_when_it_was_the_end() {
        let mut times = EndTimes::default();
        assert_eq!(times.seconds_since(3, 0), None);
        for (second, end) in [(0, 100), (10, 100), (20, 100), (30, 200), (40, 300)] {
            times.take(end, second * 1_000);
        }
        let since = |offset| times.seconds_since(offset, 45_000);
        assert_eq!(since(300), Some(0.0));
        assert_eq!(since(250), Some(10.0));
        assert_eq!(since(150), Some(20.0), "between 20 and 30 s");
        assert_eq!(since(100), Some(25.0), "the last time that it was the end");
        assert_eq!(since(0), Some(65.0), "at 5 events a second from all samples");
    }
}
